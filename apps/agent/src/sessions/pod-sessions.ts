/**
 * The sessions of one pod: feeds what happens into the pure state machine and
 * does what follows from it.
 *
 *   waiting ──► opening: endpoints are made and the application is told, at the same time
 *   closing: the application is asked ──► clearing: endpoints are taken away ──► closed
 */
import type { Cancel, Clock } from '@fornax/kernel/clock'
import type { Log } from '@fornax/kernel/log'
import type { ApplicationVersion, Endpoint } from '@fornax/node-model/application-version'
import type { CloseSession, StartSession } from '@fornax/node-model/node-command'
import {
  toldPhase,
  transition,
  waitingSession,
  type NodeSession,
  type NodeSessionEvent,
} from '@fornax/node-model/node-session-state'
import type { NodeRecord } from '../ledger/node-record.ts'
import type { PortPool } from '../ports/port-pool.ts'
import type { Runtime, RuntimePod } from '../runtime/runtime.ts'
import type { ApplicationLink, ApplicationListener, RunningSession } from './session-server.ts'

/** The pod that the sessions are in. */
export type SessionsPod = {
  readonly podId: string
  readonly version: ApplicationVersion
  readonly runtime: Runtime
  readonly isReady: () => boolean
  /** Null until it runs, and when it has ended. */
  readonly running: () => RuntimePod | null
  /** Null when the application does not use the session service. */
  readonly link: () => ApplicationLink | null
  readonly onClosed: (session: NodeSession) => void
  /** A session could not be ended in any other way. */
  readonly kill: () => void
  /** Null: it is awake. Otherwise settles when it is, with null, or with why it cannot be woken. */
  readonly wake: () => Promise<string | null> | null
}

export type SessionsWorld = {
  readonly clock: Clock
  readonly log: Log
  readonly record: NodeRecord
  readonly ports: PortPool
}

/** What an application gets to put away a session that it should not have. */
const STRAY_GRACE_MS = 5_000

type Entry = {
  session: NodeSession
  cancelDeadline: Cancel
  /** Settles when no endpoint is being made any more. */
  opening: Promise<void>
  endpoints: readonly Endpoint[] | null
  isApplicationReady: boolean
  isPodAwake: boolean
}

export class PodSessions {
  readonly #pod: SessionsPod
  readonly #world: SessionsWorld
  readonly #usesLink: boolean
  /** Open ones only. */
  readonly #entries = new Map<string, Entry>()

  constructor(pod: SessionsPod, world: SessionsWorld, adopted: readonly NodeSession[]) {
    this.#pod = pod
    this.#world = world
    this.#usesLink = pod.version.usesSessionService && pod.runtime.hasSessionService
    for (const session of adopted) this.#add(session)
  }

  get openCount(): number {
    return this.#entries.size
  }

