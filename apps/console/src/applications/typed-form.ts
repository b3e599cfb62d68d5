/** What becomes of a form as it was typed: the input of a mutation, or what is wrong with it, by field. */
export type FormVerdict<Typed, Input> =
  | { readonly kind: 'input'; readonly input: Input }
  | { readonly kind: 'problems'; readonly problems: FormProblems<Typed> }

export type FormProblems<Typed> = Partial<Record<keyof Typed, string>>
