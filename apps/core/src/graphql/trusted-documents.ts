/**
 * Documents that clients may send, when they may not send any. They come as a JSON object, from the SHA-256 of each
 * document (hexadecimal) to its text; a request names one by `documentId`, by the hash of a persisted query, or sends
 * its text. Blanks, comments and the order of fragments may differ: what is carried out is the text of the file.
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { GraphQLError, parse, print } from 'graphql'
import { z } from 'zod'
import { parseOptions } from './limits.ts'

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
  /** By what they mean. */
  readonly #byMeaning = new Map<string, string>()
  /** By how they were written: the texts of the file, and those that clients send instead. */
  readonly #byText = new Map<string, string>()

  constructor(byHash: Readonly<Record<string, string>>) {
    this.#byHash = new Map(Object.entries(byHash))
    for (const text of this.#byHash.values()) {
      this.#byText.set(text, text)
      const meaning = meaningOf(text)
      if (meaning !== null) this.#byMeaning.set(meaning, text)
    }
  }

  /** The document that a request means, if it is one of these. */
  resolve(asked: unknown): TrustedAnswer {
    const { query, documentId, extensions } = request.safeParse(asked).data ?? {}
    const hash = documentId ?? extensions?.persistedQuery?.sha256Hash
    const text = hash === undefined ? this.#trusted(query) : this.#byHash.get(hash)
    if (text !== undefined) return { kind: 'trusted', query: text }
    const message = 'Only documents that were registered may be asked here; send the id of one.'
    return { kind: 'refused', error: new GraphQLError(message, { extensions: { code: 'UNTRUSTED_DOCUMENT' } }) }
  }

  #trusted(query: string | undefined): string | undefined {
    if (query === undefined) return undefined
    const known = this.#byText.get(query)
    if (known !== undefined) return known
    const meaning = meaningOf(query)
    const text = meaning === null ? undefined : this.#byMeaning.get(meaning)
    const isRoom = this.#byText.size < this.#byHash.size + OTHER_TEXTS_MAX
    if (text !== undefined && isRoom && query.length <= OTHER_TEXT_CHARACTERS_MAX) this.#byText.set(query, text)
    return text
  }
}

/** A client sends each document in one way of writing; there are not many clients. */
const OTHER_TEXTS_MAX = 1_000
/** What is longer is read again each time, so that nobody fills the memory with blanks. */
const OTHER_TEXT_CHARACTERS_MAX = 16_384

/** The same for all ways to write a document; null: it is none. */
function meaningOf(text: string): string | null {
  try {
    const { definitions } = parse(text, { ...parseOptions, noLocation: true })
    return definitions
      .map((definition) => print(definition))
      .toSorted()
      .join('\n')
  } catch {
    return null // Whoever sent it is told that it is not trusted.
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
