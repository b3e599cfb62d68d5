/** What the world knows and the core does not: what really runs, what was said and promised, what is written down. */
import type { NodeAct, NodeWitness, RunningPod, SentCommand, Witnesses } from '@fornax/core/audit/evidence'
import type { FleetState } from '@fornax/core/fleet/fleet-state'
import type { NodeCommand } from '@fornax/core/fleet/node-command'
import type { LedgerPod } from '@fornax/agent/ledger/ledger'
import { toldPodPhase } from '@fornax/node-model/pod-state'
import type { NodeSession } from '@fornax/node-model/node-session-state'
import type { Clients } from './clients.ts'
import type { CoreHost } from './core-host.ts'
import type { SimulatedNode } from './node.ts'
import type { Readers } from './readers.ts'

/** Collects what was said and done from look to look. */
export class Testimony {
  readonly #host: CoreHost
  #acts: NodeAct[] = []
  #commands: SentCommand[] = []
  /** Pods whose end each core asked for. */
  readonly #askedToEnd = new WeakMap<FleetState, Set<string>>()
  #touchedNodes = new Set<string>()
  #nodes: ReadonlyMap<string, NodeWitness> = new Map()

  constructor(host: CoreHost) {
    this.#host = host
  }

  set nodes(nodes: readonly SimulatedNode[]) {
    this.#nodes = new Map(nodes.map((node) => [node.name, witnessOf(node, this.#host)]))
  }

  acted(act: NodeAct): void {
    this.#acts.push(act)
  }

  touched(nodeName: string): void {
    this.#touchedNodes.add(nodeName)
  }

  commandSent(nodeName: string, command: NodeCommand): void {
    const state = this.#host.serving?.rooms.fleet.state
    const pod = command.kind === 'stopPod' && state !== undefined ? this.#sentPod(state, command.podId) : null
    this.#commands.push({ nodeName, command, pod, atMs: state?.ports.nowMs() ?? 0 })
  }

  /** Everything since the last time, and everything that is. */
  take(clients: Clients, readers: Readers): { witnesses: Witnesses; nodes: ReadonlySet<string> } {
    const { rows, repeatedEpochs } = this.#host.database
    const witnesses: Witnesses = {
      nodes: this.#nodes,
      repeatedEpochs,
      acts: this.#acts,
      commands: this.#commands,
      answers: {
        answer: (id) => clients.told.get(id) ?? null,
        sessionIds: () => clients.told.keys(),
        byKey: clients.byKey,
      },
      database: { session: (id) => rows.sessions.get(id) ?? null, sessions: () => rows.sessions.values() },
      readers: readers.witnesses(),
    }
    const nodes = this.#touchedNodes
    if (this.#acts.length > 0) this.#acts = []
    if (this.#commands.length > 0) this.#commands = []
    if (nodes.size > 0) this.#touchedNodes = new Set()
    return { witnesses, nodes }
  }

  #sentPod(state: FleetState, podId: string): SentCommand['pod'] {
    const pod = state.pods.get(podId)
    if (!pod) return null
    const asked = this.#askedToEnd.get(state) ?? new Set()
    const isAskedAgain = asked.has(podId)
    this.#askedToEnd.set(state, asked.add(podId))
    const { phase, phaseSinceMs, sessionIds } = pod
    const sessions = Array.from(sessionIds, (id) => ({ sessionId: id, phase: state.sessions.get(id)?.phase ?? null }))
    return { phase, phaseSinceMs, isAskedAgain, sessions }
  }
}

function witnessOf(node: SimulatedNode, host: CoreHost): NodeWitness {
  return {
    name: node.name,
    resources: node.resources,
    get isConnected() {
      const core = host.process
      if (core === null || node.line.isPartitioned) return false
      return [...node.line.wires].some((wire) => wire.isOpenTo(core))
    },
    pods: () => podsOf(node),
  }
}

/** What runs on the machine, and what its ledger says is about to. */
function* podsOf({ machine, memory }: SimulatedNode): Generator<RunningPod> {
  const sessions = Map.groupBy(memory.sessions.values(), ({ podId }) => podId)
  for (const row of memory.pods.values()) {
    const { podId, phase } = row.pod
    if (phase === 'terminated' || phase === 'failed') continue
    const isThere = machine.pods.get(podId)?.lastEnd === null
    if (!isThere && phase !== 'creating') continue
    yield runningPod(row, memory.versions.get(row.pod.versionId), sessions.get(podId) ?? [])
  }
  for (const [podId, { lastEnd }] of machine.pods)
    if (lastEnd === null && !memory.pods.has(podId)) yield { ...UNKNOWN, podId }
}

/** A pod that its agent does not know: its version went with the ledger. */
const UNKNOWN = { phase: 'standby', slots: 1, cpuMillis: 0, memoryBytes: 0, sessions: [] } as const

function runningPod(
  { pod }: LedgerPod,
  version: { readonly sessionsPerPod: number; readonly cpuMillis: number; readonly memoryBytes: number } | undefined,
  sessions: readonly NodeSession[],
): RunningPod {
  const open = sessions.filter((session) => session.phase !== 'closed')
  const { podId, isAsleep, hibernation } = pod
  const phase = toldPodPhase(pod)
  const memoryBytes = version?.memoryBytes ?? 0
  return {
    podId,
    phase: phase === 'terminated' || phase === 'failed' ? 'terminating' : phase,
    slots: version?.sessionsPerPod ?? 1,
    cpuMillis: isAsleep ? 0 : (version?.cpuMillis ?? 0),
    memoryBytes: isAsleep ? Math.min(memoryBytes, hibernation?.residentBytesAfter ?? memoryBytes) : memoryBytes,
    sessions: open.map(({ sessionId, grantEpoch }) => ({ sessionId, grantEpoch })),
  }
}
