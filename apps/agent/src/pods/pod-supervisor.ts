/**
 * Looks after one pod from its creation, or its adoption, to its end: feeds what
 * happens into the pure state machine and does what follows from it.
 */
import type { Cancel } from '@fornax/kernel/clock'
import type { ApplicationVersion } from '@fornax/node-model/application-version'
import type { CloseSession, StartSession } from '@fornax/node-model/node-command'
import type { NodeSession } from '@fornax/node-model/node-session-state'
import type { PodSecrets } from '@fornax/node-model/pod-secrets'
import { hasEnded, transition, type Pod, type PodEvent, type StartPhases } from '@fornax/node-model/pod-state'
import type { LedgerPod } from '../ledger/ledger.ts'
import { podFolderOf, podsFolderOf } from '../runtime/pod-folder.ts'
import type { PodEnd, PodOrder, Runtime, RuntimePod } from '../runtime/runtime.ts'
import { PodSessions } from '../sessions/pod-sessions.ts'
import type { ApplicationLink } from '../sessions/session-server.ts'
import { removeLink } from '../sessions/session-folders.ts'
import { isNews } from './pod-news.ts'
import { PodProbes } from './pod-probes.ts'
import { PodRest } from './pod-rest.ts'
import type { PodWorld } from './pod-world.ts'
import { lackingOf } from './probe.ts'
import type { GateTurn, StartGate } from './start-gate.ts'
import { phasesOf } from './start-phases.ts'

/** Who is told what becomes of the pod and its sessions. */
export type PodOwner = {
  sessionClosed(session: NodeSession): void
  podEnded(supervisor: PodSupervisor): void
}

type CondemnedFor = 'notReady' | 'unhealthy' | 'wakeFailed' | 'outOfDisk' | 'lost'

const LAST_LOG_LINES = 20
/** How long after its deadline a pod that ends is waited for, when its runtime has not even started it. */
const HUNG_START_MS = 5_000
const SECRETS_LOST = 'its agent ended before it started the pod, and the secrets of the pod with it'
/** Shared by all pods: a node has thousands that wait for nothing. */
const NOTHING: Cancel = () => undefined

export class PodSupervisor {
  readonly version: ApplicationVersion
  readonly runtime: Runtime
  /** Made for who waits for it. */
  #ended: PromiseWithResolvers<void> | null = null
  readonly #world: PodWorld
  readonly #owner: PodOwner
  /** Made with the first session. */
  #sessions: PodSessions | null = null
  #row: LedgerPod
  #running: RuntimePod | null = null
  #link: ApplicationLink | null = null
  readonly #rest: PodRest
  #cancelDeadline: Cancel = NOTHING
  readonly #probes: PodProbes
  #leaveGate: () => void = NOTHING
  #saidHello = false
  /** Until the pod is being made. */
  #secrets: PodSecrets | undefined
  #hasLaunched = false
  #isLetGo = false
  #isWaitedFor = false
  /** Null: it does not wait to be started. */
  #turn: GateTurn | null = null
  /** Where the time until its command ran went; null when nobody measured it. */
  #phases: Omit<StartPhases, 'readyMs'> | null = null

