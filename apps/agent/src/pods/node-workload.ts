/**
 * All that runs on a node: carries out commands, knows what is true, and brings
 * it back after a restart. Everything here is synchronous but for the runtimes;
 * what has to be remembered, done and told goes through the record.
 */
import type { Cancel } from '@fornax/kernel/clock'
import { unreachable } from '@fornax/kernel/assert'
import type { ApplicationVersion } from '@fornax/node-model/application-version'
import type { CloseSession, NodeCommand, StartSession } from '@fornax/node-model/node-command'
import { transition, unstartedSession, waitingSession, type NodeSession } from '@fornax/node-model/node-session-state'
import { creatingPod, hasEnded, type Pod } from '@fornax/node-model/pod-state'
import type { LedgerContents } from '../ledger/ledger.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { chooseRuntime } from './choose-runtime.ts'
import { EndedPods } from './ended-pods.ts'
import { PodSupervisor } from './pod-supervisor.ts'
import type { PodWorld } from './pod-world.ts'
import { RootBounds } from './root-bounds.ts'

/** Everything that is true of a node at one moment. */
export type WorkloadState = {
  readonly pods: readonly Pod[]
  readonly sessions: readonly NodeSession[]
  readonly versionIds: readonly string[]
}

/** How long the log of a pod that has ended can be read. */
const LOG_KEPT_MS = 600_000
const KEPT_LOGS_MAX = 200
const CLOSED_SESSIONS_MAX = 10_000
const HOUSEKEEPING_MS = 10_000

export class NodeWorkload {
  readonly #world: PodWorld
  readonly #runtimes: readonly Runtime[]
  readonly #versions = new Map<string, ApplicationVersion>()
  /** Versions that nobody asks for any more: they go with the last of their pods. */
  readonly #unwanted = new Set<string>()
  readonly #pods = new Map<string, PodSupervisor>()
  readonly #ended: EndedPods
  readonly #rootBounds: RootBounds
  /** The pod of every open session. */
  readonly #podOfSession = new Map<string, PodSupervisor>()
  /** Until a core has recorded them. */
  readonly #closed = new Map<string, NodeSession>()
  readonly #keptLogs = new Map<string, { readonly runtime: Runtime; readonly untilMs: number }>()
  readonly #connectedSinceMs: () => number | null
  #cancelHousekeeping: Cancel
  #isEnding = false

  constructor(world: PodWorld, runtimes: readonly Runtime[], connectedSinceMs: () => number | null) {
    this.#world = world
    this.#runtimes = runtimes
    this.#connectedSinceMs = connectedSinceMs
    this.#ended = new EndedPods((podId) => world.record.put({ kind: 'removePod', podId }))
    this.#rootBounds = new RootBounds(world.log)
    this.#cancelHousekeeping = this.#keepHouse()
  }

