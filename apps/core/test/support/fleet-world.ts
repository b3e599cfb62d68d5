/**
 * A whole fleet in one process, under a clock that passes when it is told to: the real fleet, its deadlines, a
 * database that writes after a while, and nodes that can be cut off, crash and forget. The same seed gives the
 * same run.
 */
import { seededRandom, type Random } from '@fornax/kernel/random'
import { TimerWheel } from '@fornax/kernel/timer-wheel'
import { VirtualClock } from '@fornax/kernel/virtual-clock'
import type { Application, ApplicationVersion, ScalingPolicy, VersionSpec } from '../../src/applications/application.ts'
import type { SentCommand } from '../../src/audit/evidence.ts'
import { FleetReader } from '../../src/fleet/fleet-reader.ts'
import type { FleetState } from '../../src/fleet/fleet-state.ts'
import { Fleet } from '../../src/fleet/fleet.ts'
import type { NodeCommand } from '../../src/fleet/node-command.ts'
import type { History } from '../../src/history/history.ts'
import type { NodeIntroduction, RegisteredNode } from '../../src/nodes/node.ts'
import type { PodView } from '../../src/pods/pod.ts'
import type { CloseReason, Session, SessionRequest } from '../../src/sessions/session.ts'
import { LatencyRecorder } from '../../src/telemetry/latency.ts'
import { FakeNode } from './fake-node.ts'
import { sampleApplication, sampleNode, sampleSession } from './samples.ts'

/** One stream. Frames of a stream that is cut are lost on their way. */
type Stream = { readonly node: FakeNode; readonly core: number; isOpen: boolean }

export type WorldTimes = { latencyMs: number; writeMs: number; heartbeatMs: number; reconnectMs: number }

export type Disconnect = {
  /** Whether what is on its way is lost. */
  readonly losesFrames?: boolean
  /** Whether the core hears of it; if not, only silence tells. */
  readonly isNoticed?: boolean
  /** When the node connects again; never when absent. */
  readonly forMs?: number
}

const LEASE_MS = 10_000
/** How many commands are kept for somebody who looks at them. */
const COMMANDS_MAX = 1_000

export class FleetWorld {
  readonly clock = new VirtualClock(1_700_000_000_000)
  readonly random: Random
  readonly times: WorldTimes = { latencyMs: 1, writeMs: 3, heartbeatMs: 2_000, reconnectMs: 200 }
  readonly nodes = new Map<string, FakeNode>()
  /** What survives the core. */
  readonly rows = {
    applications: new Map<string, Application>(),
    versions: new Map<string, ApplicationVersion>(),
    nodes: new Map<string, RegisteredNode>(),
    sessions: new Map<string, Session>(),
  }
  /** Instants that the fleet waits for; those that were over when they were set are due then. */
  readonly deadlines = new Map<string, number>()
  /** Sessions whose client was told that they are open. */
  readonly answered = new Set<string>()
  readonly rejected: string[] = []
  readonly latency = new LatencyRecorder()
  /** What a test wants remembered of the core that runs now. */
  history: History | null = null
  /** Called whenever the fleet has come to rest. */
  onRest: () => void = () => undefined
  deadlinesFired = 0
  /** Nodes whose hello the core refuses before the fleet hears of it. */
  readonly turnedAway = new Set<string>()
  /** How many pods were counted that did not wake. */
  didNotWake = 0
  #core = 0
  #isUp = false
  #fleet: Fleet
  #wheel: TimerWheel
  #reader: FleetReader
  readonly #streams = new Map<string, Stream>()
  #ids = 0
  readonly #unanswered = new Set<string>()
  readonly #commands: SentCommand[] = []
  /** Pods whose end each core asked for. */
  readonly #askedToEnd = new WeakMap<FleetState, Set<string>>()

  constructor(seed = 1) {
    this.random = seededRandom(seed)
    this.#wheel = this.#newWheel()
    this.#fleet = this.#newFleet()
    this.#reader = new FleetReader(this.#fleet.state)
    this.#isUp = true
  }

  get fleet(): Fleet {
    return this.#fleet
  }

  get reader(): FleetReader {
    return this.#reader
  }

  get epoch(): number {
    return this.#core
  }

  get isUp(): boolean {
    return this.#isUp
  }

  get nowMs(): number {
    return this.clock.nowMs()
  }

  /** Lets time pass. */
  run(ms: number): void {
    this.clock.advance(ms)
  }

