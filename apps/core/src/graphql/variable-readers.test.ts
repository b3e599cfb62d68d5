/** Variables are read as graphql-js reads them, and what it refuses is refused. */
import fc from 'fast-check'
import {
  getNullableType,
  getVariableValues,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isScalarType,
  Kind,
  parse,
  type GraphQLInputType,
  type OperationDefinitionNode,
} from 'graphql'
import { describe, expect, it } from 'vitest'
import { createSchema } from './schema.ts'
import { Unplannable } from './value-readers.ts'
import { variablesReader, type Values } from './variable-readers.ts'

const schema = createSchema()

function operationOf(text: string): OperationDefinitionNode {
  const [definition] = parse(text).definitions
  if (definition?.kind !== Kind.OPERATION_DEFINITION) throw new Error('no operation')
  return definition
}

/** Null: it refuses them. */
function byGraphqlJs(operation: OperationDefinitionNode, given: Values): Values | null {
  const { coerced } = getVariableValues(schema, operation.variableDefinitions ?? [], given)
  return coerced === undefined ? null : { ...coerced }
}

/** As it arrives. */
function sent(variables: Values): Values {
  return JSON.parse(JSON.stringify(variables)) as Values
}

const ODD = fc.constantFrom<unknown>(null, undefined, '', 'x', 7, -1.5, 2 ** 40, true, [], [[]], {}, { x: 1 })

/** Mostly what fits the type, sometimes anything. */
function valueOf(type: GraphQLInputType, depth: number): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 30, arbitrary: fittingValueOf(type, depth) }, { weight: 1, arbitrary: ODD })
}

function fittingValueOf(type: GraphQLInputType, depth: number): fc.Arbitrary<unknown> {
  if (isNonNullType(type)) return presentValueOf(getNullableType(type), depth)
  return depth > 4 ? fc.constant(null) : fc.option(presentValueOf(getNullableType(type), depth), { freq: 4 })
}

function presentValueOf(type: GraphQLInputType, depth: number): fc.Arbitrary<unknown> {
  if (isListType(type)) {
    const item = valueOf(type.ofType, depth + 1)
    return fc.oneof({ weight: 5, arbitrary: fc.array(item, { maxLength: 3 }) }, { weight: 1, arbitrary: item })
  }
  if (isEnumType(type)) return fc.constantFrom(...type.getValues().map(({ name }) => name))
  if (isScalarType(type)) return SCALARS[type.name] ?? fc.constantFrom<unknown>('text', 'VGV4dA==', 5, 0)
  if (!isInputObjectType(type)) throw new Error(`${String(type)} is of no known kind`)
  const fields = Object.values(type.getFields()).map(({ name, type: one }) => [name, valueOf(one, depth + 1)] as const)
  const required = Object.values(type.getFields()).filter((field) => isNonNullType(field.type))
  return fc.record(Object.fromEntries(fields), { requiredKeys: required.map(({ name }) => name) })
}

const SCALARS: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  Boolean: fc.boolean(),
  Float: fc.double({ noNaN: true }),
  ID: fc.oneof(fc.string(), fc.integer()),
  Int: fc.integer({ min: -10, max: 2 ** 31 - 1 }),
  String: fc.string({ maxLength: 8 }),
}

const inputTypes = Object.values(schema.getTypeMap()).filter((type) => isInputObjectType(type))

describe('what a client sends is read as graphql-js reads it', () => {
  it.each(inputTypes.map(({ name }) => name))('%s, whatever stands in it', (name) => {
    const type = inputTypes.find((one) => one.name === name)
    if (type === undefined) throw new Error('the type is gone')
    const operation = operationOf(`mutation ($one: ${name}!, $list: [${name}!]) { x(one: $one, list: $list) }`)
    const read = variablesReader(schema, operation)
    let readable = 0
    fc.assert(
      fc.property(valueOf(type, 0), fc.array(valueOf(type, 0), { maxLength: 2 }), (one, list) => {
        const given = sent({ one, list })
        const expected = byGraphqlJs(operation, given)
        expect(read(given)).toStrictEqual(expected)
        if (expected !== null) readable += 1
      }),
      { numRuns: 200 },
    )
    expect(readable).toBeGreaterThan(0)
  })

  it('a variable that is missing has its default, or is refused, or stays missing', () => {
    const operation = operationOf('query ($a: Int = 3, $b: Int, $c: [Int!]! = [1], $d: Boolean!) { x }')
    const read = variablesReader(schema, operation)
    for (const given of [{ d: true }, { d: false, a: null, b: 2 }, {}, { d: null }, { d: true, c: 5 }, { d: 1 }])
      expect(read(given)).toStrictEqual(byGraphqlJs(operation, given))
    expect(read({ d: true })).toStrictEqual({ a: 3, c: [1], d: true })
  })

  it('a variable that is named like the prototype is left to graphql-js', () => {
    expect(() => variablesReader(schema, operationOf('query ($__proto__: Int) { x }'))).toThrow(Unplannable)
  })

  it('a field that the type does not have is refused, and so is one named like the prototype', () => {
    const read = variablesReader(schema, operationOf('mutation ($input: OpenSessionInput!) { x }'))
    expect(read({ input: { application: 'hello' } })).not.toBeNull()
    expect(read({ input: { application: 'hello', other: 1 } })).toBeNull()
    expect(read({ input: JSON.parse('{"application": "hello", "__proto__": {"wait": "NONE"}}') as unknown })).toBeNull()
  })
})
