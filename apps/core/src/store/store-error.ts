/** What can be wrong with the world below the store. */

/**
 * The database cannot be used: not there, not ours, full, of a newer version. `message` says what is wrong and
 * `remedy` what a person can do about it; both are fit to print. Neither holds a password.
 */
export class StoreUnavailableError extends Error {
  override readonly name = 'StoreUnavailableError'
  readonly remedy: string

  constructor(message: string, remedy: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.remedy = remedy
  }
}

/** More waits to be written than the journal holds. Nothing of the call was recorded. */
export class JournalFullError extends Error {
  override readonly name = 'JournalFullError'
}