  list(): readonly NodeSession[] {
    return Array.from(this.#entries.values(), (entry) => entry.session)
  }

  has(sessionId: string): boolean {
    return this.#entries.has(sessionId)
  }

  start({ sessionId, grantEpoch, remainingOpenTimeoutMs, data, env, killPod }: StartSession): void {
    const deadlineMs = this.#world.clock.nowMs() + remainingOpenTimeoutMs
    const birth = { sessionId, podId: this.#pod.podId, grantEpoch, order: { data, env }, deadlineMs, killPod }
    const { session } = this.#add(waitingSession(birth))
    this.#world.record.put({ kind: 'putSession', session })
    this.#world.record.report({ kind: 'session', session })
    if (this.#pod.isReady()) this.#apply(sessionId, { kind: 'podReady' })
  }

  close({ sessionId, graceMs, killPod }: CloseSession): void {
    this.#apply(sessionId, { kind: 'closeRequested', atMs: this.#world.clock.nowMs(), graceMs, killPod })
  }

  /** The pod is ready now: whoever waited for it begins to open. */
  podReady(): void {
    for (const sessionId of this.#entries.keys()) this.#apply(sessionId, { kind: 'podReady' })
  }

  podEnded(): void {
    for (const sessionId of this.#entries.keys()) this.#apply(sessionId, { kind: 'podEnded' })
  }

  /** After an agent's restart: everything that was begun is begun again. */
  resume(): void {
    for (const [sessionId, entry] of this.#entries) {
      if (entry.session.phase === 'waiting' && this.#pod.isReady()) this.#apply(sessionId, { kind: 'podReady' })
      else this.#act(entry)
    }
  }

  /** Looks after the sessions no longer; they go on. */
  letGo(): void {
    for (const entry of this.#entries.values()) entry.cancelDeadline()
    this.#entries.clear() // What is still under way finds nothing to change.
  }

  /** What the application says of its sessions. */
  listener(): Omit<ApplicationListener, 'silent'> {
    return {
      hello: (running) => this.#compare(running),
      opened: (sessionId) => this.#applicationReady(sessionId),
      refused: (sessionId, message) => this.#apply(sessionId, { kind: 'refused', message }),
      clientsCounted: (sessionId, clients) => this.#apply(sessionId, { kind: 'clientsCounted', clients }),
      closed: (sessionId, message) => this.#apply(sessionId, { kind: 'appClosed', message }),
    }
  }

  #add(session: NodeSession): Entry {
    const entry: Entry = {
      session,
      cancelDeadline: () => undefined,
      opening: Promise.resolve(),
      endpoints: null,
      isApplicationReady: !this.#usesLink,
      isPodAwake: true,
    }
    this.#entries.set(session.sessionId, entry)
    this.#watchDeadline(entry)
    return entry
  }

  #apply(sessionId: string, event: NodeSessionEvent): void {
    const entry = this.#entries.get(sessionId)
    if (entry === undefined) return // It has closed; late facts are normal.
    const before = entry.session
    const result = transition(before, event)
    if (result.kind === 'rejected') {
      this.#world.log.warn({ sessionId, podId: before.podId, why: result.why }, 'a session cannot do that')
      return
    }
    if (result.kind === 'ignored') return
    entry.session = result.session
    this.#note(before, entry)
    if (before.deadlineMs !== entry.session.deadlineMs) this.#watchDeadline(entry)
    if (before.phase !== entry.session.phase) this.#act(entry)
    else if (event.kind === 'closeRequested') this.#askToClose(entry.session)
  }

  #note(before: NodeSession, { session }: Entry): void {
    const { record, ports } = this.#world
    record.put({ kind: 'putSession', session })
    if (session.phase === 'closed') ports.rest(before.hostPorts)
    if (isNews(before, session)) record.report({ kind: 'session', session })
  }

  #watchDeadline(entry: Entry): void {
    entry.cancelDeadline()
    const { deadlineMs, sessionId } = entry.session
    if (deadlineMs === null) return
    const { clock } = this.#world
    entry.cancelDeadline = clock.schedule(Math.max(0, deadlineMs - clock.nowMs()), () =>
      // A platform timer may fire a little early; the rule compares exactly.
      this.#apply(sessionId, { kind: 'deadlinePassed', atMs: Math.max(deadlineMs, clock.nowMs()) }),
    )
  }

  /** Does what a session's phase asks for. May be done again. */
  #act(entry: Entry): void {
    const { session } = entry
    const { record } = this.#world
    switch (session.phase) {
      case 'opening':
        record.afterCommit(() => this.#open(entry))
        return
      case 'closing':
        record.afterCommit(() => this.#askToClose(session))
        return
      case 'killing':
        this.#pod.kill()
        return
      case 'clearing':
        void this.#clear(entry)
        return
      case 'closed':
        this.#entries.delete(session.sessionId)
        entry.cancelDeadline()
        this.#pod.onClosed(session)
        return
      default: // `waiting` waits for the pod; `available` and `inUse` need nothing.
    }
  }

  #open(entry: Entry): void {
    if (entry.session.phase !== 'opening') return
    if (this.#usesLink && entry.session.order !== null)
      this.#pod.link()?.open(entry.session.sessionId, entry.session.order)
    const waking = this.#pod.wake() // It is written to first, and finds that when it wakes.
    entry.isPodAwake = waking === null
    if (waking !== null) void waking.then((problem) => this.#podWoke(entry, problem))
    entry.opening = this.#makeEndpoints(entry).catch((error: unknown) => {
      this.#world.log.error({ err: error, sessionId: entry.session.sessionId }, 'endpoints could not be made')
      this.#apply(entry.session.sessionId, { kind: 'refused', message: 'its endpoints could not be made' })
    })
  }

  async #makeEndpoints(entry: Entry): Promise<void> {
    const { sessionId } = entry.session
    const hostPorts = await this.#takePorts(entry)
    const running = this.#pod.running()
    if (running === null || entry.session.phase !== 'opening') return
    if (hostPorts === null) return this.#apply(sessionId, { kind: 'refused', message: 'no host port is free' })
    const result = await running.openEndpoints({ sessionId, hostPorts })
    if (result.kind === 'failed') return this.#apply(sessionId, { kind: 'refused', message: result.reason })
    entry.endpoints = result.endpoints
    this.#completeOpening(entry)
  }

  /** Ports are noted before anything is made of them, so that nothing is left of them after a crash. */
  async #takePorts(entry: Entry): Promise<readonly number[] | null> {
    const { version, runtime } = this.#pod
    const { ports, record } = this.#world
    if (runtime.portsBelongTo === 'pod' || version.ports.length === 0) return []
    if (entry.session.hostPorts.length > 0) return entry.session.hostPorts
    const protocols = version.ports.map((port) => port.protocol)
    const hostPorts = await ports.take(protocols, (port, protocol) => runtime.isPortFree(port, protocol))
    if (hostPorts === null) return null
    if (entry.session.phase === 'opening') this.#apply(entry.session.sessionId, { kind: 'portsTaken', hostPorts })
    else ports.rest(hostPorts)
    await new Promise<void>((resolve) => record.afterCommit(resolve))
    return hostPorts
  }

  #applicationReady(sessionId: string): void {
    const entry = this.#entries.get(sessionId)
    if (entry === undefined) return
    entry.isApplicationReady = true
    this.#completeOpening(entry)
  }

