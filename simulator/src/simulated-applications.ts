/**
 * What runs in the pods of a node: applications that use the SDK's own bookkeeping, and behave as their image and
 * the mood of their machine say. They live as long as their pods do, whatever becomes of the agent.
 */
import type { SessionPlaces } from '@fornax/agent/sessions/session-folders'
import type { ApplicationLink, ApplicationListener } from '@fornax/agent/sessions/session-server'
import { SessionBook } from '@fornax/session-sdk/session-book'
import type { Chance } from './chance.ts'
import type { Ground } from './ground.ts'
import type { MachineMood } from './machine-mood.ts'
import type { Peer } from './peer.ts'

export type ApplicationsParts = {
  readonly ground: Ground
  readonly nodeName: string
  readonly mood: () => MachineMood
  readonly isRunning: (podId: string) => boolean
  readonly isFrozen: (podId: string) => boolean
  /** Runs what a frozen pod does next when it is thawed. */
  readonly whenThawed: (podId: string, act: () => void) => void
  /** Told what a session was given, as its application got it. */
  readonly delivered: (sessionId: string, order: Order) => void
}

type Order = Parameters<ApplicationLink['open']>[1]

/** The agent's end of a pod's socket. */
type Socket = { readonly agent: Peer; readonly listener: ApplicationListener; isOpen: boolean }

export class SimulatedApplications {
  readonly #parts: ApplicationsParts
  readonly #running = new Map<string, Application>()
  readonly #sockets = new Map<string, Socket>()

  constructor(parts: ApplicationsParts) {
    this.#parts = parts
  }

