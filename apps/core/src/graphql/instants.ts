/** Instants as clients write them. */

/** Milliseconds since the epoch of what a client sent as an instant; null when it is none. */
export function fromDateTime(text: string): number | null {
  // oxlint-disable-next-line no-restricted-globals -- reads an instant, and asks for none.
  const atMs = INSTANT.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(atMs) ? null : atMs
}

/** With a zone: without one it would be that of the machine. */
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/