  /** The images of all versions that pods may be asked for. */
  wantedImages(): ReadonlySet<string> {
    return new Set(Array.from(this.#versions.values(), ({ image }) => image))
  }

  state(): WorkloadState {
    const supervisors = [...this.#pods.values()]
    return {
      pods: [...supervisors.map((supervisor) => supervisor.pod), ...this.#ended.list()],
      sessions: [...supervisors.flatMap((supervisor) => supervisor.sessions()), ...this.#closed.values()],
      versionIds: [...this.#versions.keys()],
    }
  }

  /** Brings back what the ledger knows, and removes what it does not. */
  async recover(contents: LedgerContents): Promise<void> {
    for (const version of contents.versions) this.#versions.set(version.versionId, version)
    const open = Map.groupBy(
      contents.sessions.filter((session) => session.phase !== 'closed'),
      (session) => session.podId,
    )
    for (const session of contents.sessions)
      if (session.phase === 'closed') this.#closed.set(session.sessionId, session)
    const podIds = new Set(contents.pods.map((row) => row.pod.podId))
    for (const [podId, sessions] of open) if (!podIds.has(podId)) this.#closeLost(sessions)
    await Promise.all(contents.pods.map((row) => this.#recoverPod(row, open.get(row.pod.podId) ?? [])))
    await this.#removeUnknown()
    for (const left of this.#world.folders.keepOnly(new Set(this.#pods.keys())))
      this.#world.log.error(left, 'what was left in a session folder could not be removed')
  }

  /** Carries out a command. `sendState` is the link's. */
  apply(command: NodeCommand): void {
    switch (command.kind) {
      case 'defineVersion':
        this.#define(command.version)
        return
      case 'forgetVersion':
        this.#forgetVersion(command.versionId)
        return
      case 'createPod':
        this.#createPod(command)
        return
      case 'stopPod':
        this.#stopPod(command.podId, command.graceMs)
        return
      case 'hibernatePod':
        this.#pods.get(command.podId)?.hibernate(command.deeperAfterMs)
        return
      case 'wakePod':
        this.#pods.get(command.podId)?.wake()
        return
      case 'startSession':
        this.#startSession(command)
        return
      case 'closeSession':
        this.#closeSession(command)
        return
      case 'forgetSessions':
        for (const sessionId of command.sessionIds) this.#forgetSession(sessionId)
        return
      case 'sendState':
        return
      default:
        unreachable(command)
    }
  }

  /** Ends every pod and forgets it. For an orderly end of the node. */
  async stopAll(graceMs: number): Promise<void> {
    this.#isEnding = true
    this.#world.record.goOnWithoutRoom() // No full disk keeps pods alive.
    const ends = Array.from(this.#pods.values(), (supervisor) => {
      supervisor.stop(graceMs)
      return supervisor.whenEnded
    })
    await Promise.all(ends)
    this.#world.record.flush()
    this.#ended.forgetAll()
    for (const podId of this.#keptLogs.keys()) await this.#removeLog(podId)
    this.#world.record.flush()
  }

  /** Looks after nothing any longer; pods go on. */
  async letGo(): Promise<void> {
    this.#cancelHousekeeping()
    await Promise.all(Array.from(this.#pods.values(), (supervisor) => supervisor.letGo()))
  }

  async #recoverPod(row: LedgerContents['pods'][number], sessions: readonly NodeSession[]): Promise<void> {
    const { pod } = row
    const runtime = this.#runtimes.find((candidate) => candidate.name === pod.runtime)
    const version = this.#versions.get(pod.versionId)
    if (hasEnded(pod)) {
      this.#ended.add(pod, this.#world.clock.nowMs())
      if (runtime !== undefined) this.#keepLog(pod.podId, runtime)
      return
    }
    if (runtime === undefined || version === undefined) {
      this.#world.log.error({ podId: pod.podId, runtime: pod.runtime }, 'a pod of before cannot be looked after: lost')
      this.#lose(row, sessions)
      return
    }
    const supervisor = new PodSupervisor({ row, version, runtime }, this.#world, this.#owner, sessions)
    this.#pods.set(pod.podId, supervisor)
    for (const session of sessions) this.#podOfSession.set(session.sessionId, supervisor)
    await supervisor.adopt()
  }

  /** This agent no longer has the runtime of the pod. */
  #lose({ pod, hostPorts }: LedgerContents['pods'][number], sessions: readonly NodeSession[]): void {
    this.#world.ports.rest(hostPorts)
    const failure = { kind: 'exited', reason: 'the node no longer has its runtime' } as const
    this.#noteEnd({ ...pod, phase: 'failed', failure, deadlineMs: null })
    this.#closeLost(sessions)
  }

  #closeLost(sessions: readonly NodeSession[]): void {
    for (const session of sessions) {
      this.#world.ports.rest(session.hostPorts)
      const result = transition(session, { kind: 'podEnded' })
      if (result.kind === 'moved') this.#keepClosed(result.session)
    }
  }

  async #removeUnknown(): Promise<void> {
    for (const runtime of this.#runtimes) {
      for (const podId of await runtime.listPodIds()) {
        const isKnown = this.#pods.get(podId)?.runtime === runtime || this.#keptLogs.get(podId)?.runtime === runtime
        if (isKnown) continue
        this.#world.log.warn({ podId, runtime: runtime.name }, 'removing a pod that the ledger does not know')
        await this.#destroy(runtime, podId)
        this.#world.folders.remove(podId)
      }
    }
  }

  #define(version: ApplicationVersion): void {
    this.#unwanted.delete(version.versionId)
    if (this.#versions.has(version.versionId)) return
    this.#versions.set(version.versionId, version)
    this.#world.record.put({ kind: 'putVersion', version })
  }

  /** A version that pods still have is kept until the last of them has ended: a restart needs it. */
  #forgetVersion(versionId: string): void {
    for (const supervisor of this.#pods.values())
      if (supervisor.pod.versionId === versionId) return void this.#unwanted.add(versionId)
    this.#unwanted.delete(versionId)
    if (this.#versions.delete(versionId)) this.#world.record.put({ kind: 'removeVersion', versionId })
  }

  #createPod({ podId, versionId, secrets, isWaitedFor = false }: Extract<NodeCommand, { kind: 'createPod' }>): void {
    // A core that sees pods end asks for new ones, which would outlive a node that goes away.
    if (this.#isEnding || this.#pods.has(podId)) return
    const ended = this.#ended.get(podId)
    if (ended !== null) return this.#world.record.report({ kind: 'pod', pod: ended })
    const version = this.#versions.get(versionId)
    const runtime = version === undefined ? null : chooseRuntime(this.#runtimes, version)
    const createdAtMs = this.#world.clock.nowMs()
    const pod = creatingPod({ podId, versionId, runtime: runtime?.name ?? '', createdAtMs })
    if (version === undefined) return this.#refusePod(pod, `this node was never told of the version ${versionId}`)
    if (runtime === null) return this.#refusePod(pod, 'this node has no runtime that the version accepts')
    if (secrets !== undefined && secrets.problem !== '') return this.#refusePod(pod, secrets.problem)
    const needsSecrets = secrets !== undefined
    const row = { pod, handle: null, hostPorts: [], sessionFolder: null, needsSecrets }
    const supervisor = new PodSupervisor({ row, version, runtime }, this.#world, this.#owner)
    this.#pods.set(podId, supervisor)
    supervisor.create(isWaitedFor, secrets)
  }

  #refusePod(pod: Pod, reason: string): void {
    this.#noteEnd({ ...pod, phase: 'failed', failure: { kind: 'startFailed', reason }, deadlineMs: null })
  }

  /** Ends a pod's story without a supervisor. */
  #noteEnd(pod: Pod): void {
    const row = { pod, handle: null, hostPorts: [], sessionFolder: null, needsSecrets: false }
    this.#world.record.put({ kind: 'putPod', row })
    this.#world.record.report({ kind: 'pod', pod })
    this.#ended.add(pod, this.#world.clock.nowMs())
  }

  #stopPod(podId: string, graceMs: number): void {
    const supervisor = this.#pods.get(podId)
    if (supervisor !== undefined) return supervisor.stop(graceMs)
    // Whoever asks believes that it runs: the truth must reach them.
    const unknown = creatingPod({ podId, versionId: '', runtime: '', createdAtMs: 0 })
    const pod = this.#ended.get(podId) ?? { ...unknown, phase: 'terminated', deadlineMs: null }
    this.#world.record.report({ kind: 'pod', pod })
  }

  #startSession(order: StartSession): void {
    const { sessionId, podId, grantEpoch } = order
    if (this.#podOfSession.has(sessionId)) return
    // Its pod did not wake, and this is another grant.
    if ((this.#closed.get(sessionId)?.grantEpoch ?? -1) >= grantEpoch) return
    this.#closed.delete(sessionId)
    const supervisor = this.#pods.get(podId)
    if (supervisor !== undefined) this.#podOfSession.set(sessionId, supervisor)
    const refusal = supervisor === undefined ? 'its pod is not on this node' : supervisor.startSession(order)
    if (refusal === null) return
    this.#podOfSession.delete(sessionId)
    const session = unstartedSession({ sessionId, podId, grantEpoch }, refusal)
    this.#world.log.warn({ sessionId, podId, refusal }, 'a session cannot be started')
    this.#world.record.report({ kind: 'session', session })
    this.#keepClosed(session)
  }

  #closeSession(order: CloseSession): void {
    const supervisor = this.#podOfSession.get(order.sessionId)
    if (supervisor !== undefined) return supervisor.closeSession(order)
    const birth = { sessionId: order.sessionId, podId: '', grantEpoch: 0, order: null, deadlineMs: null }
    const unknown: NodeSession = { ...waitingSession(birth), phase: 'closed', end: 'requested' }
    this.#world.record.report({ kind: 'session', session: this.#closed.get(order.sessionId) ?? unknown })
  }

  #forgetSession(sessionId: string): void {
    if (this.#closed.delete(sessionId)) this.#world.record.put({ kind: 'removeSession', sessionId })
  }

  #keepClosed(session: NodeSession): void {
    this.#podOfSession.delete(session.sessionId)
    this.#closed.set(session.sessionId, session)
    this.#world.record.put({ kind: 'putSession', session })
    const [oldest] = this.#closed.keys()
    if (this.#closed.size > CLOSED_SESSIONS_MAX && oldest !== undefined) this.#forgetSession(oldest)
  }

  readonly #owner = {
    sessionClosed: (session: NodeSession): void => this.#keepClosed(session),
    podEnded: (supervisor: PodSupervisor): void => {
      const { podId, versionId } = supervisor.pod
      this.#pods.delete(podId)
      if (this.#unwanted.has(versionId)) this.#forgetVersion(versionId)
      this.#ended.add(supervisor.pod, this.#world.clock.nowMs())
      this.#keepLog(podId, supervisor.runtime)
    },
  }

  #keepLog(podId: string, runtime: Runtime): void {
    if (!runtime.hasProcesses) return void this.#destroy(runtime, podId)
    this.#keptLogs.set(podId, { runtime, untilMs: this.#world.clock.nowMs() + LOG_KEPT_MS })
    const [oldest] = this.#keptLogs.keys()
    if (this.#keptLogs.size > KEPT_LOGS_MAX && oldest !== undefined) void this.#removeLog(oldest)
  }

  async #removeLog(podId: string): Promise<void> {
    const kept = this.#keptLogs.get(podId)
    this.#keptLogs.delete(podId)
    this.#world.logs.remove(podId)
    if (kept) await this.#destroy(kept.runtime, podId)
  }

  /** What cannot be removed keeps nothing else from being looked after. */
  async #destroy(runtime: Runtime, podId: string): Promise<void> {
    try {
      await runtime.destroyPod(podId)
    } catch (error) {
      this.#world.log.error({ err: error, podId }, 'what a pod left could not be removed')
    }
  }

  #keepHouse(): Cancel {
    return this.#world.clock.schedule(HOUSEKEEPING_MS, () => {
      const nowMs = this.#world.clock.nowMs()
      for (const [podId, { untilMs }] of this.#keptLogs) if (untilMs <= nowMs) void this.#removeLog(podId)
      void this.#rootBounds.look(this.#pods.values())
      const connectedSinceMs = this.#connectedSinceMs()
      if (connectedSinceMs !== null) this.#ended.forgetDelivered(connectedSinceMs, nowMs)
      this.#cancelHousekeeping = this.#keepHouse()
    })
  }
}
