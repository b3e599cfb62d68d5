/** Makes operations out of the schema: every field of the roots, with arguments, and with all that it can answer. */
import {
  getNamedType,
  isAbstractType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
  isRequiredInputField,
  isRequiredArgument,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLNamedType,
  type GraphQLOutputType,
  type GraphQLSchema,
} from 'graphql'

export type RootKind = 'query' | 'mutation' | 'subscription'

export type RootField = {
  readonly kind: RootKind
  readonly name: string
  readonly field: GraphQLField<unknown, unknown>
}

/** Every field of the roots. Those that make something come last, so that what they make confuses no other. */
export function rootFields(schema: GraphQLSchema): readonly RootField[] {
  const of = (kind: RootKind, fields: Record<string, GraphQLField<unknown, unknown>>): RootField[] =>
    Object.entries(fields).map(([name, field]) => ({ kind, name, field }))
  const all = [
    ...of('query', schema.getQueryType()?.getFields() ?? {}),
    ...of('subscription', schema.getSubscriptionType()?.getFields() ?? {}),
    ...of('mutation', schema.getMutationType()?.getFields() ?? {}),
  ]
  const makes = ({ name }: RootField): number => Number(/^(create|invite|open)/.test(name))
  return all.toSorted((a, b) => makes(a) - makes(b))
}

/** How texts are chosen: by the path of the argument, as in `input.name`. */
export type TextOf = (path: string) => string

export type Asked = { readonly query: string; readonly variables: Readonly<Record<string, string>> }

/** What is asked of one field: its texts are `textOf`, as variables, and all that it can answer is asked for. */
export function operationFor(
  schema: GraphQLSchema,
  { kind, name, field }: RootField,
  how: { readonly textOf: TextOf; readonly withOptional: boolean },
): Asked {
  const texts: Text[] = []
  const writing = { texts, withOptional: how.withOptional }
  const args = field.args
    .filter((arg) => isRequiredArgument(arg) || (how.withOptional && holdsText(arg.type) && arg.name !== 'after'))
    .map((arg) => `${arg.name}: ${literal(arg.type, arg.name, writing)}`)
  const called = args.length === 0 ? name : `${name}(${args.join(', ')})`
  const declared = texts.map(({ type }, at) => `$t${at}: ${type}!`).join(', ')
  const head = declared === '' ? kind : `${kind} (${declared})`
  const variables = Object.fromEntries(texts.map(({ path }, at) => [`t${at}`, how.textOf(path)]))
  return { query: `${head} { ${called} ${selection(schema, field.type, [])} }`, variables }
}

type Text = { readonly path: string; readonly type: string }
type Writing = { readonly texts: Text[]; readonly withOptional: boolean }

/** The paths of all texts that a field takes; a text may name something. */
export function textPaths({ field }: Pick<RootField, 'field'>): readonly string[] {
  const texts: Text[] = []
  for (const arg of field.args)
    if (holdsText(arg.type) && arg.name !== 'after') literal(arg.type, arg.name, { texts, withOptional: true })
  return texts.map(({ path }) => path)
}

function literal(type: GraphQLInputType, path: string, how: Writing): string {
  if (isNonNullType(type)) return literal(type.ofType, path, how)
  if (isListType(type)) return `[${literal(type.ofType, path, how)}]`
  if (isEnumType(type)) return type.getValues()[0]?.name ?? ''
  if (isInputObjectType(type)) {
    const fields = Object.values(type.getFields()).filter(
      (one) => isRequiredInputField(one) || (how.withOptional && isText(getNamedType(one.type)) && !isOneOf(one.name)),
    )
    return `{ ${fields.map((one) => `${one.name}: ${literal(one.type, `${path}.${one.name}`, how)}`).join(', ')} }`
  }
  switch (type.name) {
    case 'Boolean':
      return 'false'
    case 'Int':
    case 'Float':
    case 'ByteCount':
      return '1'
    case 'DateTime':
      return '"2999-01-01T00:00:00Z"'
    case 'Bytes':
    case 'ResourceVersion':
      return '""'
    default:
      how.texts.push({ path, type: type.name })
      return `$t${how.texts.length - 1}`
  }
}

/** Inputs of which one excludes another are left out: that they exclude each other is not what is asked here. */
function isOneOf(name: string): boolean {
  return name === 'runtimeClass' || name === 'workingDirectory' || name === 'idempotencyKey'
}

function holdsText(type: GraphQLInputType, depth = 0): boolean {
  const named = getNamedType(type)
  if (isText(named)) return true
  if (!isInputObjectType(named) || depth > 4) return false
  return Object.values(named.getFields()).some((field) => holdsText(field.type, depth + 1))
}

function isText({ name }: GraphQLNamedType): boolean {
  return name === 'String' || name === 'ID'
}

const DEPTH_MAX = 5

/** All fields that need no argument, but not a type inside itself. */
function selection(schema: GraphQLSchema, type: GraphQLOutputType, path: readonly string[]): string {
  const named = getNamedType(type)
  if (!isObjectType(named) && !isAbstractType(named)) return ''
  const inner = [...path, named.name]
  if (isAbstractType(named)) {
    const shapes = new Map<string, string>()
    const parts = schema.getPossibleTypes(named).map((possible) => {
      const fields = fieldsOf(schema, possible.getFields(), [...inner, possible.name], shapes)
      return fields === '' ? '' : `... on ${possible.name} { ${fields} }`
    })
    return `{ __typename ${parts.join(' ')} }`
  }
  return `{ __typename ${fieldsOf(schema, named.getFields(), inner, new Map())} }`
}

/** Fields of the same name in the types of one union must have one shape: the first is taken. */
function fieldsOf(
  schema: GraphQLSchema,
  fields: Readonly<Record<string, GraphQLField<unknown, unknown>>>,
  path: readonly string[],
  shapes: Map<string, string>,
): string {
  const chosen = Object.values(fields).filter((field) => {
    const named = getNamedType(field.type)
    const isLeaf = !isObjectType(named) && !isAbstractType(named)
    const isNew = (shapes.get(field.name) ?? String(field.type)) === String(field.type)
    const goesOn =
      isLeaf || (path.length < DEPTH_MAX && !path.includes(named.name) && !named.name.endsWith('Connection'))
    const isWanted = isNew && (goesOn || path.length === 1) && !field.args.some(isRequiredArgument)
    if (isWanted) shapes.set(field.name, String(field.type))
    return isWanted
  })
  return chosen.map((field) => `${field.name} ${selection(schema, field.type, path)}`).join(' ')
}
