/** What clients are told when there is no log to read: its node is not connected, left meanwhile, or has none. */
export class PodLogUnavailableError extends Error {
  override readonly name = 'PodLogUnavailableError'

  /** `why` completes the sentence "The log of pod … cannot be read: …". */
  constructor(podId: string, why: string) {
    super(`The log of pod ${podId} cannot be read: ${why}.`)
  }
}
