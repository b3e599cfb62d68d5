/** A way to the API that calls travel on; HTTP and WebSocket differ in how many travel at a time. */
export type Line = {
  /** How many calls may be on their way at a time. */
  readonly capacity: number
  /** Makes a call ready for any line of this kind. */
  prepare(payload: string): string
  /** `done` is called once, whatever happens. */
  send(prepared: string, done: (answer: LineAnswer) => void): void
  close(): void
}

export type LineAnswer =
  | { readonly kind: 'answered'; readonly body: string }
  | { readonly kind: 'failed'; readonly why: string }
