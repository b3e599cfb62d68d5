/** How much one client may ask for. Every limit of the API stands here. */
import { ApolloArmor } from '@escape.tech/graphql-armor'
import {
  getNamedType,
  GraphQLError,
  isCompositeType,
  isInterfaceType,
  isObjectType,
  Kind,
  type ASTVisitor,
  type FieldNode,
  type GraphQLCompositeType,
  type ParseOptions,
  type SelectionNode,
  type SelectionSetNode,
  type ValidationContext,
  type ValidationRule,
} from 'graphql'

/** Of a request over HTTP and of a message over WebSocket: a batch of sessions with some data each fits. */
export const BODY_BYTES_MAX = 1024 * 1024
export const PAGE_DEFAULT = 50
export const PAGE_MAX = 500
/** All pages of one request together. */
export const REQUEST_OBJECTS_MAX = 2_000
export const BATCH_SESSIONS_MAX = 500
export const SOCKET_OPERATIONS_MAX = 50
/** A client that lets more than this pile up unread on its socket is cut off. */
export const SOCKET_UNREAD_BYTES_MAX = 16 * 1024 * 1024
export const LOG_LINES_MAX = 10_000

const DEPTH_MAX = 10
const ALIASES_MAX = 15
const DIRECTIVES_MAX = 20
/** A page of 500 with every field of a session, its pod and its application costs about half of it. */
const COST_MAX = 150_000
const TOKENS_MAX = 1_000
/** Fields of an operation, when its fragments are written out. */
const SELECTIONS_MAX = 1_000
/** How often a path may come to the same type: a session's pod's sessions, but not their pods again. */
const SAME_TYPE_ON_PATH_MAX = 2

export const parseOptions: ParseOptions = { maxTokens: TOKENS_MAX }

/** Rules beyond those of the GraphQL specification. */
export const limitRules: readonly ValidationRule[] = [...armorRules(), selectionRule]

function armorRules(): readonly ValidationRule[] {
  const armor = new ApolloArmor({
    // It answers a syntax error with a 500; graphql-js has the same limit, and answers with a 400.
    maxTokens: { enabled: false },
    blockFieldSuggestion: { enabled: false },
    costLimit: { maxCost: COST_MAX, flattenFragments: true },
    maxAliases: { n: ALIASES_MAX },
    maxDepth: { n: DEPTH_MAX, flattenFragments: true },
    maxDirectives: { n: DIRECTIVES_MAX },
  })
  return armor.protect().validationRules
}

/**
 * Bounds what an operation selects once its fragments are written out: how many fields, and how often a
 * path returns to a type. Depth alone does not: lists inside lists multiply.
 */
export function selectionRule(context: ValidationContext): ASTVisitor {
  return {
    OperationDefinition: (operation) => {
      const root = context.getSchema().getRootType(operation.operation)
      if (root) new Selections(context).walk(operation.selectionSet, root, [])
    },
  }
}

class Selections {
  readonly #context: ValidationContext
  readonly #openFragments = new Set<string>()
  #count = 0
  #isRefused = false

  constructor(context: ValidationContext) {
    this.#context = context
  }

  walk(set: SelectionSetNode, type: GraphQLCompositeType, path: readonly GraphQLCompositeType[]): void {
    for (const selection of set.selections) {
      if (this.#isRefused) return
      this.#enter(selection, type, path)
    }
  }

  #enter(selection: SelectionNode, type: GraphQLCompositeType, path: readonly GraphQLCompositeType[]): void {
    this.#count += 1 // Fragments too: those that hold nothing but fragments multiply as well.
    if (this.#count > SELECTIONS_MAX) return this.#refuse(selection, `selects more than ${SELECTIONS_MAX} fields`)
    if (selection.kind === Kind.FIELD) return this.#field(selection, type, path)
    const name = selection.kind === Kind.FRAGMENT_SPREAD ? selection.name.value : null
    const fragment = name === null ? selection : this.#context.getFragment(name)
    if (!fragment || !('selectionSet' in fragment) || (name !== null && this.#openFragments.has(name))) return
    if (name !== null) this.#openFragments.add(name) // A cycle is another rule's to refuse.
    const condition = fragment.typeCondition?.name.value
    const narrowed = condition === undefined ? type : this.#context.getSchema().getType(condition)
    if (narrowed && isCompositeType(narrowed)) this.walk(fragment.selectionSet, narrowed, path)
    if (name !== null) this.#openFragments.delete(name)
  }

  #field(field: FieldNode, type: GraphQLCompositeType, path: readonly GraphQLCompositeType[]): void {
    if (!field.selectionSet || !(isObjectType(type) || isInterfaceType(type))) return
    const definition = type.getFields()[field.name.value]
    const inner = definition && getNamedType(definition.type)
    if (!inner || !isCompositeType(inner)) return // What does not exist is another rule's to refuse.
    if (path.filter((outer) => outer === inner).length >= SAME_TYPE_ON_PATH_MAX)
      return this.#refuse(field, `comes back to ${inner.name} more than ${SAME_TYPE_ON_PATH_MAX} times on one path`)
    this.walk(field.selectionSet, inner, [...path, inner])
  }

  #refuse(at: SelectionNode, why: string): void {
    this.#isRefused = true
    this.#context.reportError(new GraphQLError(`This operation ${why}.`, { nodes: at }))
  }
}
