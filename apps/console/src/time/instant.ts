/** Reads the instants of the API. The one file here that knows how text becomes time. */

/** Milliseconds since the Unix epoch. */
export function instantMs(rfc3339: string): number {
  return Date.parse(rfc3339)
}
