/** A real fleet of any size, made in memory: nodes that say at once that every pod is ready, and nothing else. */
import { seededRandom } from '@fornax/kernel/random'
import { TimerWheel } from '@fornax/kernel/timer-wheel'
import { VirtualClock } from '@fornax/kernel/virtual-clock'
import type { FleetState } from '../../src/fleet/fleet-state.ts'
import { Fleet } from '../../src/fleet/fleet.ts'
import type { NodeReport, PodReport, SessionReport } from '../../src/fleet/node-report.ts'
import type { Session } from '../../src/sessions/session.ts'
import { MIB, sampleApplication, sampleNode, sampleSession } from './samples.ts'

type Size = {
  readonly nodes: number
  readonly applications: number
  readonly pods: number
  readonly changeLogCapacity?: number
}

type SimpleNode = { revision: number; unsaid: NodeReport[] }

export class LargeFleet implements Disposable {
  readonly clock = new VirtualClock(1_700_000_000_000)
  readonly fleet: Fleet
  readonly deadlines: TimerWheel
  readonly #hanging = new Map<string, number>()
  readonly #nodes = new Map<string, SimpleNode>()
  readonly #open: Session[] = []
  #ids = 0
  #applications = 0

  constructor({ nodes, applications, pods, changeLogCapacity = 65_536 }: Size) {
    this.deadlines = new TimerWheel({
      clock: this.clock,
      fire: (key) => this.#turn(() => this.fleet.deadlinePassed(key)),
    })
    this.fleet = this.#newFleet(changeLogCapacity)
    const podsEach = Math.ceil(pods / applications)
    for (let at = 0; at < nodes; at += 1) this.#addNode(`node-${at}`, Math.ceil((2 * pods) / nodes) + 10)
    for (let at = 0; at < applications; at += 1) this.#addApplication(`app-${at}`, podsEach)
    this.settle()
  }

  /** When a key should fire, for who looks after that. */
  dueAtMs(key: string): number | null {
    return this.#hanging.get(key) ?? this.deadlines.dueAtMs(key)
  }

  /** From now on it seems as if a deadline had been missed. */
  hang(key: string, atMs: number): void {
    this.#hanging.set(key, atMs)
  }

  get state(): FleetState {
    return this.fleet.state
  }

  /** Lets time pass; what nodes were told is done and said. */
  run(ms: number): void {
    this.clock.advance(ms)
    this.settle()
  }

  /** Opens so many sessions, and closes as many of those that were opened before them. */
  churn(count: number): void {
    this.#turn(() => {
      for (const session of this.#open.splice(0, count)) this.fleet.requestClose(session.id, 'requested')
      for (let made = 0; made < count; made += 1) this.#open.push(this.#enqueue())
    })
    this.settle()
  }

  /** Nodes that are silent for a while would be lost. */
  beat(): void {
    for (const name of this.#nodes.keys()) this.fleet.nodeHeard(name)
  }

  /** Until nobody has anything to say. */
  settle(): void {
    this.fleet.settle()
    for (let isQuiet = false; !isQuiet;) {
      isQuiet = true
      for (const [name, node] of this.#nodes) {
        const reports = node.unsaid
        if (reports.length === 0) continue
        isQuiet = false
        node.unsaid = []
        this.fleet.nodeReports(name, node.revision + 1, reports)
        node.revision += reports.length
      }
      this.fleet.settle()
    }
  }

  [Symbol.dispose](): void {
    this.deadlines[Symbol.dispose]()
  }

  #turn(act: () => void): void {
    act()
    this.fleet.settle()
  }

  #addNode(name: string, pods: number): void {
    this.#nodes.set(name, { revision: 0, unsaid: [] })
    const resources = { cpuMillis: 100 * pods, memoryBytes: 64 * MIB * pods, pods }
    this.fleet.nodeConnected(sampleNode({ name, resources }))
    this.fleet.nodeState(name, { revision: 0, pods: [], sessions: [], versionIds: [] })
  }

  #addApplication(id: string, pods: number): void {
    this.#applications += 1
    const policy = { minPods: pods, maxPods: 2 * pods, burst: 4 * pods }
    this.fleet.putApplication(
      sampleApplication({ id, name: id, isProven: true, createdAtMs: this.clock.nowMs(), policy }),
    )
  }

  #enqueue(): Session {
    this.#ids += 1
    const applicationId = `app-${this.#ids % this.#applications}`
    const createdAtMs = this.clock.nowMs()
    return this.fleet.enqueue(sampleSession({ id: `ses-${this.#ids}`, applicationId, createdAtMs }))
  }

  #newFleet(changeLogCapacity: number): Fleet {
    return new Fleet(
      {
        nowMs: () => this.clock.nowMs(),
        newPodId: () => `pod-${(this.#ids += 1)}`,
        random: seededRandom(1),
        deadlines: this.deadlines,
        tell: (nodeName, command) => {
          const unsaid = this.#nodes.get(nodeName)?.unsaid
          if (command.kind === 'createPod')
            unsaid?.push({ kind: 'pod', pod: podReport(command.podId, command.versionId, 'standby') })
          if (command.kind === 'stopPod') unsaid?.push({ kind: 'pod', pod: podReport(command.podId, '', 'terminated') })
          if (command.kind === 'startSession') unsaid?.push({ kind: 'session', session: said(command, 'available') })
          if (command.kind !== 'closeSession') return
          const session = this.state.sessions.get(command.sessionId)
          if (session) unsaid?.push({ kind: 'session', session: said({ ...session, sessionId: session.id }, 'closed') })
        },
        record: {
          session: (session) => this.fleet.sessionRecorded(session),
          rollOut: () => {},
          node: () => {},
          nodeRemoved: () => {},
        },
        observe: {
          sessionAvailable: () => {},
          sessionClosed: () => {},
          podReady: () => undefined,
          applicationGone: () => {},
          podRested: () => {},
          podWoke: () => {},
          podDidNotWake: () => {},
          rejected: (what, id, why) => {
            throw new Error(`${what} ${id}: ${why}`)
          },
        },
      },
      { epoch: 1, leaseMs: 10_000, retentionMs: 300_000, changeLogCapacity, closedSessionsMax: 20_000 },
    )
  }
}

function podReport(podId: string, versionId: string, phase: 'standby' | 'terminated'): PodReport {
  return {
    podId,
    versionId,
    phase,
    failure: null,
    readyAfterMs: 1,
    runtime: 'process',
    isSpent: false,
    startPhases: null,
    hibernation: null,
  }
}

function said(
  { sessionId, podId, grantEpoch }: { sessionId: string; podId: string | null; grantEpoch: number | null },
  phase: 'available' | 'closed',
): SessionReport {
  return {
    sessionId,
    podId: podId ?? '',
    grantEpoch: grantEpoch ?? 0,
    phase,
    endpoints: [],
    clientCount: 0,
    message: null,
    end: phase === 'closed' ? 'exited' : null,
  }
}
