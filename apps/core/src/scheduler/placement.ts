/**
 * Chooses the node for a pod among a few candidates. Pure: the caller passes what is free, and books
 * the result itself, so the same input always gives the same answer.
 */
export type Demand = { readonly cpuMillis: number; readonly memoryBytes: number }

export type Candidate = {
  readonly nodeName: string
  readonly freeCpuMillis: number
  readonly freeMemoryBytes: number
  readonly freePods: number
  /** Whether the node holds the version already. */
  readonly hasVersion: boolean
  readonly podsOfThisApplication: number
}

/** The best of the candidates that have room; null when none has. */
export function choose<C extends Candidate>(demand: Demand, candidates: readonly C[]): C | null {
  let best: C | null = null
  for (const candidate of candidates) {
    if (hasRoom(candidate, demand) && (best === null || beats(candidate, best))) best = candidate
  }
  return best
}

/** An exact fit fits. */
export function hasRoom(node: Candidate, demand: Demand): boolean {
  return node.freeCpuMillis >= demand.cpuMillis && node.freeMemoryBytes >= demand.memoryBytes && node.freePods >= 1
}

/** On how many nodes which resource was short, for people who ask why. */
export type Shortage = {
  readonly considered: number
  readonly cpu: number
  readonly memory: number
  readonly pods: number
}

export function shortageOf(demand: Demand, nodes: readonly Candidate[]): Shortage {
  return {
    considered: nodes.length,
    cpu: nodes.filter((node) => node.freeCpuMillis < demand.cpuMillis).length,
    memory: nodes.filter((node) => node.freeMemoryBytes < demand.memoryBytes).length,
    pods: nodes.filter((node) => node.freePods < 1).length,
  }
}

/** How many pods more of an application a node gets before another one pulls its image. */
const PULL_IN_PODS = 2

/**
 * Spread an application over nodes, so that one lost node takes few of its sessions, but not for the price of a
 * pull, which costs seconds; then pack memory, so large pods still find room. The name breaks ties: equal fleets
 * give equal placements.
 */
function beats(a: Candidate, b: Candidate): boolean {
  const [crowdOfA, crowdOfB] = [crowdOf(a), crowdOf(b)]
  if (crowdOfA !== crowdOfB) return crowdOfA < crowdOfB
  if (a.hasVersion !== b.hasVersion) return a.hasVersion
  if (a.freeMemoryBytes !== b.freeMemoryBytes) return a.freeMemoryBytes < b.freeMemoryBytes
  return a.nodeName < b.nodeName
}

function crowdOf({ podsOfThisApplication, hasVersion }: Candidate): number {
  return podsOfThisApplication + (hasVersion ? 0 : PULL_IN_PODS)
}
