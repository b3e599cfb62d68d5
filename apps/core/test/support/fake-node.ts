/**
 * A node for simulations. It follows the node link's rules with the pure state machines that real agents use; its
 * pods are numbers in a map, and take as long as they are told to.
 */
import type { Clock } from '@fornax/kernel/clock'
import {
  unstartedSession,
  transition as moveSession,
  waitingSession,
  type NodeSession,
  type NodeSessionEvent,
} from '@fornax/node-model/node-session-state'
import {
  creatingPod,
  hasEnded,
  toldPodPhase,
  transition as movePod,
  type Pod,
  type PodEvent,
} from '@fornax/node-model/pod-state'
import type { VersionSpec } from '../../src/applications/application.ts'
import type { NodeCommand } from '../../src/fleet/node-command.ts'
import type { NodeReport, NodeState, PodReport, SessionReport } from '../../src/fleet/node-report.ts'
import type { NodeIntroduction } from '../../src/nodes/node.ts'

/** How long things take, in milliseconds; `Infinity` never ends by itself. */
export type NodeTimes = {
  createMs: number
  stopMs: number
  openMs: number
  closeMs: number
  sleepMs: number
}

/** What becomes of the pods of a version. */
export type Fate = 'works' | 'cannotStart' | 'neverReady' | 'exitsEarly'

/** The node's end of a stream to a core. */
export type NodeSide = {
  state(state: NodeState): void
  reports(firstRevision: number, reports: readonly NodeReport[]): void
}

type Start = Extract<NodeCommand, { kind: 'startSession' }>

const READY_TIMEOUT_MS = 10_000
/** How soon a pod whose fate is to exit does so. */
const EARLY_MS = 500

export class FakeNode {
  readonly introduction: Omit<NodeIntroduction, 'ledgerId'>
  readonly times: NodeTimes = { createMs: 50, stopMs: 20, openMs: 5, closeMs: 5, sleepMs: 10 }
  readonly fates = new Map<string, Fate>()
  readonly pods = new Map<string, Pod>()
  readonly sessions = new Map<string, NodeSession>()
  /** How many sessions each version's pods may serve. */
  readonly versions = new Map<string, number>()
  readonly #specs = new Map<string, VersionSpec>()
  readonly #specsOfPods = new Map<string, VersionSpec>()
  /** Data and environment as they arrived. */
  readonly delivered = new Map<string, Pick<Start, 'data' | 'env'>>()
  /** Sessions of which it says nothing, whatever it is asked. */
  readonly silentAbout = new Set<string>()
  /** What a pod keeps that sleeps, of its request. */
  keptShare = 0.25
  /** Whether no pod can be put to sleep here. */
  sleepless = false
  /** Pods that cannot be woken. */
  readonly unwakeable = new Set<string>()
  /** What a core asked for that no core may ask for. */
  readonly misdeeds: string[] = []
  /** How many pods were ever made here. */
  created = 0
  #ledger = 1
  #revision = 0
  #side: NodeSide | null = null
  #unsent: { readonly revision: number; readonly report: NodeReport }[] = []
  #isDown = false
  #deferred: (() => void)[] = []
  readonly #clock: Clock

  constructor(clock: Clock, introduction: Omit<NodeIntroduction, 'ledgerId'>) {
    this.#clock = clock
    this.introduction = introduction
  }

  get name(): string {
    return this.introduction.name
  }

  get ledgerId(): string {
    return `led-${this.name}-${this.#ledger}`
  }

  get isDown(): boolean {
    return this.#isDown
  }

  get isConnected(): boolean {
    return this.#side !== null
  }

  /** A core has accepted the hello: everything is said first. */
  connected(side: NodeSide): void {
    this.#side = side
    this.#sayAll()
  }

  disconnected(): void {
    this.#side = null
    this.#unsent = []
  }

  /** The agent dies. Its pods go on, but nobody reports or finishes anything until it is back. */
  crash(): void {
    this.disconnected()
    this.#isDown = true
  }

  /** The agent starts again; without its ledger it removes whatever ran. */
  restart(keepsLedger: boolean): void {
    this.#isDown = false
    const deferred = this.#deferred
    this.#deferred = []
    if (keepsLedger) for (const work of deferred) work()
    else this.#forgetAll()
  }

  /** The process of a pod ends by itself. */
  exitPod(podId: string): void {
    this.#changePod(podId, { kind: 'ended', exitCode: 1, outOfMemory: false, lastLogLines: ['boom'] })
  }

