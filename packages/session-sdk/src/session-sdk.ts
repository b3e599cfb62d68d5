/**
 * What an application links against to serve Fornax sessions. See README.md for
 * an example of twenty lines.
 */
import { unreachable } from '@fornax/kernel/assert'
import { systemClock, type Clock } from '@fornax/kernel/clock'
import { AgentLink, type Demand, type Statement } from './agent-link.ts'
import { SessionBook } from './session-book.ts'
import type { Run, Saying, SessionEvent, SessionPhase } from './session-state.ts'

/** One use of this application, from open to close. */
export type Session = {
  readonly id: string
  /** Byte for byte what the client gave when it opened the session. */
  readonly data: Uint8Array
  /** The environment of this session, which came with it; the process's own stays as it is. */
  readonly env: Readonly<Record<string, string>>
  /** Where the session is in its life. */
  readonly phase: SessionPhase
  readonly clientCount: number
  /** Aborted as soon as the session begins to close. */
  readonly closing: AbortSignal
  /** Says how many clients are connected now. Above zero the session counts as in use. */
  setClientCount(clients: number): void
  /**
   * Closes the session from inside, with a message for people. Resolves when
   * `onClose` has run, so do not await it inside `onOpen` or `onClose`.
   */
  close(message?: string): Promise<void>
}

/** How a session is to be closed. */
export type CloseTerms = {
  /** How long the application may take; infinite when it closes the session by itself. */
  readonly graceMs: number
}

/** What an application does for its sessions. */
export type ServeOptions = {
  /** Makes the session ready for its clients. To throw refuses it, with the error's message. */
  readonly onOpen: (session: Session) => void | Promise<void>
  /** Puts everything away that belongs to the session. */
  readonly onClose?: (session: Session, terms: CloseTerms) => void | Promise<void>
  /** Hears what went wrong where no call of yours could: an agent that is away, an `onClose` that threw. */
  readonly onProblem?: (problem: Error) => void
  /** Whether to go on without any session when this process was not started by Fornax. */
  readonly standalone?: boolean
  /** Default: the environment variable FORNAX_SESSION_SOCKET. */
  readonly socketPath?: string
  readonly clock?: Clock
}

/** The sessions of this application, for as long as it is not disposed of. */
export type SessionServer = AsyncDisposable & {
  /** Those that have not ended, oldest first. */
  sessions(): readonly Session[]
}

/** Thrown when this process was not started by Fornax. */
export class NotInFornaxError extends Error {
  override readonly name = 'NotInFornaxError'
}

/** Says which SDK speaks, to the agent. */
const SDK_VERSION = 'node/0.1.0'

/** Longer messages are cut: they are for people, and travel with every report of the session. */
const MESSAGE_LETTERS_MAX = 1_000

/** Begins to serve sessions. The application should be listening by now, so that clients can come. */
export function serve(options: ServeOptions): SessionServer {
  const socketPath = options.socketPath ?? process.env['FORNAX_SESSION_SOCKET'] ?? ''
  if (socketPath !== '') return new LinkedSessions(options, socketPath)
  if (options.standalone === true) return { sessions: () => [], [Symbol.asyncDispose]: async () => {} }
  throw new NotInFornaxError(
    'FORNAX_SESSION_SOCKET is not set, so there is no Fornax agent to take sessions from. ' +
      'Start this application as a pod of Fornax, or call serve({ standalone: true, … }) to run it without sessions.',
  )
}

class LinkedSessions implements SessionServer {
  readonly #options: ServeOptions
  readonly #book = new SessionBook()
  readonly #sessions = new Map<string, ServedSession>()
  readonly #link: AgentLink

  constructor(options: ServeOptions, socketPath: string) {
    this.#options = options
    this.#link = new AgentLink({
      socketPath,
      clock: options.clock ?? systemClock,
      hello: () => ({ sdkVersion: SDK_VERSION, sessions: [...this.#book.running()] }),
      onDemand: (demand) => this.#onDemand(demand),
      onProblem: (problem) => options.onProblem?.(problem),
    })
  }

  sessions(): readonly Session[] {
    return [...this.#sessions.values()]
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#link[Symbol.asyncDispose]()
  }

  #onDemand(demand: Demand): void {
    const id = demand.value.sessionId
    if (demand.$case === 'close') return this.#apply(id, { kind: 'closeAsked', graceMs: demand.value.graceMs })
    if (this.#book.stateOf(id) === null) {
      const { data, env } = demand.value
      // A copy: the buffer on the wire is a window into a larger one, and a Buffer is not quite a Uint8Array.
      const content = { id, data: Uint8Array.from(data), env: Object.freeze({ ...env }) }
      this.#sessions.set(id, new ServedSession(content, this.#book, (event) => this.#apply(id, event)))
    }
    this.#apply(id, { kind: 'openAsked' })
  }

  #apply(id: string, event: SessionEvent): void {
    const { say, run } = this.#book.apply(id, event)
    const session = this.#sessions.get(id)
    const state = this.#book.stateOf(id)
    if (session !== undefined && state !== null) {
      if (isEnding(state)) session.markClosing()
      if (state.phase === 'closed') {
        this.#sessions.delete(id)
        session.markClosed()
      }
    }
    if (say !== null) this.#link.say(toStatement(id, say))
    if (run !== null && session !== undefined) void this.#run(session, run)
  }

