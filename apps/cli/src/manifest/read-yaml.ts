/** YAML documents, with the place of everything in them. */
import { isMap, isNode, isPair, isScalar, LineCounter, parseAllDocuments, type Document } from 'yaml'

export type Place = { readonly line: number; readonly column: number }

export type YamlProblem = { readonly place: Place; readonly message: string }

export type YamlDocument = {
  readonly value: unknown
  /** Where the value at a path stands, or the nearest thing around it. For a key, the key itself. */
  readonly placeOf: (path: readonly PropertyKey[]) => Place
}

export type YamlResult =
  | { readonly kind: 'read'; readonly documents: readonly YamlDocument[] }
  | { readonly kind: 'refused'; readonly problems: readonly YamlProblem[] }

/** Empty documents are left out. */
export function readYaml(text: string): YamlResult {
  const lines = new LineCounter()
  const parsed = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false })
  const documents = Array.isArray(parsed) ? parsed : []
  const problems = documents.flatMap((document) =>
    document.errors.map((error) => ({ place: placeAt(lines, error.pos[0]), message: error.message })),
  )
  if (problems.length > 0) return { kind: 'refused', problems }
  const all = documents.map((document) => toDocument(document, lines))
  return { kind: 'read', documents: all.filter(({ value }) => value !== null && value !== undefined) }
}

function toDocument(document: Document, lines: LineCounter): YamlDocument {
  return {
    value: document.toJS(),
    placeOf: (path) => {
      for (let length = path.length; length >= 0; length -= 1) {
        const offset = offsetOf(document, path.slice(0, length))
        if (offset !== null) return placeAt(lines, offset)
      }
      return { line: 1, column: 1 }
    },
  }
}

function offsetOf(document: Document, path: readonly PropertyKey[]): number | null {
  const key = path.at(-1)
  const parent = path.length === 0 ? document.contents : nodeAt(document, path.slice(0, -1))
  if (path.length > 0 && isMap(parent)) {
    const pair = parent.items.find((item) => isPair(item) && isScalar(item.key) && item.key.value === key)
    if (isNode(pair?.key)) return pair.key.range?.[0] ?? null
    return null
  }
  const node = nodeAt(document, path)
  return isNode(node) ? (node.range?.[0] ?? null) : null
}

function nodeAt(document: Document, path: readonly PropertyKey[]): unknown {
  return path.length === 0 ? document.contents : document.getIn(path, true)
}

function placeAt(lines: LineCounter, offset: number): Place {
  const { line, col } = lines.linePos(offset)
  return { line, column: col }
}
