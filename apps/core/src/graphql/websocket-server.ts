/**
 * graphql-transport-ws over `ws`. The protocol is graphql-ws'; here is what it leaves to its host: who is
 * connected, how much they may ask for, what they may see of errors, and when they are gone.
 */
import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { invariant } from '@fornax/kernel/assert'
import { Caller } from '@fornax/kernel/caller'
import type { Clock } from '@fornax/kernel/clock'
import type { Log } from '@fornax/kernel/log'
import { execute, type ExecutionArgs, type ExecutionResult, type GraphQLError, type GraphQLSchema } from 'graphql'
import {
  CloseCode,
  handleProtocols,
  makeServer,
  type Context,
  type OperationResult,
  type Server,
  type SubscribePayload,
} from 'graphql-ws'
import { WebSocketServer, type RawData, type WebSocket } from 'ws'
import { z } from 'zod'
import type { Viewer } from '../tenants/tenant.ts'
import { authenticate } from './authentication.ts'
import { requestContext } from './context.ts'
import type { CorePort } from './core-port.ts'
import { checkDocument, type DocumentStore } from './documents.ts'
import { limitExceeded, toPublicErrors, unauthenticated, type ErrorMask } from './errors.ts'
import { introspectionProblem, rateLimited, type Gate } from './gate.ts'
import { BODY_BYTES_MAX, SOCKET_OPERATIONS_MAX, SOCKET_UNREAD_BYTES_MAX } from './limits.ts'
import type { OperationPlans } from './operation-plans.ts'
import { SocketOutbox } from './socket-outbox.ts'
import { SocketPulse } from './socket-pulse.ts'
import { SubscriptionAnswers, type SubscriptionArgs } from './subscription-answers.ts'
import type { Feeds } from './watch-feeds.ts'

export type WebSocketOptions = {
  readonly core: CorePort
  readonly feeds: Feeds
  readonly schema: GraphQLSchema
  readonly documents: DocumentStore
  readonly plans: OperationPlans
  readonly isProduction: boolean
  readonly gate: Gate
  readonly initTimeoutMs: number
}

const TIMER_MS_MAX = 2 ** 31 - 1
/** Of RFC 6455's registry of close codes. */
const TRY_AGAIN_LATER = 1013
/** How long a client has to say goodbye. */
const CLOSE_MS = 1_000

/** Who is on a socket, and which of their operations still run. */
type Extra = {
  readonly socket: WebSocket
  /** What carries it. */
  readonly stream: Duplex
  readonly authorization: string | undefined
  /** The address of the client. */
  readonly source: string | null
  readonly callers: Map<string, Caller>
  /** By operation: it is over, for who counts those of its tenant. */
  readonly leaves: Map<string, () => void>
  viewer: Viewer | null
}

type Subscribed = { readonly args: SubscriptionArgs; readonly deliver: (answer: string) => Promise<void> | undefined }

type SocketContext = Context<Record<string, unknown>, Extra>

export class GraphqlWebSockets {
  readonly #options: WebSocketOptions
  readonly #protocol: Server<Extra>
  readonly #sockets: WebSocketServer
  readonly #pulse: SocketPulse
  readonly #outbox: SocketOutbox
  readonly #answers: SubscriptionAnswers
  /** What was checked, and how its answers reach the client. */
  readonly #subscribed = new WeakMap<ExecutionArgs, Subscribed>()