  async #run(session: ServedSession, run: Run): Promise<void> {
    if (run.kind === 'onOpen') return this.#runOpen(session)
    const problem = await failureOf(() => this.#options.onClose?.(session, { graceMs: run.graceMs }))
    if (problem !== null) {
      this.#options.onProblem?.(new Error(`onClose of session ${session.id} failed`, { cause: problem }))
    }
    this.#apply(session.id, {
      kind: 'closeDone',
      problem: problem === null ? '' : `onClose failed: ${wordsOf(problem)}`,
    })
  }

  async #runOpen(session: ServedSession): Promise<void> {
    const problem = await failureOf(() => this.#options.onOpen(session))
    const event: SessionEvent =
      problem === null ? { kind: 'opened' } : { kind: 'openFailed', message: wordsOf(problem) }
    this.#apply(session.id, event)
  }
}

/** A session as the application holds it. It reads its phase from the book, which alone knows. */
class ServedSession implements Session {
  readonly id: string
  readonly data: Uint8Array
  readonly env: Readonly<Record<string, string>>
  readonly #book: SessionBook
  readonly #tell: (event: SessionEvent) => void
  readonly #closing = new AbortController()
  readonly #closed = Promise.withResolvers<void>()

  constructor(
    content: { readonly id: string; readonly data: Uint8Array; readonly env: Readonly<Record<string, string>> },
    book: SessionBook,
    tell: (event: SessionEvent) => void,
  ) {
    this.id = content.id
    this.data = content.data
    this.env = content.env
    this.#book = book
    this.#tell = tell
  }

  get phase(): SessionPhase {
    return this.#book.stateOf(this.id)?.phase ?? 'closed'
  }

  get clientCount(): number {
    const state = this.#book.stateOf(this.id)
    return state === null || state.phase === 'closed' ? 0 : state.clients
  }

  get closing(): AbortSignal {
    return this.#closing.signal
  }

  setClientCount(clients: number): void {
    if (!Number.isInteger(clients) || clients < 0 || clients > 0xffff_ffff) {
      throw new RangeError(`a client count is a whole number from 0 on, not ${clients}`)
    }
    if (this.phase !== 'closed') this.#tell({ kind: 'clientsCounted', clients })
  }

  close(message = ''): Promise<void> {
    if (this.phase !== 'closed') this.#tell({ kind: 'closeWanted', message: message.slice(0, MESSAGE_LETTERS_MAX) })
    return this.#closed.promise
  }

  markClosing(): void {
    if (!this.#closing.signal.aborted) this.#closing.abort(new Error(`session ${this.id} is closing`))
  }

  markClosed(): void {
    this.#closed.resolve()
  }
}

function isEnding(state: NonNullable<ReturnType<SessionBook['stateOf']>>): boolean {
  return state.phase === 'opening' ? state.wish !== null : state.phase !== 'open'
}

function toStatement(sessionId: string, say: Saying): Statement {
  switch (say.kind) {
    case 'opened':
      return { $case: 'opened', value: { sessionId } }
    case 'clientCount':
      return { $case: 'clientCount', value: { sessionId, clients: say.clients } }
    case 'refused':
      return { $case: 'refused', value: { sessionId, message: say.message } }
    case 'closed':
      return { $case: 'closed', value: { sessionId, message: say.message } }
    default:
      return unreachable(say)
  }
}

/** Runs a function of the application's, which may throw whatever it likes, at once or later. */
async function failureOf(work: () => void | Promise<void>): Promise<unknown> {
  try {
    await work()
    return null
  } catch (failure) {
    return failure ?? new Error('unknown failure')
  }
}

function wordsOf(failure: unknown): string {
  const words = failure instanceof Error ? failure.message : String(failure)
  return (words === '' ? 'failed without a message' : words).slice(0, MESSAGE_LETTERS_MAX)
}
