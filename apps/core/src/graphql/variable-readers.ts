/**
 * Reads the variables of a request as their operation declares them: one function for each input type, made once for
 * a document. graphql-js asks every value anew of which kind its type is, and hands on objects without a shape; this
 * costs a third of that. A reader throws where a value does not fit; whoever reads asks graphql-js then, which says
 * what is wrong with it.
 *
 * GraphQL specification, October 2021, sections 3.5 to 3.12 (input coercion) and 6.1.2 (variable values).
 */
import {
  getNullableType,
  isInputType,
  isLeafType,
  isListType,
  isNonNullType,
  typeFromAST,
  valueFromAST,
  type GraphQLInputObjectType,
  type GraphQLInputType,
  type GraphQLLeafType,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql'
import { Unplannable } from './value-readers.ts'

export type Values = Readonly<Record<string, unknown>>

/** Throws when graphql-js has to say what is wrong. */
type ReadInput = (value: unknown) => unknown

/** A variable of an operation, or a field of an input type. */
type Declared = {
  readonly name: string
  readonly read: ReadInput
  readonly isRequired: boolean
  /** Undefined: it has none. */
  readonly fallback: unknown
}

/** Input types may hold each other: a reader is there before those of its fields are. */
type Known = Map<GraphQLInputType, ReadInput>

/** Made once: nobody looks at where it was thrown. */
const UNFIT = new Error('graphql-js says what is wrong with this value')

/** The variables of an operation, from what a client sent; null: something of it is wrong. Throws `Unplannable`. */
export function variablesReader(
  schema: GraphQLSchema,
  { variableDefinitions = [] }: OperationDefinitionNode,
): (given: Values) => Values | null {
  const known: Known = new Map()
  const variables = variableDefinitions.map(({ variable, type: node, defaultValue }): Declared => {
    const type = typeFromAST(schema, node)
    if (!isInputType(type)) throw new Unplannable()
    const fallback = defaultValue === undefined ? undefined : valueFromAST(defaultValue, type)
    if (defaultValue !== undefined && fallback === undefined) throw new Unplannable()
    const name = variable.name.value
    if (name === '__proto__') throw new Unplannable() // No key of a plain object.
    return { name, read: readerOf(type, known), isRequired: isNonNullType(type), fallback }
  })
  return (given) => {
    try {
      return valuesOf(variables, given)
    } catch {
      return null // Whatever it was, graphql-js meets it as well.
    }
  }
}

function valuesOf(variables: readonly Declared[], given: Values): Values {
  const values: Record<string, unknown> = {}
  for (const { name, read, isRequired, fallback } of variables) {
    if (Object.hasOwn(given, name)) values[name] = read(given[name])
    else if (fallback !== undefined) values[name] = fallback
    else if (isRequired) throw UNFIT
  }
  return values
}

function readerOf(type: GraphQLInputType, known: Known): ReadInput {
  const isRequired = isNonNullType(type)
  const read = presentReaderOf(type, known)
  return (value) => {
    if (value !== null && value !== undefined) return read(value)
    if (isRequired) throw UNFIT
    return null
  }
}

/** Of a value that is there. */
function presentReaderOf(given: GraphQLInputType, known: Known): ReadInput {
  const type = getNullableType(given)
  if (isListType(type)) return listReader(readerOf(type.ofType, known))
  if (isLeafType(type)) return leafReader(type)
  return known.get(type) ?? objectReader(type, known)
}

/** One value stands for a list of it; what can be read only once is left untouched. */
function listReader(read: ReadInput): ReadInput {
  return (value) => {
    if (Array.isArray(value)) return value.map((item: unknown) => read(item))
    if (typeof value === 'object' && value !== null && Symbol.iterator in value) throw UNFIT
    return [read(value)]
  }
}

function leafReader(type: GraphQLLeafType): ReadInput {
  return (value) => {
    const parsed = type.parseValue(value)
    if (parsed === undefined) throw UNFIT
    return parsed
  }
}

function objectReader(type: GraphQLInputObjectType, known: Known): ReadInput {
  if (type.isOneOf) throw new Unplannable()
  const fields: Declared[] = []
  const read: ReadInput = (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw UNFIT
    const object: Record<string, unknown> = {}
    let unread = Object.keys(value).length
    for (const field of fields) {
      const one: unknown = Reflect.get(value, field.name)
      if (one !== undefined) {
        object[field.name] = field.read(one)
        unread -= 1
      } else if (field.fallback !== undefined) object[field.name] = field.fallback
      else if (field.isRequired) throw UNFIT
    }
    if (unread !== 0) throw UNFIT // A field that the type does not have.
    return object
  }
  known.set(type, read)
  for (const { name, type: fieldType, defaultValue } of Object.values(type.getFields()))
    fields.push({
      name,
      read: readerOf(fieldType, known),
      isRequired: isNonNullType(fieldType),
      fallback: defaultValue,
    })
  return read
}
