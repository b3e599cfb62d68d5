/** Mutated requests against a whole core, over its own socket. */
import { Agent, request as httpRequest } from 'node:http'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  isInputType,
  Kind,
  OperationTypeNode,
  parse,
  parseType as parseTypeNode,
  print,
  typeFromAST,
  visit,
  type GraphQLInputType,
  type GraphQLSchema,
} from 'graphql'
import { expect } from 'vitest'
import { createSchema } from '../../src/graphql/schema.ts'
import { fittingValue } from './fitting-value.ts'
import { heapBytes } from './memory.ts'
import { anyJson, chanceOf, mutateText, type Chance } from './mutate.ts'

const DOCUMENTS = join(import.meta.dirname, '../../../../packages/client/src/documents')

/** A letter for each kind of header that may be wrong, and none for right ones. */
const HEADERS: readonly Readonly<Record<string, string>>[] = [
  { 'content-type': 'application/json' },
  { 'content-type': 'application/json; charset=utf-8' },
  { 'content-type': 'text/plain' },
  { 'content-type': 'application/graphql' },
  { 'content-type': 'multipart/form-data; boundary=x' },
  { accept: 'application/graphql-response+json' },
  { 'content-encoding': 'gzip' },
  {},
]
const RIGHT = HEADERS.slice(0, 2)

export type FuzzOptions = {
  /** As `http://host:port`. */
  readonly url: string
  readonly token: string
  readonly count: number
  readonly seed: number
  /** What the core said that it did not expect. */
  readonly unexpected: () => readonly string[]
}

/** No answer of the 500s, no stack, nothing that the core did not expect, and no more memory than before. */
export async function fuzzGraphql({ url, token, count, seed, unexpected }: FuzzOptions): Promise<void> {
  const corpus = documents()
  const seen = new Map<number, number>()
  const agent = new Agent({ keepAlive: true, maxSockets: 8 })
  const ask = async (number: number): Promise<void> => {
    const chance = chanceOf(seed + number)
    const body = bodyOf(chance, corpus)
    const headers = {
      ...(chance.isHit(0.95) ? { authorization: `Bearer ${token}` } : {}),
      ...chance.pick(chance.isHit(0.9) ? RIGHT : HEADERS),
    }
    const { status, text } = await post({ url, agent, body, headers })
    const why = `seed ${seed + number}: ${status} ${text.slice(0, 300)}\nfor ${body.toString().slice(0, 600)}`
    seen.set(status, (seen.get(status) ?? 0) + 1)
    expect(status, why).toBeLessThan(500)
    expect(text, why).not.toMatch(/\n\s+at |node_modules|INTERNAL|\.ts:\d+/)
    expect(unexpected(), why).toEqual([])
  }
  const run = async (from: number, to: number): Promise<void> => {
    for (let number = from; number < to; number += 8)
      await Promise.all(Array.from({ length: Math.min(8, to - number) }, (_, index) => ask(number + index)))
  }
  const warm = Math.ceil(count / 3)
  await run(0, warm)
  const before = await heapBytes()
  await run(warm, count)
  const grown = (await heapBytes()) - before
  agent.destroy()
  // Nonsense that never gets past the first check finds nothing.
  for (const status of [200, 400]) expect((seen.get(status) ?? 0) / count).toBeGreaterThan(0.1)
  expect(grown, 'the heap grew by so many bytes').toBeLessThan(48 * 2 ** 20)
}

type Post = {
  readonly url: string
  readonly agent: Agent
  readonly body: Buffer
  readonly headers: Readonly<Record<string, string>>
}

function post({ url, agent, body, headers }: Post): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(`${url}/graphql`, {
      method: 'POST',
      agent,
      headers: { ...headers, 'content-length': body.length },
    })
    request.on('response', (response) => {
      let text = ''
      response.on('data', (bytes: Buffer) => (text += bytes.toString()))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
      response.on('error', reject)
    })
    // A body that nobody reads to its end may be cut off with its answer.
    request.on('error', (error: NodeJS.ErrnoException) =>
      error.code === 'ECONNRESET' || error.code === 'EPIPE' ? resolve({ status: 400, text: '' }) : reject(error),
    )
    request.end(body)
  })
}

type Document = {
  readonly query: string
  readonly variables: readonly { readonly name: string; readonly type: GraphQLInputType }[]
}

/** Every operation of our own clients, one by one with the fragments that it uses. */
function documents(): readonly Document[] {
  const text = readdirSync(DOCUMENTS)
    .map((name) => readFileSync(join(DOCUMENTS, name), 'utf8'))
    .join('\n')
  const { definitions } = parse(text)
  const schema = createSchema()
  const fragments = definitions.filter(({ kind }) => kind === Kind.FRAGMENT_DEFINITION)
  return definitions.flatMap((definition) => {
    if (definition.kind !== Kind.OPERATION_DEFINITION || definition.operation === OperationTypeNode.SUBSCRIPTION)
      return []
    const query = [definition, ...fragments].map((one) => print(one)).join('\n')
    const used = fragments.length === 0 ? query : withUsedFragments(query)
    const variables = (definition.variableDefinitions ?? []).flatMap(({ variable, type }) => {
      const known = parseType(schema, print(type))
      return known === undefined ? [] : [{ name: variable.name.value, type: known }]
    })
    return [{ query: used, variables }]
  })
}

function withUsedFragments(query: string): string {
  let document = parse(query)
  for (let isDone = false; !isDone;) {
    const spread = new Set<string>()
    visit(document, { FragmentSpread: ({ name }) => void spread.add(name.value) })
    const kept = document.definitions.filter(
      (definition) => definition.kind !== Kind.FRAGMENT_DEFINITION || spread.has(definition.name.value),
    )
    isDone = kept.length === document.definitions.length
    document = { ...document, definitions: kept }
  }
  return print(document)
}

function bodyOf(chance: Chance, corpus: readonly Document[]): Buffer {
  const { query, variables } = chance.pick(corpus)
  const given = Object.fromEntries(variables.map(({ name, type }) => [name, fittingValue(type, chance)]))
  switch (chance.below(10)) {
    case 0:
      return Buffer.from(mutateText(JSON.stringify({ query, variables: given }), chance))
    case 1:
      return Buffer.from(JSON.stringify(anyJson(chance)))
    case 2:
      return Buffer.from(
        JSON.stringify({ query: anyJson(chance), variables: anyJson(chance), extensions: anyJson(chance) }),
      )
    case 3:
      return Buffer.from(JSON.stringify({ query, variables: given, operationName: anyJson(chance) }))
    case 4:
    case 5:
    case 6:
      return Buffer.from(JSON.stringify({ query, variables: given }))
    default:
      return Buffer.from(JSON.stringify({ query: mutateText(query, chance), variables: given }))
  }
}

function parseType(schema: GraphQLSchema, text: string): GraphQLInputType | undefined {
  const node = parseTypeNode(text)
  const type = node.kind === Kind.NON_NULL_TYPE ? typeFromAST(schema, node.type) : typeFromAST(schema, node)
  return type !== undefined && isInputType(type) ? type : undefined
}
