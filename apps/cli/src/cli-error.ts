/** Everything a command can fail with, in words for a person: what is wrong, and what to do next. */
import { ClientError, type ClientFailure } from '@fornax/client/client-error'
import { unreachable } from '@fornax/kernel/assert'
import type { Connection } from './connection-choice.ts'

export class CliError extends Error {
  override readonly name = 'CliError'
  /** What to do next; null when the message says it. */
  readonly remedy: string | null

  constructor(message: string, remedy: string | null = null, options?: ErrorOptions) {
    super(message, options)
    this.remedy = remedy
  }
}

/** The lines that stand for an error on the standard error output. */
export function formatError(error: unknown, connection: Connection | null): string {
  if (error instanceof AggregateError) {
    const texts = error.errors.map((one: unknown) => formatError(one, connection))
    return [...new Set(texts)].join('')
  }
  const known = error instanceof ClientError ? fromFailure(error.failure, connection) : error
  if (known instanceof CliError) {
    const remedy = known.remedy === null ? '' : `${indent(known.remedy)}\n`
    return `error: ${known.message}\n${remedy}`
  }
  const text = known instanceof Error ? (known.stack ?? known.message) : String(known)
  return `error: this is a mistake in the fornax command itself:\n${indent(text)}\n`
}

function fromFailure(failure: ClientFailure, connection: Connection | null): CliError {
  switch (failure.kind) {
    case 'unreachable':
      return new CliError(
        `no answer from ${failure.url} (${failure.message}; the address is from ${connection?.urlSource ?? 'nowhere'})`,
        'Is Fornax running? Start it with: npm start\nAnother server is named with --server or FORNAX_API_URL.',
      )
    case 'unauthenticated':
      return new CliError(`not let in: ${failure.message}`, tokenRemedy(connection))
    case 'graphql':
      return new CliError(
        failure.errors.map((error) => error.message).join('\n'),
        failure.code === 'FORBIDDEN' ? 'Your token may not do this; ask for one of another role.' : null,
      )
    case 'unexpectedAnswer':
      return new CliError(
        `${failure.url} is not a Fornax API: status ${failure.status}, ${failure.message}`,
        `The address is from ${connection?.urlSource ?? 'nowhere'}; name another with --server or FORNAX_API_URL.`,
      )
    case 'tooSlow':
      return new CliError('the server sent more than could be read', 'Ask for less, or run the command again.')
    default:
      return unreachable(failure)
  }
}

function tokenRemedy(connection: Connection | null): string {
  if (connection === null || connection.tokenSource === null)
    return 'No token was given: use --token or FORNAX_TOKEN, or run this where the data folder of Fornax is.'
  return `The token is from ${connection.tokenSource}; give another with --token or FORNAX_TOKEN.`
}

function indent(text: string): string {
  return text
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n')
}