  /** A pod sleeps with its sessions open. */
  doze(podId: string): void {
    const measured = { residentBytesBefore: 1, residentBytesAfter: 1, swappedBytes: 0, problem: '', wakeUs: null }
    this.#changePod(podId, { kind: 'dozed', hibernation: { ...measured, depth: 'light' } })
  }

  /** Clients come and go. */
  countClients(sessionId: string, clients: number): void {
    this.#changeSession(sessionId, { kind: 'clientsCounted', clients })
  }

  /** The application ends a session by itself. */
  exitSession(sessionId: string): void {
    const session = this.sessions.get(sessionId)
    if (session?.phase !== 'available' && session?.phase !== 'inUse') return
    this.#changeSession(sessionId, { kind: 'appClosed', message: 'done' })
    this.#changeSession(sessionId, { kind: 'cleared' })
  }

  /** What a pod was made of; it outlives the definition. */
  specOf(podId: string): Pick<VersionSpec, 'sessionsPerPod' | 'cpuMillis' | 'memoryBytes'> {
    return this.#specsOfPods.get(podId) ?? { sessionsPerPod: 1, cpuMillis: 0, memoryBytes: 0 }
  }

  receive(command: NodeCommand): void {
    if (this.#isDown) return
    switch (command.kind) {
      case 'defineVersion':
        this.versions.set(command.version.id, command.version.spec.sessionsPerPod)
        this.#specs.set(command.version.id, command.version.spec)
        return
      case 'forgetVersion':
        this.versions.delete(command.versionId)
        this.#specs.delete(command.versionId)
        return
      case 'createPod':
        return this.#createPod(command.podId, command.versionId)
      case 'stopPod':
        return this.#stopPod(command.podId, command.graceMs)
      case 'hibernatePod':
        return this.#hibernate(command.podId)
      case 'wakePod':
        return this.#changePod(command.podId, { kind: 'wakeRequested' })
      case 'startSession':
        return this.#startSession(command)
      case 'closeSession':
        return this.#closeSession(command)
      case 'forgetSessions':
        for (const id of command.sessionIds) if (this.sessions.get(id)?.phase === 'closed') this.sessions.delete(id)
        return
      case 'sendState':
        return this.#sayAll()
    }
  }

  #createPod(podId: string, versionId: string): void {
    if (this.pods.has(podId)) return
    if (!this.versions.has(versionId)) this.misdeeds.push(`${podId} is of an unknown version`)
    this.created += 1
    const spec = this.#specs.get(versionId)
    if (spec) this.#specsOfPods.set(podId, spec)
    this.pods.set(podId, creatingPod({ podId, versionId, runtime: 'process', createdAtMs: this.#clock.nowMs() }))
    this.#say({ kind: 'pod', pod: podReport(this.pods.get(podId)) })
    const fate = this.fates.get(versionId) ?? 'works'
    this.#after(this.times.createMs, () => this.#born(podId, fate))
  }

  #born(podId: string, fate: Fate): void {
    if (fate === 'cannotStart') return this.#changePod(podId, { kind: 'startFailed', reason: 'no such image' })
    const atMs = this.#clock.nowMs()
    this.#changePod(podId, { kind: 'started', atMs, readyTimeoutMs: READY_TIMEOUT_MS })
    if (fate === 'neverReady') return this.#after(READY_TIMEOUT_MS, () => this.#notReady(podId))
    this.#changePod(podId, { kind: 'ready', atMs })
    if (fate === 'exitsEarly') this.#after(EARLY_MS, () => this.exitPod(podId))
  }

  #notReady(podId: string): void {
    const failure = { kind: 'notReady', reason: 'its probe never passed' } as const
    this.#changePod(podId, { kind: 'condemned', failure, atMs: this.#clock.nowMs(), graceMs: 0 })
    this.#endLater(podId)
  }

  #stopPod(podId: string, graceMs: number): void {
    if (this.pods.get(podId)?.phase === 'terminating') return
    this.#changePod(podId, { kind: 'stopRequested', atMs: this.#clock.nowMs(), graceMs })
    this.#endLater(podId)
  }

