/** Sequences of keys, like `g` and then `n`. Pure: what was typed so far is a value. */

/** Keys that began a sequence, and when the last of them was pressed. */
export type TypedKeys = { readonly keys: string; readonly atMs: number }

export const NOTHING_TYPED: TypedKeys = { keys: '', atMs: 0 }

/** Who waits longer than this begins anew. */
const WITHIN_MS = 1_000

export type KeyVerdict =
  /** The sequence is whole. */
  | { readonly kind: 'matched'; readonly keys: string }
  /** More may come. */
  | { readonly kind: 'begun'; readonly typed: TypedKeys }
  | { readonly kind: 'nothing' }

/** What one more key makes of it. A key that continues nothing may begin something. */
export function keyPressed(typed: TypedKeys, key: string, atMs: number, sequences: readonly string[]): KeyVerdict {
  const isInTime = typed.keys !== '' && atMs - typed.atMs <= WITHIN_MS
  for (const keys of isInTime ? [`${typed.keys} ${key}`, key] : [key]) {
    if (sequences.includes(keys)) return { kind: 'matched', keys }
    if (sequences.some((sequence) => sequence.startsWith(`${keys} `))) return { kind: 'begun', typed: { keys, atMs } }
  }
  return { kind: 'nothing' }
}