  constructor(options: WebSocketOptions) {
    this.#options = options
    this.#answers = new SubscriptionAnswers(options.plans, this.#mask)
    this.#protocol = makeServer<Record<string, unknown>, Extra>({
      connectionInitWaitTimeout: options.initTimeoutMs,
      onConnect: (context) => this.#connect(context),
      onSubscribe: (context, id, payload) => this.#subscribe(context, id, payload),
      subscribe: (args) => this.#watch(args),
      execute: (args) => this.#execute(args),
      onNext: (...[, , , , { data, errors }]) =>
        errors && { ...(data !== undefined && { data }), errors: toPublicErrors(errors, this.#mask) },
      onError: (context, id, _payload, errors) => {
        this.#ended(context.extra, id)
        return toPublicErrors(errors, this.#mask)
      },
      onComplete: (context, id) => this.#ended(context.extra, id),
    })
    this.#sockets = new WebSocketServer({ noServer: true, maxPayload: BODY_BYTES_MAX, handleProtocols })
    this.#outbox = new SocketOutbox(options.core.clock)
    this.#pulse = new SocketPulse(options.core.clock)
  }

  /** Makes a socket of an upgrade request. */
  upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void {
    this.#sockets.handleUpgrade(request, stream, head, (socket) => this.#accept(socket, stream, request))
  }

  /** Says goodbye to everybody, and pings nobody any more. */
  async stop(): Promise<void> {
    this.#pulse[Symbol.dispose]()
    const closed = [...this.#sockets.clients].map((socket) => this.#sayGoodbye(socket, 1001, 'Going away'))
    await Promise.all(closed)
    this.#sockets.close()
  }

  get #clock(): Clock {
    return this.#options.core.clock
  }

  get #log(): Log {
    return this.#options.core.log
  }

  get #mask(): ErrorMask {
    return { log: this.#log, isProduction: this.#options.isProduction }
  }

  #accept(socket: WebSocket, stream: Duplex, request: IncomingMessage): void {
    const { authorization } = request.headers
    const source = request.socket.remoteAddress ?? null
    const extra: Extra = { socket, stream, authorization, source, callers: new Map(), leaves: new Map(), viewer: null }
    this.#pulse.add(socket)
    socket.on('error', (error) => this.#log.debug({ err: error }, 'a socket failed'))
    const closed = this.#protocol.opened(
      {
        protocol: socket.protocol,
        send: (text) => this.#outbox.send(extra, text),
        close: (code, reason) => socket.close(code, reason),
        onMessage: (handle) => socket.on('message', (data) => void this.#receive(extra, data, handle)),
      },
      extra,
    )
    socket.once('close', (code, reason) => {
      for (const caller of extra.callers.values()) caller.leave()
      for (const leave of extra.leaves.values()) leave()
      closed(code, reason.toString()).catch((cause: unknown) => this.#fail(extra, cause))
    })
  }

  #ended({ callers, leaves }: Extra, id: string): void {
    callers.delete(id)
    leaves.get(id)?.()
    leaves.delete(id)
  }