  #endLater(podId: string): void {
    const ended: PodEvent = { kind: 'ended', exitCode: 0, outOfMemory: false, lastLogLines: ['bye'] }
    this.#after(this.times.stopMs, () => this.#changePod(podId, ended))
  }

  #hibernate(podId: string): void {
    this.#changePod(podId, { kind: 'sleepRequested', deeperAfterMs: 1_000 })
    this.#after(this.times.sleepMs, () => {
      const depth = this.sleepless ? 'none' : 'light'
      const residentBytesAfter = Math.round(this.specOf(podId).memoryBytes * this.keptShare)
      const measured = { residentBytesBefore: 1, residentBytesAfter, swappedBytes: 1, problem: '', wakeUs: null }
      this.#changePod(podId, {
        kind: this.sleepless ? 'sleepFailed' : 'slept',
        hibernation: { ...measured, depth, problem: this.sleepless ? 'it may not' : '' },
      })
    })
  }

  /** Its pod was frozen, and stays so. */
  #doesNotWake(sessionId: string, podId: string): void {
    this.#changeSession(sessionId, { kind: 'podDidNotWake', message: 'it is frozen' })
    const failure = { kind: 'wakeFailed', reason: 'it is frozen' } as const
    this.#changePod(podId, { kind: 'condemned', failure, atMs: this.#clock.nowMs(), graceMs: 0 })
    this.#changeSession(sessionId, { kind: 'cleared' })
    this.#endLater(podId)
  }

  #startSession(command: Start): void {
    const { sessionId, podId, grantEpoch, data, env, killPod } = command
    const known = this.sessions.get(sessionId)
    if (known && known.grantEpoch >= grantEpoch) return
    const pod = this.pods.get(podId)
    const claimed = pod && movePod(pod, { kind: 'claimed', grantEpoch })
    if (claimed?.kind !== 'moved') {
      this.sessions.set(sessionId, unstartedSession({ sessionId, podId, grantEpoch }, 'its pod is not there'))
      return this.#saySession(sessionId)
    }
    const birth = { sessionId, podId, grantEpoch, order: { data, env }, deadlineMs: command.openDeadlineMs, killPod }
    this.sessions.set(sessionId, waitingSession(birth))
    this.delivered.set(sessionId, { data, env })
    this.#putPod(claimed.pod)
    this.#changeSession(sessionId, { kind: 'podReady' })
    if (pod?.phase === 'hibernated' && this.unwakeable.has(podId)) return this.#doesNotWake(sessionId, podId)
    this.#after(this.times.openMs, () => this.#opened(sessionId))
    this.#watchDeadline(sessionId)
  }

  #opened(sessionId: string): void {
    if (this.sessions.get(sessionId)?.phase !== 'opening') return
    const endpoint = { name: 'web', protocol: 'http', host: '127.0.0.1', port: 20_000 + (this.#revision % 9_999) }
    this.#changeSession(sessionId, { kind: 'opened', endpoints: [endpoint] })
  }

  #closeSession({ sessionId, graceMs, killPod }: Extract<NodeCommand, { kind: 'closeSession' }>): void {
    if (this.silentAbout.has(sessionId)) return
    if (!this.sessions.has(sessionId)) return this.#say({ kind: 'session', session: unknownSession(sessionId) })
    const before = this.sessions.get(sessionId)?.phase
    this.#changeSession(sessionId, { kind: 'closeRequested', atMs: this.#clock.nowMs(), graceMs, killPod })
    if (this.sessions.get(sessionId)?.phase !== 'closing' || before === 'closing') return this.#watchDeadline(sessionId)
    this.#putAway(sessionId)
  }

  #putAway(sessionId: string): void {
    this.#after(this.times.closeMs, () => {
      if (this.sessions.get(sessionId)?.phase !== 'closing') return
      this.#changeSession(sessionId, { kind: 'appClosed', message: '' })
      this.#changeSession(sessionId, { kind: 'cleared' })
    })
    this.#watchDeadline(sessionId)
  }

  #watchDeadline(sessionId: string): void {
    const deadlineMs = this.sessions.get(sessionId)?.deadlineMs ?? null
    if (deadlineMs === null) return
    this.#after(Math.max(0, deadlineMs - this.#clock.nowMs()), () => this.#deadlinePassed(sessionId))
  }

  #deadlinePassed(sessionId: string): void {
    const before = this.sessions.get(sessionId)
    if (before?.deadlineMs === null) return
    this.#changeSession(sessionId, { kind: 'deadlinePassed', atMs: this.#clock.nowMs() })
    const now = this.sessions.get(sessionId)
    if (!before || !now || now.phase === before.phase) return
    if (now.phase === 'closing') this.#putAway(sessionId)
    if (now.phase === 'killing') this.#stopPod(now.podId, 0)
  }

  #changePod(podId: string, event: PodEvent): void {
    const pod = this.pods.get(podId)
    const result = pod && movePod(pod, event)
    if (result?.kind !== 'moved') return
    if (hasEnded(result.pod))
      for (const { sessionId } of this.#sessionsOf(podId)) this.#changeSession(sessionId, { kind: 'podEnded' })
    this.#putPod(result.pod)
  }

  #putPod(pod: Pod): void {
    this.pods.set(pod.podId, pod)
    this.#say({ kind: 'pod', pod: podReport(pod) })
    if (hasEnded(pod) && this.#side !== null) this.pods.delete(pod.podId) // Its end is said, and then forgotten.
  }

  #changeSession(sessionId: string, event: NodeSessionEvent): void {
    const session = this.sessions.get(sessionId)
    const result = session && moveSession(session, event)
    if (result?.kind !== 'moved') return
    this.sessions.set(sessionId, result.session)
    this.#saySession(sessionId)
    if (result.session.phase === 'closed') this.#sessionClosed(result.session)
  }

  #sessionClosed({ podId, killPod }: NodeSession): void {
    const isFree = this.#sessionsOf(podId).every(({ phase }) => phase === 'closed')
    const pod = this.pods.get(podId)
    if (!isFree && killPod) return this.#changePod(podId, { kind: 'spent' })
    if (isFree && (killPod || pod?.isSpent)) return this.#stopPod(podId, 0)
    if (isFree && pod?.phase === 'active') this.#changePod(podId, { kind: 'released' })
  }

  #sessionsOf(podId: string): NodeSession[] {
    return [...this.sessions.values()].filter((session) => session.podId === podId)
  }

  #saySession(sessionId: string): void {
    const session = this.sessions.get(sessionId)
    if (session) this.#say({ kind: 'session', session: sessionReport(session) })
  }

  /** Every change has the next revision; those of one instant travel together. */
  #say(report: NodeReport): void {
    this.#revision += 1
    if (this.#side === null) return
    this.#unsent.push({ revision: this.#revision, report })
    if (this.#unsent.length === 1) this.#clock.schedule(0, () => this.#flush())
  }

  #flush(): void {
    const [first] = this.#unsent
    const reports = this.#unsent.map(({ report }) => report)
    this.#unsent = []
    if (first) this.#side?.reports(first.revision, reports)
  }

  #sayAll(): void {
    this.#unsent = []
    const ended = [...this.pods.values()].filter(hasEnded)
    this.#side?.state({
      revision: this.#revision,
      pods: [...this.pods.values()].map(podReport),
      sessions: [...this.sessions.values()].map(sessionReport),
      versionIds: [...this.versions.keys()],
    })
    if (this.#side) for (const { podId } of ended) this.pods.delete(podId)
  }

  #forgetAll(): void {
    this.#ledger += 1
    this.#revision = 0
    this.pods.clear()
    this.sessions.clear()
    this.versions.clear()
    this.#deferred = []
  }

  /** What falls due while the agent is down happens when it is back; after the loss of its ledger, never. */
  #after(delayMs: number, work: () => void): void {
    if (delayMs === Infinity) return
    const ledger = this.#ledger
    this.#clock.schedule(delayMs, () => {
      if (ledger !== this.#ledger) return
      if (this.#isDown) this.#deferred.push(work)
      else work()
    })
  }
}

