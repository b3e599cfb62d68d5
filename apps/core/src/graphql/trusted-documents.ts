/**
 * Documents that clients may send, when they may not send any. They come as a JSON object, from the SHA-256 of each
 * document (hexadecimal) to its text; a request names one by `documentId`, by the hash of a persisted query, or sends
 * the very text.
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { GraphQLError } from 'graphql'
import { z } from 'zod'

/** The file cannot be used: the message says why. */
export class TrustedDocumentsError extends Error {
  override readonly name = 'TrustedDocumentsError'
}

const manifest = z.record(z.string().regex(/^[\da-f]{64}$/), z.string().min(1))

const request = z.object({
  query: z.string().optional(),
  documentId: z
    .string()
    .transform((id) => id.replace(/^sha256:/, ''))
    .optional(),
  extensions: z.object({ persistedQuery: z.object({ sha256Hash: z.string() }).optional() }).nullish(),
})

export type TrustedAnswer =
  | { readonly kind: 'trusted'; readonly query: string }
  | { readonly kind: 'refused'; readonly error: GraphQLError }

export class TrustedDocuments {
  readonly #byHash: ReadonlyMap<string, string>
  readonly #texts: ReadonlySet<string>

  constructor(byHash: Readonly<Record<string, string>>) {
    this.#byHash = new Map(Object.entries(byHash))
    this.#texts = new Set(this.#byHash.values())
  }

  /** The document that a request means, if it is one of these. */
  resolve(asked: unknown): TrustedAnswer {
    const { query, documentId, extensions } = request.safeParse(asked).data ?? {}
    const hash = documentId ?? extensions?.persistedQuery?.sha256Hash
    const text = hash === undefined ? query : this.#byHash.get(hash)
    if (text !== undefined && this.#texts.has(text)) return { kind: 'trusted', query: text }
    const message = 'Only documents that were registered may be asked here; send the id of one.'
    return { kind: 'refused', error: new GraphQLError(message, { extensions: { code: 'UNTRUSTED_DOCUMENT' } }) }
  }
}

/** Throws a `TrustedDocumentsError`. */
export function readTrustedDocuments(file: string): TrustedDocuments {
  try {
    const documents = manifest.parse(JSON.parse(readFileSync(file, 'utf8')))
    for (const [hash, text] of Object.entries(documents))
      if (createHash('sha256').update(text).digest('hex') !== hash)
        throw new Error(`${hash} is not the hash of its text`)
    return new TrustedDocuments(documents)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new TrustedDocumentsError(`the file of FORNAX_TRUSTED_DOCUMENTS_FILE cannot be used: ${why}`, { cause })
  }
}
