/** What became of the link to a node: a few entries, for people who ask why it was away. */
export type NodeLinkKind = 'connected' | 'ready' | 'gap' | 'resynced' | 'disconnected' | 'lost'

export type NodeLinkEntry = { readonly kind: NodeLinkKind; readonly atMs: number }

const ENTRIES_MAX = 64

/** Adds an entry; the oldest goes when there are too many. */
export function noteLink(entries: NodeLinkEntry[], kind: NodeLinkKind, atMs: number): void {
  entries.push({ kind, atMs })
  if (entries.length > ENTRIES_MAX) entries.shift()
}
