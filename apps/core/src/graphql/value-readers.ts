/**
 * Reads the answer to a selection out of what a resolver returned: one function for each type and selection, made
 * once for a document. A reader throws where a value is anything but plain; whoever reads asks graphql-js then.
 */
import {
  getArgumentValues,
  getNullableType,
  isAbstractType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLLeafType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  type SelectionNode,
  type SelectionSetNode,
  type ValueNode,
} from 'graphql'
import type { RequestContext } from './context.ts'

/** One execution; `info` is that of the root field. */
export type Run = {
  readonly context: RequestContext
  readonly variables: Readonly<Record<string, unknown>>
  readonly info: GraphQLResolveInfo
}

/** Throws when graphql-js has to say what becomes of a value. */
export type Read = (run: Run, value: unknown) => unknown

export type Planning = {
  readonly schema: GraphQLSchema
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>
}

/** This document is better left to graphql-js. */
export class Unplannable extends Error {
  override readonly name = 'Unplannable'
}

/** A promise, an error, a null where none may be. Made once: nobody looks at where it was thrown. */
const UNUSUAL = new Error('graphql-js has rules for this')

/** The fields that are selected of a type, by their key in the answer. One may be selected several times. */
export function fieldsOf(
  planning: Planning,
  type: GraphQLObjectType,
  sets: readonly SelectionSetNode[],
): ReadonlyMap<string, readonly FieldNode[]> {
  const fields = new Map<string, FieldNode[]>()
  const collect = (selection: SelectionNode): void => {
    if (selection.directives?.length) throw new Unplannable()
    if (selection.kind === Kind.FIELD) {
      const key = (selection.alias ?? selection.name).value
      if (key === '__proto__') throw new Unplannable() // No key of a plain object.
      fields.set(key, [...(fields.get(key) ?? []), selection])
      return
    }
    const isSpread = selection.kind === Kind.FRAGMENT_SPREAD
    const fragment = isSpread ? planning.fragments.get(selection.name.value) : selection
    if (fragment && appliesTo(planning, fragment.typeCondition?.name.value, type))
      for (const inner of fragment.selectionSet.selections) collect(inner)
  }
  for (const set of sets) for (const selection of set.selections) collect(selection)
  return fields
}

function appliesTo({ schema }: Planning, condition: string | undefined, type: GraphQLObjectType): boolean {
  if (condition === undefined || condition === type.name) return true
  const wanted = schema.getType(condition)
  return isAbstractType(wanted) && schema.isSubType(wanted, type)
}

/** Reads a value of a type, of which the nodes select something. */
export function readerOf(planning: Planning, type: GraphQLOutputType, nodes: readonly FieldNode[]): Read {
  const read = presentReaderOf(planning, type, nodes)
  if (!isNonNullType(type)) return (run, value) => (value === null || value === undefined ? null : read(run, value))
  return (run, value) => {
    if (value === null || value === undefined) throw UNUSUAL
    return read(run, value)
  }
}

/** Of a value that is there. */
function presentReaderOf(planning: Planning, given: GraphQLOutputType, nodes: readonly FieldNode[]): Read {
  const type = getNullableType(given)
  if (isListType(type)) return listReader(readerOf(planning, type.ofType, nodes))
  if (isLeafType(type)) return leafReader(type)
  if (isObjectType(type)) return objectReader(planning, type, nodes)
  const byName = new Map(
    planning.schema.getPossibleTypes(type).map((one) => [one.name, objectReader(planning, one, nodes)]),
  )
  if (type.resolveType) throw new Unplannable()
  return (run, value) => {
    const name = propertyOf(value, '__typename')
    const read = typeof name === 'string' ? byName.get(name) : undefined
    if (read === undefined) throw UNUSUAL
    return read(run, value)
  }
}

function listReader(read: Read): Read {
  return (run, value) => {
    if (!Array.isArray(value)) throw UNUSUAL // What can be read only once is left untouched.
    return value.map((item) => read(run, item))
  }
}

function leafReader(type: GraphQLLeafType): Read {
  return (_run, value) => {
    const serialized = typeof value === 'object' ? undefined : type.serialize(value)
    if (serialized === null || serialized === undefined) throw UNUSUAL
    return serialized
  }
}

function objectReader(planning: Planning, type: GraphQLObjectType, nodes: readonly FieldNode[]): Read {
  if (type.isTypeOf) throw new Unplannable()
  const sets = nodes.flatMap(({ selectionSet }) => selectionSet ?? [])
  const fields = Array.from(fieldsOf(planning, type, sets), ([key, same]) => ({
    key,
    read: fieldReader(planning, type, same),
  }))
  return (run, value) => {
    if (value instanceof Error || value instanceof Promise) throw UNUSUAL
    const object: Record<string, unknown> = {}
    for (const { key, read } of fields) object[key] = read(run, value)
    return object
  }
}

/** Reads a field of the object that it is given. */
function fieldReader(planning: Planning, type: GraphQLObjectType, nodes: readonly FieldNode[]): Read {
  const [node] = nodes
  const name = node?.name.value ?? ''
  if (name === '__typename') return () => type.name
  const field = type.getFields()[name]
  if (node === undefined || field === undefined) throw new Unplannable()
  const read = readerOf(planning, field.type, nodes)
  const { resolve } = field
  if (resolve === undefined) return (run, value) => read(run, propertyOf(value, name))
  // Who wants to know where in the answer it stands is called by graphql-js, which keeps track of that.
  if (resolve.length > 3) throw new Unplannable()
  const argumentsIn = argumentsOf(field, node)
  return (run, value) => read(run, resolve(value, argumentsIn(run.variables), run.context, run.info))
}

/** Of an object; a method is no property. */
export function propertyOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) throw UNUSUAL
  const property: unknown = Reflect.get(value, name)
  if (typeof property === 'function') throw UNUSUAL
  return property
}

const NO_ARGUMENTS: Readonly<Record<string, unknown>> = {}

/** The arguments of a field; worked out once where no variable decides. */
export function argumentsOf(
  field: GraphQLField<unknown, unknown>,
  node: FieldNode,
): (variables: Run['variables']) => Readonly<Record<string, unknown>> {
  if (field.args.length === 0) return () => NO_ARGUMENTS
  const isFixed = !node.arguments?.some(({ value }) => hasVariable(value))
  if (!isFixed) return (variables) => getArgumentValues(field, node, variables)
  const fixed = getArgumentValues(field, node)
  return () => fixed
}

function hasVariable(value: ValueNode): boolean {
  if (value.kind === Kind.VARIABLE) return true
  if (value.kind === Kind.LIST) return value.values.some(hasVariable)
  return value.kind === Kind.OBJECT && value.fields.some((field) => hasVariable(field.value))
}