  constructor(
    {
      row,
      version,
      runtime,
    }: { readonly row: LedgerPod; readonly version: ApplicationVersion; readonly runtime: Runtime },
    world: PodWorld,
    owner: PodOwner,
    adopted: readonly NodeSession[] = [],
  ) {
    this.#row = row
    this.version = version
    this.runtime = runtime
    this.#world = world
    this.#probes = new PodProbes(version, world.clock)
    this.#owner = owner
    this.#rest = new PodRest({
      world,
      pod: () => this.pod,
      link: () => this.#link,
      apply: (event) => this.#apply(event),
      lost: (reason) => this.condemn(reason, 'wakeFailed', 0),
      sessions: () => this.sessions(),
    })
    if (adopted.length > 0) this.#sessions = new PodSessions(this.#forSessions(), world, adopted)
  }

  get pod(): Pod {
    return this.#row.pod
  }

  /** Settles when nothing of it runs any more. */
  get whenEnded(): Promise<void> {
    if (hasEnded(this.pod)) return Promise.resolve()
    this.#ended ??= Promise.withResolvers()
    return this.#ended.promise
  }

  sessions(): readonly NodeSession[] {
    return this.#sessions?.list() ?? []
  }

  /**
   * Begins to make the pod, once it is in the ledger; its secrets never are. Pods that a session waits for go before
   * others.
   */
  create(isWaitedFor = false, secrets?: PodSecrets): void {
    this.#secrets = secrets
    this.#isWaitedFor = isWaitedFor
    this.#world.record.put({ kind: 'putPod', row: this.#row })
    this.#world.record.report({ kind: 'pod', pod: this.pod })
    this.#watchDeadline()
    this.#world.record.afterCommit(() => void this.#start())
  }

  /** Takes over what an earlier agent left. */
  async adopt(): Promise<void> {
    this.#addLog()
    const open = this.sessions().map(({ sessionId, hostPorts }) => ({ sessionId, hostPorts }))
    const result = await this.runtime.adoptPod(this.#order(), this.#row.handle, open)
    if (result.kind === 'running') return this.#run(result.pod, true)
    if (result.kind === 'ended') return this.#end(result.end)
    // The agent before us noted the pod and died before it started it.
    if (this.pod.phase === 'creating' && this.#row.handle === null) {
      if (this.#row.needsSecrets) return this.condemn(SECRETS_LOST, 'lost', 0)
      this.#world.ports.rest(this.#row.hostPorts)
      return void this.#start()
    }
    this.#end({ exitCode: null, outOfMemory: false })
  }

  stop(graceMs: number): void {
    this.#apply({ kind: 'stopRequested', atMs: this.#world.clock.nowMs(), graceMs })
  }

  /** Only a standby pod falls asleep. */
  hibernate(deeperAfterMs: number): void {
    this.#apply({ kind: 'sleepRequested', deeperAfterMs })
  }

  wake(): void {
    if (this.pod.phase !== 'hibernated') return
    this.#apply({ kind: 'wakeRequested' })
    this.#world.record.afterCommit(() => void this.#rest.wake(false))
  }

  /** Why the session cannot be started here; null: it is being started, or was before. */
  startSession(order: StartSession): string | null {
    if (this.#sessions?.has(order.sessionId)) return null
    if (this.#openCount >= Math.max(1, this.version.sessionsPerPod)) return 'its pod has no free place'
    const refusal = this.#apply({ kind: 'claimed', grantEpoch: order.grantEpoch, dozeAfterMs: order.dozeAfterMs })
    if (refusal !== null) return `its pod takes no session: ${refusal}`
    void this.#rest.rouse()
    this.#isWaitedFor = true
    this.#turn?.hurry()
    this.#theSessions().start(order)
    return null
  }

  closeSession(order: CloseSession): void {
    void this.#rest.rouse() // Its application is asked to put the session away.
    this.#sessions?.close(order)
  }

  /** Looks after the pod no longer; it goes on. */
  async letGo(): Promise<void> {
    this.#isLetGo = true
    this.#cancelDeadline()
    this.#probes.stop()
    this.#leaveGate()
    this.#sessions?.letGo()
    await this.#rest.letGo()
    await this.#link?.[Symbol.asyncDispose]()
  }

  async #start(): Promise<void> {
    const { gate, log } = this.#world
    try {
      if (this.runtime.hasProcesses) this.#leaveGate = await this.#enter(gate)
      if (hasEnded(this.pod) || this.#isLetGo) return this.#leaveGate()
      this.#hasLaunched = true
      const failure = await this.#launch()
      if (failure !== null) this.#apply({ kind: 'startFailed', reason: failure })
    } catch (error) {
      log.error({ err: error, podId: this.pod.podId }, 'a pod could not be started')
      this.#apply({ kind: 'startFailed', reason: error instanceof Error ? error.message : String(error) })
    }
  }

  async #enter(gate: StartGate): Promise<() => void> {
    this.#turn = gate.enter(this.#isWaitedFor || this.#openCount > 0)
    const leave = await this.#turn.entered
    this.#turn = null
    return leave
  }

  /** Why it cannot be started; null: its command runs. */
  async #launch(): Promise<string | null> {
    if (!(await this.#takePorts())) return 'no host port is free'
    if (this.pod.phase !== 'creating') return 'it was asked to end before it started'
    if (this.#usesLink()) await this.#openLink(false)
    if (this.#isLetGo) return null // The agent after us finds it noted, and starts it.
    this.#addLog()
    const secrets = this.#secrets
    this.#secrets = undefined // The pod has them; nobody else needs them any more.
    const waitMs = this.#world.clock.nowMs() - this.pod.createdAtMs
    const result = await this.runtime.createPod({ ...this.#order(), secrets })
    if (result.kind === 'failed') return result.reason
    if (result.took !== undefined) this.#phases = phasesOf(waitMs, result.took)
    this.#run(result.pod, false)
    return null
  }

  /** Ports are in the ledger before a pod is told of them. */
  async #takePorts(): Promise<boolean> {
    const { ports, record, folders } = this.#world
    const sessionFolder = this.#usesLink() ? folders.pathOf(this.pod.podId) : null
    const isOurs = this.runtime.portsBelongTo === 'pod' && this.version.ports.length > 0
    if (!isOurs && sessionFolder === null) return true
    const protocols = isOurs ? this.version.ports.map((port) => port.protocol) : []
    const hostPorts = await ports.take(protocols, (port, protocol) => this.runtime.isPortFree(port, protocol))
    if (hostPorts === null) return false
    this.#put({ hostPorts, sessionFolder })
    await new Promise<void>((resolve) => record.afterCommit(resolve))
    return true
  }

  async #openLink(isExpected: boolean): Promise<void> {
    const { clock, folders } = this.#world
    const said = this.#theSessions().listener()
    const link = await folders.open({
      podId: this.pod.podId,
      owner: this.#running?.owner ?? this.runtime.podOwner,
      clock,
      isExpected,
      listener: {
        ...said,
        hello: (running) => {
          said.hello(running)
          this.#saidHello = true
          if (this.version.readiness.probe.kind === 'none' && this.#running !== null) this.#becomeReady()
        },
        silent: (silentMs) => this.condemn(`its session service said nothing for ${Math.round(silentMs / 1_000)} s`),
      },
    })
    this.#link = link
    // Meanwhile the pod has ended, or we look after it no longer: nobody else would close it.
    if (this.#isLetGo) await link[Symbol.asyncDispose]()
    else if (hasEnded(this.pod)) this.#removeLink()
  }

  #run(running: RuntimePod, isAdopted: boolean): void {
    const atMs = this.#world.clock.nowMs()
    if (this.#isLetGo) return
    if (hasEnded(this.pod)) return void this.#destroy() // It was given up long ago.
    this.#hasLaunched = true
    this.#running = running
    this.#rest.begin(running)
    this.#put({ handle: running.handle })
    void running.ended.then((end) => this.#end(end))
    const { phase, deadlineMs } = this.pod
    if (phase === 'terminating') return running.stop(Math.max(0, (deadlineMs ?? 0) - atMs))
    const phases = this.#phases === null ? {} : { phases: this.#phases }
    if (phase === 'creating')
      this.#apply({ kind: 'started', atMs, readyTimeoutMs: this.version.readiness.timeoutMs, ...phases })
    if (this.#isReady() || phase === 'hibernated') this.#watchLiveness()
    if (isAdopted) void this.#resume()
    else this.#probe()
  }

  async #resume(): Promise<void> {
    try {
      if (this.#usesLink()) await this.#openLink(this.#isReady())
    } catch (error) {
      this.#world.log.error({ err: error, podId: this.pod.podId }, 'the session socket could not be made anew')
      return this.condemn('its session socket could not be made anew')
    }
    await this.#rest.resume()
    if (this.pod.phase === 'creating') this.#probe()
    this.#sessions?.resume()
  }

  #probe(): void {
    const { readiness } = this.version
    if (readiness.probe.kind === 'none' || !this.runtime.hasProcesses) {
      if (!this.#usesLink() || this.#saidHello) this.#becomeReady()
      return
    }
    const ready = (): void => this.#becomeReady()
    this.#probes.awaitReady(() => this.#running, ready)
  }

  #becomeReady(): void {
    if (this.pod.phase !== 'creating') return
    this.#apply({ kind: 'ready', atMs: this.#world.clock.nowMs() })
    this.#running?.noteReady?.()
    this.#watchLiveness()
    if (this.#openCount === 0) return
    this.#apply({ kind: 'occupied' })
    this.#sessions?.podReady()
  }

  /** Whether it still works; asked only while it is awake. */
  #watchLiveness(): void {
    if (!this.runtime.hasProcesses) return
    this.#probes.watch(
      {
        podOf: () => (this.#isReady() && !this.#rest.isOut ? this.#running : null),
        sleepCount: () => this.#rest.sleepCount,
      },
      (reason) => this.condemn(reason, 'unhealthy'),
    )
  }

  /** Ends it, because something is wrong with it. */
  condemn(reason: string, kind: CondemnedFor = 'notReady', graceMs = this.version.terminationGraceMs): void {
    this.#apply({ kind: 'condemned', failure: { kind, reason }, atMs: this.#world.clock.nowMs(), graceMs })
  }

  #end({ exitCode, outOfMemory }: PodEnd): void {
    const { logs } = this.#world
    this.#running = null
    this.#rest.end()
    this.#apply({ kind: 'ended', exitCode, outOfMemory, lastLogLines: logs.lastLines(this.pod.podId, LAST_LOG_LINES) })
  }

  /** Why the event was refused; null: it was taken in, or there was nothing to it. */
  #apply(event: PodEvent): string | null {
    if (this.#isLetGo) return 'the agent stops'
    const before = this.pod
    const result = transition(before, event)
    if (result.kind === 'rejected') return result.why
    if (result.kind === 'ignored') return hasEnded(before) ? 'it has ended' : null
    const { pod } = result
    this.#put({ pod })
    if (isNews(before, pod, event)) this.#world.record.report({ kind: 'pod', pod })
    this.#follow(before, pod)
    return null
  }

  /** Does what a pod's new state asks for. */
  #follow(before: Pod, pod: Pod): void {
    if (before.phase === 'creating' && pod.phase !== 'creating') this.#leaveStarting()
    if (before.deadlineMs !== pod.deadlineMs) this.#watchDeadline()
    if (before.phase !== 'hibernated' && pod.phase === 'hibernated') this.#rest.fallAsleep()
    this.#rest.update()
    if (pod.phase === 'terminating' || hasEnded(pod)) this.#probes.stop()
    if (pod.phase === 'terminating') this.#stopRunning()
    if (hasEnded(pod)) this.#finish()
  }

  #put(change: Partial<LedgerPod>): void {
    if (this.#isLetGo) return
    this.#row = { ...this.#row, ...change }
    this.#world.record.put({ kind: 'putPod', row: this.#row })
  }

  #leaveStarting(): void {
    this.#leaveGate()
    this.#probes.stop()
  }

  #stopRunning(): void {
    this.#rest.stay()
    this.#world.record.afterCommit(() => {
      const graceMs = Math.max(0, (this.pod.deadlineMs ?? 0) - this.#world.clock.nowMs())
      if (this.#hasLaunched) this.#running?.stop(graceMs)
      else this.#apply({ kind: 'startFailed', reason: 'it was asked to end before it started' })
    })
  }

  /** The runtime keeps the deadline of a running pod that ends; a pod that starts has only us. */
  #watchDeadline(): void {
    this.#cancelDeadline()
    this.#cancelDeadline = NOTHING
    const { clock } = this.#world
    const { phase, deadlineMs, createdAtMs } = this.pod
    if (deadlineMs === null) return
    const leftMs = Math.max(0, deadlineMs - clock.nowMs())
    if (phase === 'terminating')
      this.#cancelDeadline = clock.schedule(leftMs + HUNG_START_MS, () => void this.#giveUpStart())
    if (phase !== 'creating') return
    this.#cancelDeadline = clock.schedule(leftMs, () => {
      const afterS = Math.round((clock.nowMs() - createdAtMs) / 100) / 10
      this.condemn(`it was not ready after ${afterS} s: ${lackingOf(this.version.readiness, this.#running !== null)}`)
    })
  }

  /** Its runtime neither starts it nor fails, so there is nothing that could be stopped. */
  async #giveUpStart(): Promise<void> {
    if (this.#running !== null || !this.#hasLaunched || this.#isLetGo) return
    if (await this.#destroy()) this.#apply({ kind: 'startFailed', reason: 'its runtime did not start it' })
    else this.#cancelDeadline = this.#world.clock.schedule(HUNG_START_MS, () => void this.#giveUpStart())
  }

  /** Whether nothing is left of the pod. */
  async #destroy(): Promise<boolean> {
    try {
      await this.runtime.destroyPod(this.pod.podId)
      return true
    } catch (error) {
      this.#world.log.error({ err: error, podId: this.pod.podId }, 'a pod that did not start could not be removed')
      return false
    }
  }

  #finish(): void {
    this.#cancelDeadline()
    this.#world.logs.finish(this.pod.podId)
    this.#sessions?.podEnded()
    this.#world.ports.rest(this.#row.hostPorts)
    this.#removeLink()
    this.#owner.podEnded(this)
    this.#ended?.resolve()
  }

  #removeLink(): void {
    const link = this.#link
    this.#link = null
    this.#world.record.afterCommit(() => void removeLink(link, this.pod.podId, this.#world))
  }

  #sessionClosed(session: NodeSession): void {
    this.#owner.sessionClosed(session)
    const isLast = this.#openCount === 0
    if (isLast) this.#apply({ kind: 'released' })
    else if (session.killPod) this.#apply({ kind: 'spent' }) // Its neighbours stay, for as long as they like.
    const isOver = isLast && (session.killPod || this.pod.isSpent)
    if (isOver && !hasEnded(this.pod)) this.stop(this.version.terminationGraceMs)
  }

  get #openCount(): number {
    return this.#sessions?.openCount ?? 0
  }

  #theSessions(): PodSessions {
    return (this.#sessions ??= new PodSessions(this.#forSessions(), this.#world, []))
  }

  #forSessions(): ConstructorParameters<typeof PodSessions>[0] {
    return {
      podId: this.pod.podId,
      version: this.version,
      runtime: this.runtime,
      isReady: () => this.#isReady(),
      running: () => this.#running,
      link: () => this.#link,
      onClosed: (session) => this.#sessionClosed(session),
      kill: () => this.stop(0),
      wake: () => this.#rest.wake(true),
    }
  }

  #isReady(): boolean {
    return this.pod.phase === 'standby' || this.pod.phase === 'active'
  }

  #usesLink(): boolean {
    return this.version.usesSessionService && this.runtime.hasSessionService
  }

  #order(): PodOrder {
    const { hostPorts, sessionFolder } = this.#row
    return { podId: this.pod.podId, version: this.version, sessionFolder, hostPorts }
  }

  #addLog(): void {
    const { podId } = this.pod
    const folder = podFolderOf(podsFolderOf(this.#world.dataDir, this.runtime.name), podId)
    if (this.runtime.hasProcesses) this.#world.logs.add(podId, folder, this.runtime.logFormat)
  }
}