function podReport(pod: Pod | undefined): PodReport {
  if (!pod) throw new Error('a pod is there when it is reported')
  const { podId, versionId, failure, readyAfterMs, runtime, isSpent, lastLogLines, hibernation } = pod
  const phase = toldPodPhase(pod)
  return {
    podId,
    versionId,
    phase,
    failure: phase === 'failed' && failure ? { kind: failure.kind, message: failure.reason, lastLogLines } : null,
    readyAfterMs: readyAfterMs === 0 ? null : readyAfterMs,
    runtime,
    isSpent,
    startPhases: null,
    hibernation: hibernation && { ...hibernation, problem: hibernation.problem === '' ? null : hibernation.problem },
  }
}

/** As agents answer who wants to close what they do not know. */
function unknownSession(sessionId: string): SessionReport {
  const session = waitingSession({ sessionId, podId: '', grantEpoch: 0, order: null, deadlineMs: null })
  return sessionReport({ ...session, phase: 'closed', end: 'requested' })
}

const PHASES: Readonly<Record<NodeSession['phase'], SessionReport['phase']>> = {
  waiting: 'starting',
  opening: 'starting',
  available: 'available',
  inUse: 'inUse',
  closing: 'closing',
  killing: 'closing',
  clearing: 'closing',
  closed: 'closed',
}

function sessionReport(session: NodeSession): SessionReport {
  const { sessionId, podId, grantEpoch, phase, clientCount, message, end } = session
  return {
    sessionId,
    podId,
    grantEpoch,
    phase: PHASES[phase],
    endpoints: session.endpoints.map((endpoint) => ({ ...endpoint, protocol: 'http' })),
    clientCount,
    message: message === '' ? null : message,
    end: phase === 'closed' || end === 'wakeFailed' ? end : null,
  }
}
