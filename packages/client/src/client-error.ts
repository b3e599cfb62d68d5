/** What can go wrong between a client and the API, apart from the problems that a payload carries as data. */
import { unreachable } from '@fornax/kernel/assert'

/** One entry of the `errors` of a GraphQL answer. */
export type GraphqlError = { readonly message: string; readonly code: string | null; readonly path: string | null }

export type ClientFailure =
  /** No token was given, or the server does not know it. */
  | { readonly kind: 'unauthenticated'; readonly message: string }
  /** Nothing answered at this address, or the connection was lost. */
  | { readonly kind: 'unreachable'; readonly url: string; readonly message: string }
  /** The server refused the operation, or failed in it. `code` is that of the first error. */
  | { readonly kind: 'graphql'; readonly code: string | null; readonly errors: readonly GraphqlError[] }
  /** Something answered, but not as a GraphQL server does. */
  | { readonly kind: 'unexpectedAnswer'; readonly url: string; readonly status: number; readonly message: string }
  /** The reader of a subscription did not keep up with what the server sent. */
  | { readonly kind: 'tooSlow'; readonly limit: number }

/** The one error that this package throws, apart from the reason of an abort. */
export class ClientError extends Error {
  override readonly name = 'ClientError'
  readonly failure: ClientFailure

  constructor(failure: ClientFailure, options?: ErrorOptions) {
    super(describeFailure(failure), options)
    this.failure = failure
  }
}

/** Whether the same call may succeed later without anybody changing anything. */
export function isTransient(failure: ClientFailure): boolean {
  switch (failure.kind) {
    case 'unreachable':
    case 'tooSlow':
      return true
    case 'graphql':
      return failure.code === 'INTERNAL' || failure.code === 'INTERNAL_SERVER_ERROR'
    case 'unexpectedAnswer':
      return failure.status >= 500
    case 'unauthenticated':
      return false
    default:
      return unreachable(failure)
  }
}

/** The failure inside whatever was thrown. Anything that is not ours is a lost connection: it came from the network. */
export function failureOf(error: unknown, url: string): ClientFailure {
  if (error instanceof ClientError) return error.failure
  return { kind: 'unreachable', url, message: rootMessage(error) }
}

/** The failure that the `errors` of an answer stand for. */
export function failureOfErrors(errors: readonly unknown[]): ClientFailure {
  const parsed = errors.map(parseGraphqlError)
  const first = parsed[0]
  if (first?.code === 'UNAUTHENTICATED') return { kind: 'unauthenticated', message: first.message }
  return { kind: 'graphql', code: first?.code ?? null, errors: parsed }
}

function describeFailure(failure: ClientFailure): string {
  switch (failure.kind) {
    case 'unauthenticated':
      return failure.message
    case 'unreachable':
      return `no answer from ${failure.url}: ${failure.message}`
    case 'graphql':
      return failure.errors.map((error) => error.message).join('; ')
    case 'unexpectedAnswer':
      return `${failure.url} answered ${failure.status}, not as a GraphQL server does: ${failure.message}`
    case 'tooSlow':
      return `more than ${failure.limit} events of a subscription wait to be read`
    default:
      return unreachable(failure)
  }
}

function parseGraphqlError(error: unknown): GraphqlError {
  if (!isRecord(error)) return { message: String(error), code: null, path: null }
  const extensions = isRecord(error['extensions']) ? error['extensions'] : {}
  return {
    message: typeof error['message'] === 'string' ? error['message'] : 'unknown error',
    code: typeof extensions['code'] === 'string' ? extensions['code'] : null,
    path: Array.isArray(error['path']) ? error['path'].join('.') : null,
  }
}

/** The innermost reason: `fetch failed` alone helps nobody. */
function rootMessage(error: unknown): string {
  let current = error
  for (let depth = 0; depth < 5; depth += 1) {
    const inner = innerReason(current)
    if (inner === undefined) break
    current = inner
  }
  if (isRecord(current) && typeof current['message'] === 'string' && current['message'] !== '')
    return current['message']
  if (isRecord(current) && typeof current['code'] === 'string') return current['code']
  return 'the connection was lost'
}

function innerReason(error: unknown): unknown {
  if (!isRecord(error)) return undefined
  const several = error['errors']
  return error['cause'] ?? error['error'] ?? (Array.isArray(several) ? several[0] : undefined) ?? undefined
}

/** Whether its fields may be read by name. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}
