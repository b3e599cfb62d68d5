/** The scalars of the schema. What clients send is checked here as far as one value can be. */
import { GraphQLScalarType, Kind, type ValueNode } from 'graphql'
import { badInput } from './bad-input.ts'

export const scalars = {
  ByteCount: new GraphQLScalarType<number, number>({
    name: 'ByteCount',
    serialize: toByteCount,
    parseValue: toByteCount,
    parseLiteral: (node) => toByteCount(node.kind === Kind.INT ? Number(node.value) : undefined),
  }),
  Bytes: textScalar('Bytes'),
  DateTime: textScalar('DateTime'),
  ResourceVersion: textScalar('ResourceVersion'),
}

/** An instant as the schema has it. */
export function toDateTime(atMs: number): string
export function toDateTime(atMs: number | null): string | null
export function toDateTime(atMs: number | null): string | null {
  // oxlint-disable-next-line no-restricted-globals -- formats an instant, and asks for none.
  return atMs === null ? null : new Date(atMs).toISOString()
}

function toByteCount(value: unknown): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value
  throw badInput('ByteCount is a whole number from 0 to 2^53.')
}

/** Opaque text: what it must look like is for its field to say, as a problem. */
function textScalar(name: string): GraphQLScalarType<string, string> {
  const toText = (value: unknown): string => {
    if (typeof value === 'string') return value
    throw badInput(`${name} is a string.`)
  }
  return new GraphQLScalarType({
    name,
    serialize: toText,
    parseValue: toText,
    parseLiteral: (node: ValueNode) => toText(node.kind === Kind.STRING ? node.value : undefined),
  })
}
