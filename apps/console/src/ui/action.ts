/** What came of something a person asked for. */
export type ActionOutcome =
  | { readonly kind: 'done' }
  /** In words for that person. `field` is the input it is about, where it is about one. */
  | { readonly kind: 'failed'; readonly message: string; readonly field?: string }
