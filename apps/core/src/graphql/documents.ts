/** Parsed and validated documents, kept: parsing and validating one costs more than executing it ten times. */
import { GraphQLError, parse, specifiedRules, validate, type DocumentNode, type GraphQLSchema } from 'graphql'
import { LRUCache } from 'lru-cache'
import { limitRules, parseOptions } from './limits.ts'

const DOCUMENTS_MAX = 500
/** Bounds the memory of documents at their largest: a character of source costs up to about 100 bytes. */
const SOURCE_CHARACTERS_MAX = 1_000_000

const RULES = [...specifiedRules, ...limitRules]

/** Documents that are known to be valid, by an opaque key. */
export type DocumentStore = LRUCache<string, DocumentNode>

export function createDocumentStore(): DocumentStore {
  return new LRUCache({
    max: DOCUMENTS_MAX,
    maxSize: SOURCE_CHARACTERS_MAX,
    sizeCalculation: (document) => (document.loc?.end ?? 0) + 1,
  })
}

export type Checked =
  | { readonly kind: 'valid'; readonly document: DocumentNode }
  | { readonly kind: 'invalid'; readonly errors: readonly GraphQLError[] }

/** The document of a source text, checked against the schema and the limits. */
export function checkDocument(documents: DocumentStore, schema: GraphQLSchema, source: string): Checked {
  const known = documents.get(source)
  if (known) return { kind: 'valid', document: known }
  let document: DocumentNode
  try {
    document = parse(source, parseOptions)
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error
    return { kind: 'invalid', errors: [withCode(error, 'GRAPHQL_PARSE_FAILED')] }
  }
  const errors = validate(schema, document, RULES)
  if (errors.length > 0)
    return { kind: 'invalid', errors: errors.map((error) => withCode(error, 'GRAPHQL_VALIDATION_FAILED')) }
  documents.set(source, document)
  return { kind: 'valid', document }
}

function withCode(error: GraphQLError, code: string): GraphQLError {
  error.extensions['code'] = code
  return error
}
