/** What a root field has answered; it is not asked twice. */
export type Said =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'thrown'; readonly error: unknown }
