/**
 * Answers operations of known documents. What graphql-js works out anew for each request (which fields, of which
 * types, with which arguments) is worked out once for each document, so that an answer is no more than the root
 * fields and some reading of properties. It costs a quarter of the time, and of the memory.
 *
 *   root fields resolve ─► their values are read, without a wait ─► data
 *                              └ an error, a promise, anything unusual ─► graphql-js, to which the roots only repeat
 *                                                                        what they have said already (see `guard.ts`)
 *
 * So errors are made by graphql-js alone. What has directives, or several mutations, is its affair from the beginning.
 */
import {
  Kind,
  OperationTypeNode,
  type DocumentNode,
  type ExecutionArgs,
  type FieldNode,
  type GraphQLObjectType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
} from 'graphql'
import type { RequestContext } from './context.ts'
import type { Said } from './said.ts'
import {
  argumentsOf,
  fieldsOf,
  propertyOf,
  readerOf,
  Unplannable,
  type Planning,
  type Read,
  type Run,
} from './value-readers.ts'
import { variablesReader } from './variable-readers.ts'

export type Data = Record<string, unknown>

export type PlannedArgs = Pick<ExecutionArgs, 'document' | 'operationName' | 'variableValues' | 'rootValue'> & {
  readonly contextValue: RequestContext
}

type Root = {
  readonly key: string
  /** Asks the field; never rejects. */
  readonly ask: (args: PlannedArgs, variables: Run['variables']) => Promise<Said>
  readonly read: Read
  readonly info: Info
}

type Plan = { readonly variablesIn: ReturnType<typeof variablesReader>; readonly roots: readonly Root[] }

/** All of it that a document decides. */
type Info = Omit<GraphQLResolveInfo, 'rootValue' | 'variableValues'>

export class OperationPlans {
  readonly #schema: GraphQLSchema
  /** By document, then by the name of the operation; null where there cannot be one. */
  readonly #plans = new WeakMap<DocumentNode, Map<string | null, Plan | null>>()

  constructor(schema: GraphQLSchema) {
    this.#schema = schema
  }

  /** The data of an operation that has no errors; null: graphql-js has to execute it, with the same context. */
  async data(args: PlannedArgs): Promise<Data | null> {
    const plan = this.#plan(args.document, args.operationName ?? null)
    if (plan === null) return null
    const variables = plan.variablesIn(args.variableValues ?? {})
    if (variables === null) return null
    const said = await Promise.all(plan.roots.map((root) => root.ask(args, variables)))
    const data = dataOf(plan.roots, said, { args, variables })
    if (data === null) args.contextValue.said = new Map(plan.roots.flatMap(({ key }, at) => entry(key, said[at])))
    return data
  }

  /** Whether an operation is answered by a plan, as long as nothing goes wrong. */
  has(document: DocumentNode, operationName: string | null): boolean {
    return this.#plan(document, operationName) !== null
  }

  #plan(document: DocumentNode, operationName: string | null): Plan | null {
    const known = this.#plans.get(document)?.get(operationName)
    if (known !== undefined) return known
    const plan = planOf(this.#schema, document, operationName)
    const ofDocument = this.#plans.get(document) ?? new Map<string | null, Plan | null>()
    this.#plans.set(document, ofDocument.set(operationName, plan))
    return plan
  }
}

type Asked = { readonly args: PlannedArgs; readonly variables: Run['variables'] }

function dataOf(roots: readonly Root[], said: readonly Said[], { args, variables }: Asked): Data | null {
  const data: Data = {}
  try {
    for (const [at, { key, read, info }] of roots.entries()) {
      const answer = said[at]
      if (answer?.kind !== 'value') return null
      data[key] = read({ context: args.contextValue, variables, info: infoOf(info, { args, variables }) }, answer.value)
    }
    return data
  } catch {
    return null // Whatever it was, graphql-js meets it as well, and says what becomes of it.
  }
}

function entry(key: string, said: Said | undefined): [string, Said][] {
  return said === undefined ? [] : [[key, said]]
}

function infoOf(info: Info, { args, variables }: Asked): GraphQLResolveInfo {
  return { ...info, rootValue: args.rootValue, variableValues: variables }
}

function planOf(schema: GraphQLSchema, document: DocumentNode, operationName: string | null): Plan | null {
  const operations = document.definitions.filter((one) => one.kind === Kind.OPERATION_DEFINITION)
  const named = operations.filter(({ name }) => operationName === null || name?.value === operationName)
  const [operation] = named
  const type = operation && schema.getRootType(operation.operation)
  if (!type || named.length > 1) return null
  const fragments = new Map(
    document.definitions.flatMap((one) => (one.kind === Kind.FRAGMENT_DEFINITION ? [[one.name.value, one]] : [])),
  )
  const info = { parentType: type, schema, fragments: Object.fromEntries(fragments), operation }
  try {
    const fields = fieldsOf({ schema, fragments }, type, [operation.selectionSet])
    if (operation.operation === OperationTypeNode.MUTATION && fields.size > 1) return null
    return {
      variablesIn: variablesReader(schema, operation),
      roots: Array.from(fields, ([key, nodes]) => rootOf({ schema, fragments }, type, { key, nodes, info })),
    }
  } catch (error) {
    if (error instanceof Unplannable) return null
    throw error
  }
}

type Selected = {
  readonly key: string
  readonly nodes: readonly FieldNode[]
  readonly info: Pick<Info, 'parentType' | 'schema' | 'fragments' | 'operation'>
}

function rootOf(planning: Planning, type: GraphQLObjectType, { key, nodes, info: shared }: Selected): Root {
  const [node] = nodes
  const field = node && type.getFields()[node.name.value]
  if (!field) throw new Unplannable()
  const resolve = field.resolve ?? ((rootValue: unknown) => propertyOf(rootValue, field.name))
  const path = { prev: undefined, key, typename: type.name }
  const info = { ...shared, fieldName: field.name, fieldNodes: nodes, returnType: field.type, path }
  const argumentsIn = argumentsOf(field, node)
  return {
    key,
    info,
    read: readerOf(planning, field.type, nodes),
    ask: async (args, variables) => {
      try {
        const { rootValue, contextValue } = args
        const asked = resolve(rootValue, argumentsIn(variables), contextValue, infoOf(info, { args, variables }))
        return { kind: 'value', value: await asked }
      } catch (error) {
        return { kind: 'thrown', error }
      }
    },
  }
}