  async #receive(extra: Extra, data: RawData, handle: (text: string) => Promise<void>): Promise<void> {
    const text = toText(data)
    if (extra.socket.bufferedAmount > SOCKET_UNREAD_BYTES_MAX) return extra.socket.terminate()
    const completed = completedOperation(text)
    if (completed !== null) extra.callers.get(completed)?.leave()
    try {
      await handle(text)
    } catch (cause) {
      this.#fail(extra, cause)
    }
  }

  async #connect({ connectionParams, extra }: SocketContext): Promise<boolean> {
    const given = connectionParams?.['authorization'] ?? connectionParams?.['Authorization']
    const known = authenticate(this.#options.core.tenants, given ?? extra.authorization)
    // No turn passes between a token that is known and the watch over its end.
    const who = known instanceof Promise ? await known : known
    if (who.kind === 'unknown') return false
    const leave = this.#options.gate.traffic.connect(who.viewer)
    if (leave === null) {
      extra.socket.close(TRY_AGAIN_LATER, 'Your tenant has too many sockets; close some of them.')
      return false
    }
    extra.socket.once('close', leave)
    if (extra.socket.readyState === extra.socket.CLOSED) leave()
    extra.viewer = who.viewer
    this.#endWith(who.viewer, extra.socket)
    return true
  }

  /** A socket lasts no longer than what its client showed: revoked, or over. */
  #endWith(viewer: Viewer, socket: WebSocket): void {
    const end = (reason: string): void => void this.#sayGoodbye(socket, CloseCode.Forbidden, reason)
    const cancel = this.#options.core.tenants.onEnded(viewer, () => end('The token was revoked'))
    socket.once('close', cancel)
    if (viewer.expiresAtMs === undefined) return
    const leftMs = viewer.expiresAtMs - this.#clock.nowMs()
    // A timer holds no more than 24 days; nobody keeps a socket that long.
    const cancelTimer = this.#clock.schedule(Math.min(leftMs, TIMER_MS_MAX), () => end('The token has ended'))
    socket.once('close', cancelTimer)
  }

  #subscribe(
    { extra, subscriptions }: SocketContext,
    id: string,
    payload: SubscribePayload,
  ): ExecutionArgs | readonly GraphQLError[] {
    const { core, feeds, schema, documents, gate } = this.#options
    const { viewer } = extra
    if (viewer === null) return [unauthenticated(false)]
    if (Object.keys(subscriptions).length > SOCKET_OPERATIONS_MAX)
      return [limitExceeded(`One socket may run ${SOCKET_OPERATIONS_MAX} operations at a time.`)]
    const waitMs = gate.traffic.waitMs(viewer)
    if (waitMs > 0) return [rateLimited(waitMs)]
    const meant = gate.trusted === null ? null : gate.trusted.resolve(payload)
    if (meant?.kind === 'refused') return [meant.error]
    const query = meant?.query ?? payload.query
    const refusal = introspectionProblem(query, viewer, gate.introspection)
    if (refusal) return [refusal]
    const checked = checkDocument(documents, schema, query)
    if (checked.kind === 'invalid') return checked.errors
    const leave = gate.traffic.enter(viewer)
    if (leave === null) return [limitExceeded('Your tenant has too many operations under way; end some of them.')]
    const caller = new Caller()
    extra.callers.set(id, caller)
    extra.leaves.set(id, leave)
    const args = {
      schema,
      document: checked.document,
      operationName: payload.operationName,
      variableValues: payload.variables,
      contextValue: requestContext({ core, feeds }, viewer, {
        caller,
        origin: { source: extra.source, requestId: randomUUID() },
      }),
    }
    const head = `{"id":${JSON.stringify(id)},"type":"next","payload":`
    this.#subscribed.set(args, { args, deliver: (answer) => this.#outbox.send(extra, `${head}${answer}}`) })
    return args
  }

  /** Sends each answer itself, as text that readers share; what graphql-ws would send are objects. */
  #watch(args: ExecutionArgs): OperationResult {
    const subscribed = this.#askedWith(args)
    return this.#answers.subscribe(subscribed.args, subscribed.deliver)
  }

  async #execute(args: ExecutionArgs): Promise<ExecutionResult> {
    const data = await this.#options.plans.data(this.#askedWith(args).args)
    return data === null ? execute(args) : { data }
  }

  #askedWith(args: ExecutionArgs): Subscribed {
    const subscribed = this.#subscribed.get(args)
    invariant(subscribed, 'what is executed was subscribed to')
    return subscribed
  }

  #fail({ socket }: Extra, cause: unknown): void {
    this.#log.error({ err: cause }, 'a message over WebSocket failed unexpectedly')
    socket.close(CloseCode.InternalServerError, 'Internal server error')
  }

  #sayGoodbye(socket: WebSocket, code: number, reason: string): Promise<void> {
    return new Promise((resolve) => {
      if (socket.readyState === socket.CLOSED) return resolve()
      const cancel = this.#clock.schedule(CLOSE_MS, () => socket.terminate())
      socket.once('close', () => {
        cancel()
        resolve()
      })
      socket.close(code, reason)
    })
  }
}

function toText(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString()
  return data instanceof ArrayBuffer ? Buffer.from(data).toString() : data.toString()
}

const completeMessage = z.object({ type: z.literal('complete'), id: z.string() })
/** A complete message holds an id and no more. */
const COMPLETE_CHARACTERS_MAX = 512

/** The operation that a client gives up with this message; graphql-ws tells only when the operation has ended. */
function completedOperation(text: string): string | null {
  if (text.length > COMPLETE_CHARACTERS_MAX || !text.includes('"complete"')) return null
  try {
    return completeMessage.safeParse(JSON.parse(text)).data?.id ?? null
  } catch {
    return null // Not JSON: graphql-ws closes the socket for it.
  }
}
