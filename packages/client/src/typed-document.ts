/**
 * A GraphQL document that knows the types of its variables and of its result. Every package may generate its own:
 * what is asked of it is only this shape.
 */
export type TypedDocument<TResult, TVariables> = {
  readonly __apiType?: (variables: TVariables) => TResult
  toString(): string
}

/** The type of the data that a document asks for. */
export type ResultOf<TDocument> = TDocument extends TypedDocument<infer TResult, infer _TVariables> ? TResult : never

/** The type of the variables that a document takes. */
export type VariablesOf<TDocument> =
  TDocument extends TypedDocument<infer _TResult, infer TVariables> ? TVariables : never

/** An operation as it travels. */
export type OperationPayload = { readonly query: string; readonly variables: Readonly<Record<string, unknown>> }
