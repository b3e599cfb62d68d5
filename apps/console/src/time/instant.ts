/** Reads the instants of the API. The one file here that knows how text becomes time. */

/** Milliseconds since the Unix epoch. */
export function instantMs(rfc3339: string): number {
  return Date.parse(rfc3339)
}

/** The same, back into what the API reads. */
export function instantOf(ms: number): string {
  return new Date(ms).toISOString()
}