  /** One turn of the core: whatever happens in it is settled once, when it is over. */
  turn<T>(act: (fleet: Fleet) => T): T {
    const result = act(this.#fleet)
    this.#rest()
    return result
  }

  addNode(name: string, overrides: Partial<NodeIntroduction> = {}): FakeNode {
    const node = new FakeNode(this.clock, sampleNode({ ...overrides, name }))
    this.nodes.set(name, node)
    this.#connect(node)
    this.#beat(node)
    return node
  }

  addApplication(
    id: string,
    overrides: Partial<Application> & { policy?: Partial<ScalingPolicy>; spec?: Partial<VersionSpec> } = {},
  ): Application {
    const application = sampleApplication({ id, name: id, createdAtMs: this.nowMs, ...overrides })
    this.#saveApplication(application)
    this.turn((fleet) => fleet.putApplication(application))
    return application
  }

  setPolicy(id: string, policy: Partial<ScalingPolicy>): void {
    const before = this.definition(id)
    const scalingPolicy = { ...before.scalingPolicy, ...policy }
    const application = { ...before, scalingPolicy, revision: before.revision + 1 }
    this.#saveApplication({ ...this.rows.applications.get(id), ...application })
    this.turn((fleet) => fleet.putApplication(application))
  }

  /** As the use-case does it. */
  publish(id: string, spec: Partial<VersionSpec> = {}): ApplicationVersion {
    const before = this.definition(id)
    const number = before.version.number + 1
    const version = { ...before.version, id: `ver-${id}-${number}`, number, spec: { ...before.version.spec, ...spec } }
    const fallback = before.isProven ? before.version : before.fallback
    const application = { ...before, version, fallback, isProven: false, revision: before.revision + 1 }
    this.#saveApplication(application)
    this.turn((fleet) => fleet.putApplication(application))
    return version
  }

  deleteApplication(id: string): void {
    this.rows.applications.delete(id)
    for (const version of this.rows.versions.values())
      if (version.applicationId === id) this.rows.versions.delete(version.id)
    this.turn((fleet) => fleet.deleteApplication(id))
  }

  definition(id: string): Application {
    const entry = this.#fleet.state.applications.get(id)
    if (!entry) throw new Error(`there is no application ${id}`)
    return entry.definition
  }

  /** Asks for a session; its row is written while its node works. */
  open(applicationId: string, request: Partial<SessionRequest> = {}): string {
    this.#ids += 1
    const id = `ses-${this.#ids}`
    this.turn((fleet) => this.#ask(fleet, sampleSession({ ...request, id, applicationId, createdAtMs: this.nowMs })))
    return id
  }

  /** Asks for many in the same turn. */
  openMany(applicationId: string, count: number, request: Partial<SessionRequest> = {}): string[] {
    return this.turn((fleet) =>
      Array.from({ length: count }, () => {
        this.#ids += 1
        const id = `ses-${this.#ids}`
        this.#ask(fleet, sampleSession({ ...request, id, applicationId, createdAtMs: this.nowMs }))
        return id
      }),
    )
  }

  close(id: string, reason: CloseReason = 'requested'): void {
    this.turn((fleet) => fleet.requestClose(id, reason))
  }

  /** As the core knows it, or as it was recorded. */
  session(id: string): Session {
    const session = this.#fleet.state.sessions.get(id) ?? this.rows.sessions.get(id)
    if (!session) throw new Error(`session ${id} is lost`)
    return session
  }

  pods(applicationId: string): PodView[] {
    return [...(this.#fleet.state.applications.get(applicationId)?.pods ?? [])]
  }

  /** Pods of an application by what they do. */
  counts(applicationId: string): { idle: number; active: number; inFlight: number; terminating: number } {
    const counts = this.#fleet.state.applications.get(applicationId)?.counts
    if (!counts) return { idle: 0, active: 0, inFlight: 0, terminating: 0 }
    const { standby, hibernated, active, pending, creating, terminating } = counts
    return { idle: standby + hibernated, active, inFlight: pending + creating, terminating }
  }

  node(name: string): FakeNode {
    const node = this.nodes.get(name)
    if (!node) throw new Error(`there is no node ${name}`)
    return node
  }

  disconnect(name: string, { losesFrames = true, isNoticed = true, forMs }: Disconnect = {}): void {
    const stream = this.#streams.get(name)
    this.node(name).disconnected()
    if (stream && losesFrames) stream.isOpen = false
    if (stream && isNoticed) this.#cut(stream)
    if (forMs !== undefined) this.clock.schedule(forMs, () => this.#connect(this.node(name)))
  }

  /** The agent dies, and starts again after a while; without its ledger it is a new node. */
  crash(name: string, options: { readonly forMs: number; readonly keepsLedger: boolean }): void {
    const stream = this.#streams.get(name)
    this.node(name).crash()
    if (stream) this.#cut(stream)
    this.clock.schedule(options.forMs, () => {
      this.node(name).restart(options.keepsLedger)
      this.#connect(this.node(name))
    })
  }

  /** A node connects, or tries to until it is let in. */
  reconnect(name: string): void {
    this.#connect(this.node(name))
  }

  /** Drops the next reports of a node, as no stream should: the core must notice the gap. */
  readonly deaf = new Map<string, number>()

  /** The core's process ends: what was not written is lost. It is back after a while. */
  restartCore(downMs = 50): void {
    this.stopCore()
    this.clock.schedule(downMs, () => this.startCore())
  }

  stopCore(): void {
    this.#isUp = false
    this.#wheel[Symbol.dispose]()
    this.deadlines.clear()
    for (const stream of this.#streams.values()) {
      stream.isOpen = false
      stream.node.disconnected()
    }
    this.#streams.clear()
  }

  startCore(): void {
    this.#wheel = this.#newWheel()
    this.#fleet = this.#newFleet()
    this.#reader = new FleetReader(this.#fleet.state)
    this.#isUp = true
    const { applications, versions, nodes, sessions } = this.rows
    this.turn((fleet) =>
      fleet.recover({
        applications: [...applications.values()],
        versions: [...versions.values()],
        nodes: [...nodes.values()],
        sessions: [...sessions.values()].filter(({ phase }) => phase !== 'closed'),
      }),
    )
    for (const node of this.nodes.values())
      this.clock.schedule(this.random.nextInt(this.times.reconnectMs), () => this.#connect(node))
  }

  #ask(fleet: Fleet, session: Session): void {
    this.#unanswered.add(session.id)
    this.#write(fleet.enqueue(session))
  }

  #newWheel(): TimerWheel {
    const fire = (key: string): void => {
      this.deadlines.delete(key)
      this.deadlinesFired += 1
      this.turn((fleet) => fleet.deadlinePassed(key))
    }
    return new TimerWheel({ clock: this.clock, fire })
  }

  #newFleet(): Fleet {
    this.#core += 1
    const core = this.#core
    const wheel = this.#wheel
    return new Fleet(
      {
        nowMs: () => this.clock.nowMs(),
        newPodId: () => `pod-${core}-${(this.#ids += 1)}`,
        random: this.random,
        deadlines: {
          set: (key, atMs) => {
            this.deadlines.set(key, Math.max(atMs, this.nowMs))
            wheel.set(key, atMs)
          },
          clear: (key) => {
            this.deadlines.delete(key)
            wheel.clear(key)
          },
        },
        tell: (nodeName, command) => this.#tell(nodeName, command),
        record: {
          session: (session) => this.#write(session),
          rollOut: ({ id, isProven, fallback }) =>
            this.#afterWrite(() => {
              const row = this.rows.applications.get(id)
              if (row) this.rows.applications.set(id, { ...row, isProven, fallback })
            }),
          node: (node) => this.#afterWrite(() => this.rows.nodes.set(node.name, node)),
          nodeRemoved: (name) => this.#afterWrite(() => this.rows.nodes.delete(name)),
        },
        observe: {
          sessionAvailable: (session, pod) => {
            this.latency.record(session)
            this.history?.sessionAvailable(session, pod)
          },
          sessionClosed: () => undefined,
          podReady: () => undefined,
          applicationGone: (id) => {
            this.latency.forget(id)
            this.history?.applicationGone(id)
          },
          podRested: () => undefined,
          podWoke: () => undefined,
          podDidNotWake: () => (this.didNotWake += 1),
          rejected: (what, id, why) => this.rejected.push(`${what} ${id}: ${why}`),
        },
      },
      { epoch: core, leaseMs: LEASE_MS, retentionMs: 60_000, changeLogCapacity: 4_096, closedSessionsMax: 500 },
    )
  }

  /** Rows are written in order; those of a core that ended meanwhile are not. */
  #afterWrite(write: () => void): void {
    const core = this.#core
    this.clock.schedule(this.times.writeMs, () => {
      if (core === this.#core && this.#isUp) write()
    })
  }

  #write(session: Session): void {
    this.#afterWrite(() => {
      this.rows.sessions.set(session.id, session)
      this.turn((fleet) => fleet.sessionRecorded(session))
    })
  }

  #saveApplication(application: Application): void {
    this.rows.applications.set(application.id, application)
    this.rows.versions.set(application.version.id, application.version)
  }

  #tell(nodeName: string, command: NodeCommand): void {
    this.#note(nodeName, command)
    const stream = this.#streams.get(nodeName)
    if (!stream?.isOpen) return
    this.clock.schedule(this.times.latencyMs, () => {
      if (!stream.isOpen || !stream.node.isConnected) return
      stream.node.receive(command)
    })
    if (command.kind === 'startSession') this.#toCore(stream, 0, (fleet) => fleet.commandsSent([command.sessionId]))
  }

  /** Every command since this was last asked, as it was sent. */
  takeCommands(): readonly SentCommand[] {
    return this.#commands.splice(0)
  }

  #note(nodeName: string, command: NodeCommand): void {
    const pod = command.kind === 'stopPod' ? this.#fleet.state.pods.get(command.podId) : undefined
    const sessions = [...(pod?.sessionIds ?? [])].map((sessionId) => ({
      sessionId,
      phase: this.#fleet.state.sessions.get(sessionId)?.phase ?? null,
    }))
    const asked = this.#askedToEnd.get(this.#fleet.state) ?? new Set()
    const isAskedAgain = pod !== undefined && asked.has(pod.id)
    if (pod) this.#askedToEnd.set(this.#fleet.state, asked.add(pod.id))
    const then = pod ? { phase: pod.phase, phaseSinceMs: pod.phaseSinceMs, isAskedAgain, sessions } : null
    this.#commands.push({ nodeName, command, atMs: this.nowMs, pod: then })
    if (this.#commands.length > COMMANDS_MAX) this.#commands.shift()
  }

  #connect(node: FakeNode): void {
    if (node.isConnected || node.isDown) return
    const again = (): void => void this.clock.schedule(this.times.reconnectMs, () => this.#connect(node))
    if (!this.#isUp || this.turnedAway.has(node.name)) return again()
    const before = this.#streams.get(node.name)
    const verdict = this.turn((fleet) => fleet.nodeConnected({ ...node.introduction, ledgerId: node.ledgerId }))
    if (verdict.kind === 'nameTaken') return again()
    if (before) before.isOpen = false
    const stream: Stream = { node, core: this.#core, isOpen: true }
    this.#streams.set(node.name, stream)
    node.connected({
      state: (state) => this.#toCore(stream, this.times.latencyMs, (fleet) => fleet.nodeState(node.name, state)),
      reports: (firstRevision, reports) =>
        this.#toCore(stream, this.times.latencyMs, (fleet) => {
          if (this.#isDeaf(node.name)) return
          if (!fleet.nodeReports(node.name, firstRevision, reports)) this.#tell(node.name, { kind: 'sendState' })
        }),
    })
  }

  #isDeaf(name: string): boolean {
    const left = this.deaf.get(name) ?? 0
    if (left > 0) this.deaf.set(name, left - 1)
    return left > 0
  }

  #toCore(stream: Stream, delayMs: number, act: (fleet: Fleet) => void): void {
    this.clock.schedule(delayMs, () => {
      if (stream.isOpen && stream.core === this.#core && this.#isUp) this.turn(act)
    })
  }

  /** The core hears that a stream has ended, unless a newer one has replaced it. */
  #cut(stream: Stream): void {
    stream.isOpen = false
    if (this.#streams.get(stream.node.name) !== stream || stream.core !== this.#core) return
    this.#streams.delete(stream.node.name)
    this.turn((fleet) => fleet.nodeDisconnected(stream.node.name))
  }

  #beat(node: FakeNode): void {
    this.clock.schedule(this.times.heartbeatMs, () => {
      const stream = this.#streams.get(node.name)
      if (stream && node.isConnected) this.#toCore(stream, this.times.latencyMs, (fleet) => fleet.nodeHeard(node.name))
      this.#beat(node)
    })
  }

  #rest(): void {
    if (!this.#isUp) return
    this.#fleet.settle()
    this.#noteAnswers()
    this.onRest()
  }

  /** A client is answered when the session is open, and a row says on which pod. */
  #noteAnswers(): void {
    for (const id of this.#unanswered) {
      const phase = this.#fleet.state.sessions.get(id)?.phase ?? 'closed'
      const isOpen = phase === 'available' || phase === 'inUse'
      if (phase !== 'closed' && !isOpen) continue
      if (isOpen && (this.rows.sessions.get(id)?.podId ?? null) === null) continue
      this.#unanswered.delete(id)
      if (isOpen) this.answered.add(id)
    }
  }
}
