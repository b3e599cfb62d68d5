/**
 * Top-level errors: what is wrong with the request, not with what it asked for (that is a problem, as data).
 * What we did not expect is logged, and shown as INTERNAL with an id to find it in the log by.
 */
import { randomUUID } from 'node:crypto'
import type { Log } from '@fornax/kernel/log'
import { GraphQLError, type GraphQLFormattedError } from 'graphql'
import type { Operation } from '../tenants/access-rules.ts'
import type { Role } from '../tenants/tenant.ts'

export function unauthenticated(hasToken: boolean): GraphQLError {
  const message = hasToken
    ? 'This token is not known here, or was revoked; ask for a new one.'
    : 'A token is needed: send the header "Authorization: Bearer <token>".'
  const headers = new Map([['www-authenticate', 'Bearer']])
  return new GraphQLError(message, { extensions: { code: 'UNAUTHENTICATED', http: { status: 401, headers } } })
}

export function forbidden(operation: Operation, needed: Role): GraphQLError {
  return new GraphQLError(`${operation} needs the role ${needed.toUpperCase()}.`, { extensions: { code: 'FORBIDDEN' } })
}

export function limitExceeded(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'LIMIT_EXCEEDED' } })
}

/** There is no log to read now. */
export function logUnavailable(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'LOG_UNAVAILABLE' } })
}

/** Codes that we give, and those that Apollo gives to malformed requests. */
const PUBLIC_CODES: ReadonlySet<unknown> = new Set([
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'BAD_USER_INPUT',
  'LIMIT_EXCEEDED',
  'LOG_UNAVAILABLE',
  'RATE_LIMITED',
  'UNTRUSTED_DOCUMENT',
  'BAD_REQUEST',
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'OPERATION_RESOLUTION_FAILURE',
  'PERSISTED_QUERY_NOT_SUPPORTED',
])

/** Where the rest of an error goes, and whether clients may be told what else there is in the schema. */
export type ErrorMask = { readonly log: Log; readonly isProduction: boolean }

const SUGGESTION = / ?Did you mean .*\?$/

/** What a client may see of an error. */
export function toPublicError(
  formatted: GraphQLFormattedError,
  error: unknown,
  { log, isProduction }: ErrorMask,
): GraphQLFormattedError {
  const code = formatted.extensions?.['code']
  if (PUBLIC_CODES.has(code)) {
    const { locations, path } = formatted
    const message = isProduction ? formatted.message.replace(SUGGESTION, '') : formatted.message
    return { message, ...(locations && { locations }), ...(path && { path }), extensions: { code } }
  }
  const requestId = randomUUID()
  log.error({ err: causeOf(error), path: formatted.path, requestId }, 'a request failed unexpectedly')
  const message = 'Something went wrong in the core; its log has more under this request id.'
  return { message, ...(formatted.path && { path: formatted.path }), extensions: { code: 'INTERNAL', requestId } }
}

/** As `toPublicError`, for a result that graphql-js made and no server looked at: over WebSocket. */
export function toPublicErrors(errors: readonly GraphQLError[], mask: ErrorMask): readonly GraphQLFormattedError[] {
  return errors.map((error) => {
    const formatted = error.toJSON()
    const extensions = isOfRequest(error) ? { code: 'BAD_USER_INPUT' } : formatted.extensions
    return toPublicError({ ...formatted, ...(extensions && { extensions }) }, error, mask)
  })
}

/** Whether graphql-js refused the request before it called anything of ours, as for a variable of the wrong type. */
function isOfRequest({ path, originalError, extensions }: GraphQLError): boolean {
  const isItsOwn = originalError === undefined || originalError instanceof GraphQLError
  return isItsOwn && path === undefined && extensions['code'] === undefined
}

function causeOf(error: unknown): unknown {
  return error instanceof GraphQLError ? (error.originalError ?? error) : error
}