  /** The sockets, as an agent opens them. */
  placesFor(agent: Peer): SessionPlaces {
    return {
      pathOf: (podId) => `/nowhere/${podId}`,
      open: ({ podId, listener }) => Promise.resolve(this.#open(podId, { agent, listener, isOpen: true })),
      remove: (podId) => {
        if (agent.life.isAlive) this.#sockets.delete(podId)
      },
      keepOnly: (podIds) => {
        for (const podId of this.#sockets.keys())
          if (agent.life.isAlive && !podIds.has(podId)) this.#sockets.delete(podId)
        return []
      },
    }
  }

  /** A pod's command was started. */
  start(podId: string, image: string): void {
    const application = new Application(podId, image, this.#parts, () => this.#sockets.get(podId) ?? null)
    this.#running.set(podId, application)
    application.connect()
  }

  /** Nothing of a pod is left. */
  forget(podId: string): void {
    this.#running.delete(podId)
  }

  /** The machine has lost its power. */
  forgetAll(): void {
    this.#running.clear()
    this.#sockets.clear()
  }

  /** One of all sessions ends by itself; null when there is none. */
  exitOne(which: number): string | null {
    const sessions = [...this.#running.values()].flatMap((application) =>
      application.sessionIds().map((sessionId) => ({ application, sessionId })),
    )
    const chosen = sessions[which % Math.max(1, sessions.length)]
    chosen?.application.exit(chosen.sessionId)
    return chosen?.sessionId ?? null
  }

  /** One of all applications says nothing any more; null when there is none. */
  muteOne(which: number): string | null {
    const { isRunning, isFrozen } = this.#parts
    const running = [...this.#running].filter(([podId]) => isRunning(podId) && !isFrozen(podId))
    const chosen = running[which % Math.max(1, running.length)]
    chosen?.[1].mute()
    return chosen?.[0] ?? null
  }

  /** Those who did not answer do so now. */
  heal(): void {
    for (const application of this.#running.values()) application.heal()
  }

  #open(podId: string, socket: Socket): ApplicationLink {
    this.#sockets.set(podId, socket)
    const application = (): Application | null => (socket.isOpen ? (this.#running.get(podId) ?? null) : null)
    this.#running.get(podId)?.connect()
    return {
      open: (sessionId, order) => application()?.asked(sessionId, order),
      close: (sessionId) => application()?.askedToClose(sessionId),
      suspend: () => undefined, // The silence of an application is drawn, not measured.
      resume: (heard) => heard(),
      [Symbol.asyncDispose]: () => {
        socket.isOpen = false
        return Promise.resolve()
      },
    }
  }
}

/** So long an application says nothing before its agent gives it up. */
const MUTE_MS = 60_000
/** How long an application takes to connect with an agent. */
const CONNECT_MS = 60
const NEVER_READY = 'never-ready'

class Application {
  readonly #podId: string
  readonly #image: string
  readonly #parts: ApplicationsParts
  readonly #findSocket: () => Socket | null
  readonly #chance: Chance
  readonly #book = new SessionBook()
  /** The agent that has welcomed it. */
  #socket: Socket | null = null
  #silent: (() => void)[] = []
  #isMute = false

  constructor(podId: string, image: string, parts: ApplicationsParts, findSocket: () => Socket | null) {
    this.#podId = podId
    this.#image = image
    this.#parts = parts
    this.#findSocket = findSocket
    this.#chance = parts.ground.chance(`application/${podId}`)
  }

  sessionIds(): string[] {
    return this.#book.running().map(({ sessionId }) => sessionId)
  }

  /** Introduces itself to the agent that is there, after a while. */
  connect(): void {
    if (this.#image === NEVER_READY) return
    this.#later(CONNECT_MS, () => {
      const socket = this.#findSocket()
      if (socket === null || !socket.isOpen || socket === this.#socket) return
      this.#socket = socket
      this.#tell((listener) => listener.hello(this.#book.running()))
    })
  }

  asked(sessionId: string, order: Order): void {
    this.#parts.delivered(sessionId, order)
    const { run } = this.#apply(sessionId, { kind: 'openAsked' })
    if (run?.kind !== 'onOpen') return
    const { openMs, refusing, silent } = this.#parts.mood()
    const isRefused = this.#chance.isHit(refusing)
    const answer = (): void => {
      this.#follow(sessionId, isRefused ? { kind: 'openFailed', message: 'refused' } : { kind: 'opened' })
      if (!isRefused) this.#live(sessionId)
    }
    if (this.#chance.isHit(silent)) return this.#stayAway('application silent', answer)
    if (isRefused) this.#parts.ground.fault('application refusing')
    this.#later(openMs, answer)
  }

  askedToClose(sessionId: string): void {
    this.#follow(sessionId, { kind: 'closeAsked', graceMs: 0 })
  }

  exit(sessionId: string): void {
    this.#follow(sessionId, { kind: 'closeWanted', message: 'done' })
  }

  /** Its agent notices. */
  mute(): void {
    this.#tell((listener) => listener.silent(MUTE_MS))
    this.#isMute = true
  }

  heal(): void {
    const silent = this.#silent
    this.#silent = []
    for (const answer of silent) this.#later(0, answer)
  }

  /** Clients come and go. */
  #live(sessionId: string): void {
    if (!this.#chance.isHit(0.4)) return
    const count = (clients: number): void => this.#follow(sessionId, { kind: 'clientsCounted', clients })
    const comeMs = this.#chance.nextInt(600)
    this.#after(comeMs, () => count(this.#chance.between(1, 3)))
    this.#after(comeMs + this.#chance.nextInt(5_000), () => count(0))
  }

  /** Whatever follows from an event: words to the agent, and putting a session away. */
  #follow(sessionId: string, event: Parameters<SessionBook['apply']>[1]): void {
    const { run } = this.#apply(sessionId, event)
    if (run?.kind !== 'onClose') return
    const { closeMs, silent } = this.#parts.mood()
    const done = (): void => this.#follow(sessionId, { kind: 'closeDone', problem: '' })
    if (this.#chance.isHit(silent)) return this.#stayAway('application not closing', done)
    this.#later(closeMs, done)
  }

  #apply(sessionId: string, event: Parameters<SessionBook['apply']>[1]): ReturnType<SessionBook['apply']> {
    const consequence = this.#book.apply(sessionId, event)
    const { say } = consequence
    switch (say?.kind) {
      case 'opened':
        this.#tell((listener) => listener.opened(sessionId))
        break
      case 'refused':
        this.#tell((listener) => listener.refused(sessionId, say.message))
        break
      case 'closed':
        this.#tell((listener) => listener.closed(sessionId, say.message))
        break
      case 'clientCount':
        this.#tell((listener) => listener.clientsCounted(sessionId, say.clients))
        break
      default:
    }
    return consequence
  }

  /** Over a socket, at once and in order; what is said to an agent that is gone is lost. */
  #tell(say: (listener: ApplicationListener) => void): void {
    const socket = this.#socket
    if (socket === null || !socket.isOpen || this.#isMute) return
    this.#parts.ground.clock.schedule(0, () => {
      if (socket.isOpen) socket.agent.life.enter(() => say(socket.listener))
    })
  }

  #stayAway(kind: string, answer: () => void): void {
    this.#parts.ground.fault(kind)
    this.#silent.push(answer)
  }

  #later(mostMs: number, act: () => void): void {
    this.#after(mostMs === 0 ? 0 : this.#chance.nextInt(mostMs + 1), act)
  }

  #after(delayMs: number, act: () => void): void {
    this.#parts.ground.clock.schedule(delayMs, () => {
      const { isRunning, isFrozen, whenThawed } = this.#parts
      if (!isRunning(this.#podId)) return
      if (isFrozen(this.#podId)) whenThawed(this.#podId, () => this.#after(0, act))
      else act()
    })
  }
}
