/**
 * Files of GraphQL become a manifest of trusted documents: for each operation its text, with the fragments that it needs
 * and no others, under the SHA-256 of that text. The core takes a request whose document means the same as one of them.
 */
import { createHash } from 'node:crypto'
import {
  GraphQLError,
  Kind,
  parse,
  print,
  visit,
  type DefinitionNode,
  type FragmentDefinitionNode,
  type OperationDefinitionNode,
} from 'graphql'

export type GraphqlFile = { readonly name: string; readonly text: string }

/** From hash to text, as the core reads it. */
export type TrustedManifest = Readonly<Record<string, string>>

export type ManifestResult =
  | { readonly kind: 'made'; readonly manifest: TrustedManifest }
  | { readonly kind: 'refused'; readonly problems: readonly string[] }

/** Files that belong together: operations use the fragments of all of them. Types that they define are left out. */
export function trustedManifest(files: readonly GraphqlFile[]): ManifestResult {
  const problems: string[] = []
  const definitions = files.flatMap((file) => definitionsOf(file, problems))
  const fragments = new Map<string, FragmentDefinitionNode>()
  for (const { file, definition } of definitions) {
    if (definition.kind !== Kind.FRAGMENT_DEFINITION) continue
    const { value: name } = definition.name
    const other = fragments.get(name)
    if (other !== undefined && print(other) !== print(definition))
      problems.push(`${file}: another fragment is called ${name} too`)
    fragments.set(name, definition)
  }
  const manifest: Record<string, string> = {}
  for (const { file, definition } of definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue
    const text = wholeText(definition, fragments)
    if (text.kind === 'missing') problems.push(`${file}: the fragment ${text.fragment} is in none of the files`)
    else manifest[createHash('sha256').update(text.text).digest('hex')] = text.text
  }
  return problems.length > 0 ? { kind: 'refused', problems } : { kind: 'made', manifest }
}

type Placed = { readonly file: string; readonly definition: DefinitionNode }

function definitionsOf({ name, text }: GraphqlFile, problems: string[]): readonly Placed[] {
  if (text.replaceAll(/^\s*#.*$/gm, '').trim() === '') return []
  try {
    return parse(text).definitions.map((definition) => ({ file: name, definition }))
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error
    const [{ line, column } = { line: 1, column: 1 }] = error.locations ?? []
    problems.push(`${name}:${line}:${column}: ${error.message}`)
    return []
  }
}

type WholeText = { readonly kind: 'whole'; readonly text: string } | { readonly kind: 'missing'; fragment: string }

function wholeText(
  operation: OperationDefinitionNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
): WholeText {
  const used = new Map<string, FragmentDefinitionNode>()
  const toVisit: DefinitionNode[] = [operation]
  for (let next = toVisit.pop(); next !== undefined; next = toVisit.pop()) {
    for (const name of spreadNames(next)) {
      const fragment = fragments.get(name)
      if (fragment === undefined) return { kind: 'missing', fragment: name }
      if (used.has(name)) continue
      used.set(name, fragment)
      toVisit.push(fragment)
    }
  }
  const inOrder = [...used.keys()].toSorted().flatMap((name) => used.get(name) ?? [])
  return { kind: 'whole', text: [operation, ...inOrder].map((definition) => print(definition)).join('\n\n') }
}

function spreadNames(definition: DefinitionNode): readonly string[] {
  const names: string[] = []
  visit(definition, { FragmentSpread: ({ name }) => void names.push(name.value) })
  return names
}