  #podWoke(entry: Entry, problem: string | null): void {
    entry.isPodAwake = problem === null
    if (problem === null) return this.#completeOpening(entry)
    const message = `its pod could not be woken: ${problem}`
    this.#apply(entry.session.sessionId, { kind: 'podDidNotWake', message })
  }

  #completeOpening({ session, endpoints, isApplicationReady, isPodAwake }: Entry): void {
    if (endpoints === null || !isApplicationReady || !isPodAwake) return
    this.#apply(session.sessionId, { kind: 'opened', endpoints })
  }

  #askToClose({ sessionId, deadlineMs }: NodeSession): void {
    const session = this.#entries.get(sessionId)?.session
    if (session?.phase !== 'closing') return
    if (!this.#usesLink) return this.#apply(sessionId, { kind: 'appClosed', message: '' })
    this.#pod.link()?.close(sessionId, Math.max(0, (deadlineMs ?? 0) - this.#world.clock.nowMs()))
  }

  async #clear(entry: Entry): Promise<void> {
    const { sessionId, end } = entry.session
    // Something of our own failed: the application was told of a session that it will never serve.
    if (end === 'startFailed' && this.#usesLink) this.#pod.link()?.close(sessionId, STRAY_GRACE_MS)
    await entry.opening
    try {
      await this.#pod.running()?.closeEndpoints(sessionId)
    } catch (error) {
      this.#world.log.error({ err: error, sessionId }, 'endpoints could not be taken away; the pod is ended')
      return this.#pod.kill()
    }
    if (entry.session.phase === 'clearing') this.#apply(sessionId, { kind: 'cleared' })
  }

  /** The application is (again) connected, and says what it serves. */
  #compare(running: readonly RunningSession[]): void {
    const link = this.#pod.link()
    const byId = new Map(running.map((session) => [session.sessionId, session]))
    for (const { sessionId } of running) if (!this.#entries.has(sessionId)) link?.close(sessionId, STRAY_GRACE_MS)
    for (const { session } of this.#entries.values()) {
      const told = byId.get(session.sessionId)
      if (session.phase === 'opening' && session.order !== null) link?.open(session.sessionId, session.order)
      else if (session.phase === 'closing') this.#askToClose(session)
      else if (told !== undefined) this.#apply(session.sessionId, { kind: 'clientsCounted', clients: told.clientCount })
      // It has ended there: asked to close it, the application says how.
      else if (session.phase !== 'waiting') link?.close(session.sessionId, STRAY_GRACE_MS)
    }
  }
}

/** Whether the core must hear of the change. That endpoints are being taken away is the node's own affair. */
function isNews(before: NodeSession, after: NodeSession): boolean {
  if (after.phase === 'clearing') return false
  return toldPhase(before) !== toldPhase(after) || before.clientCount !== after.clientCount
}
