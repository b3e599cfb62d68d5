/** Many deaths, one after the other on each of a few machines. */
import { CRASH_POINTS, CRASH_SIDES } from '@fornax/simulator/crash-points'
import { AGENT_WAYS, type ReachablePoint, type Way } from './agent-ways.ts'
import { CrashWorld, type Survival } from './crash-world.ts'
import type { CrashOrder } from './trap.ts'

export type Death = { readonly order: CrashOrder; readonly way: Way }

/** Every point that an agent gets to. */
export const REACHABLE_POINTS: readonly ReachablePoint[] = CRASH_POINTS.filter(isReachable)

function isReachable(point: string): point is ReachablePoint {
  return point in AGENT_WAYS
}

/** Before and after a point, at its nth passage on a way. */
export function deathsAt(point: ReachablePoint, way: Way, nth = 1): readonly Death[] {
  return CRASH_SIDES.map((side) => ({ order: { point, side, nth }, way }))
}

/** How a death is called, in the names of tests and in the list. */
export function nameOf({ order: { point, side, nth }, way }: Death): string {
  return `${side.padEnd(6)} ${point}, ${nth}. time, by ${way}`
}

/** What became of all of them. */
export type Deaths = {
  /** By the name of the death; an error where the point was not reached, or the world did not come to rest. */
  readonly survivals: ReadonlyMap<string, Survival | Error>
  /** What was left when everything had ended in order. */
  readonly left: readonly string[]
}

/** Has an agent die all of these deaths, on so many machines at once. */
export async function dieAll(deaths: readonly Death[], machines: number): Promise<Deaths> {
  const survivals = new Map<string, Survival | Error>()
  const waiting = [...deaths]
  const left: string[] = []
  const work = async (): Promise<void> => {
    while (waiting.length > 0) {
      await using world = await CrashWorld.start()
      const isWell = await dieHere(world, { waiting, survivals })
      if (isWell) left.push(...(await world.endInOrder()))
    }
  }
  await Promise.all(Array.from({ length: machines }, work))
  return { survivals, left }
}

/** False when a world cannot be trusted any longer. */
async function dieHere(
  world: CrashWorld,
  { waiting, survivals }: { readonly waiting: Death[]; readonly survivals: Map<string, Survival | Error> },
): Promise<boolean> {
  for (let death = waiting.shift(); death !== undefined; death = waiting.shift()) {
    try {
      survivals.set(nameOf(death), await world.survive(death.order, death.way))
    } catch (error) {
      survivals.set(nameOf(death), error instanceof Error ? error : new Error(String(error)))
      return false
    }
  }
  return true
}

/** The list for people: a new point without a death, or a death that was not survived, is seen in it. */
export function describeDeaths(deaths: readonly Death[], { survivals }: Deaths): string {
  const rows = deaths.map((death) => `  ${nameOf(death).padEnd(70)}${verdictOf(survivals.get(nameOf(death)))}`)
  const settledMs = [...survivals.values()]
    .map((one) => (one instanceof Error ? Infinity : one.settledMs))
    .toSorted((a, b) => a - b)
  const median = settledMs[Math.floor(settledMs.length / 2)]
  return [`${deaths.length} deaths of an agent, at rest again after ${median} ms (median):`, ...rows].join('\n')
}

function verdictOf(survival: Survival | Error | undefined): string {
  if (survival === undefined) return 'not tried'
  if (survival instanceof Error) return 'FAILED'
  const { answered, settledMs, broken } = survival
  return broken.length > 0 ? `BROKEN: ${broken.join(', ')}` : `${answered} sessions, at rest after ${settledMs} ms`
}
