/** What can be wrong with the world below the store. */

/**
 * The database cannot be used: not there, not ours, full, of a newer version. The message says what is wrong and what
 * a person can do about it, and is fit to print. It never holds a password.
 */
export class StoreUnavailableError extends Error {
  override readonly name = 'StoreUnavailableError'
  /** The second half of the message: what to do. */
  readonly remedy: string

  constructor(problem: string, remedy: string, cause?: unknown) {
    super(`${problem} ${remedy}`, cause === undefined ? undefined : { cause })
    this.remedy = remedy
  }
}

/** More waits to be written than the journal holds. Nothing of the call was recorded. */
export class JournalFullError extends Error {
  override readonly name = 'JournalFullError'
}
