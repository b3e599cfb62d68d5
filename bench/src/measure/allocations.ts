/**
 * How much a program allocates, from what V8 prints of its garbage collections (`--trace-gc`): what it had before a
 * collection, less what it had after the one before. A count, not a time: it is the same on a busy machine.
 */

/** For Node. Young objects get little room, so that collections are many and the count is fine. */
export const ALLOCATION_ARGS = ['--trace-gc', '--max-semi-space-size=1'] as const

export type Collection = {
  /** Since the start of the program. */
  readonly atMs: number
  /** Since the collection before. */
  readonly allocatedBytes: number
}

const BYTES_PER_MIB = 1_024 * 1_024
const LINE =
  /^\[\d+:(0x[0-9a-f]+)\] +(\d+) ms: (?:Scavenge|Mark-Compact)[^\d]*([\d.]+) \([\d.]+\) -> ([\d.]+) \([\d.]+\) MB/gm

/** Of the main thread. */
export function collectionsIn(output: string): Collection[] {
  let mainThread: string | undefined
  let afterMib = 0
  const collections: Collection[] = []
  for (const [, thread, atMs, before, after] of output.matchAll(LINE)) {
    mainThread ??= thread
    if (thread !== mainThread) continue
    collections.push({ atMs: Number(atMs), allocatedBytes: Math.max(0, Number(before) - afterMib) * BYTES_PER_MIB })
    afterMib = Number(after)
  }
  return collections
}

/** What was allocated in a while. */
export function allocatedBetween(collections: readonly Collection[], fromMs: number, untilMs: number): number {
  return collections
    .filter(({ atMs }) => atMs > fromMs && atMs <= untilMs)
    .reduce((sum, { allocatedBytes }) => sum + allocatedBytes, 0)
}
