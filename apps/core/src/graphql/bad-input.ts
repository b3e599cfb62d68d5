/** What a client wrote and nobody can use, found out by code that knows nothing of GraphQL. */

/** graphql-js hands `extensions` on to the answer. */
export class BadInputError extends Error {
  override readonly name = 'BadInputError'
  readonly extensions = { code: 'BAD_USER_INPUT' } as const
}

/** `message` is for the client: what is wrong, and what to write instead. */
export function badInput(message: string): BadInputError {
  return new BadInputError(message)
}
