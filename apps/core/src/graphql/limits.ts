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
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLField,
  type InlineFragmentNode,
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
const TOKENS_MAX = 1_000
/** Selections of an operation, when its fragments are written out. */
const SELECTIONS_MAX = 1_000
/** Values that an operation can ask for: its selections, those of a page as often as the page has objects. */
const COST_MAX = 100_000
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
    // It takes `first` as it stands, which we cut to the maximum, and not at all when it is a variable.
    costLimit: { enabled: false },
    maxAliases: { n: ALIASES_MAX },
    maxDepth: { n: DEPTH_MAX, flattenFragments: true },
    maxDirectives: { n: DIRECTIVES_MAX },
  })
  return armor.protect().validationRules
}

/**
 * Bounds what an operation selects once its fragments are written out: how many fields, of how many objects,
 * and how often a path returns to a type. Depth alone does not: lists inside lists multiply.
 */
export function selectionRule(context: ValidationContext): ASTVisitor {
  return {
    OperationDefinition: (operation) => {
      const root = context.getSchema().getRootType(operation.operation)
      if (root) new Selections(context).walk(operation.selectionSet, { type: root, path: [], objects: 1 })
    },
  }
}

/** Where a selection stands: in which type, by which types it was reached, and how many objects there can be. */
type Place = {
  readonly type: GraphQLCompositeType
  readonly path: readonly GraphQLCompositeType[]
  readonly objects: number
}

class Selections {
  readonly #context: ValidationContext
  readonly #openFragments = new Set<string>()
  #count = 0
  #cost = 0
  #isRefused = false

  constructor(context: ValidationContext) {
    this.#context = context
  }

  walk(set: SelectionSetNode, place: Place): void {
    for (const selection of set.selections) {
      if (this.#isRefused) return
      this.#enter(selection, place)
    }
  }

  #enter(selection: SelectionNode, place: Place): void {
    this.#count += 1 // Fragments too: those that hold nothing but fragments multiply as well.
    this.#cost += place.objects
    if (this.#count > SELECTIONS_MAX) return this.#refuse(selection, `selects more than ${SELECTIONS_MAX} fields`)
    if (this.#cost > COST_MAX) return this.#refuse(selection, `can ask for more than ${COST_MAX} values`)
    if (selection.kind === Kind.FIELD) return this.#field(selection, place)
    if (selection.kind === Kind.INLINE_FRAGMENT) return this.#narrow(selection, place)
    const name = selection.name.value
    const fragment = this.#context.getFragment(name)
    if (!fragment || this.#openFragments.has(name)) return // A cycle is another rule's to refuse.
    this.#openFragments.add(name)
    this.#narrow(fragment, place)
    this.#openFragments.delete(name)
  }

  #narrow({ typeCondition, selectionSet }: InlineFragmentNode | FragmentDefinitionNode, place: Place): void {
    const type = typeCondition ? this.#context.getSchema().getType(typeCondition.name.value) : place.type
    if (type && isCompositeType(type)) this.walk(selectionSet, { ...place, type })
  }

  #field(field: FieldNode, { type, path, objects }: Place): void {
    if (!field.selectionSet || !(isObjectType(type) || isInterfaceType(type))) return
    const definition = type.getFields()[field.name.value]
    const inner = definition && getNamedType(definition.type)
    if (!inner || !isCompositeType(inner)) return // What does not exist is another rule's to refuse.
    if (path.filter((outer) => outer === inner).length >= SAME_TYPE_ON_PATH_MAX)
      return this.#refuse(field, `comes back to ${inner.name} more than ${SAME_TYPE_ON_PATH_MAX} times on one path`)
    this.walk(field.selectionSet, {
      type: inner,
      path: [...path, inner],
      objects: objects * pageSizeOf(field, definition),
    })
  }

  #refuse(at: SelectionNode, why: string): void {
    this.#isRefused = true
    this.#context.reportError(new GraphQLError(`This operation ${why}.`, { nodes: at }))
  }
}

/** The most that a page can hold; a variable can be anything. Fields that are no pages count once. */
function pageSizeOf(field: FieldNode, definition: GraphQLField<unknown, unknown>): number {
  if (!definition.args.some(({ name }) => name === 'first')) return 1
  const first = field.arguments?.find(({ name }) => name.value === 'first')?.value
  if (!first) return PAGE_DEFAULT
  return first.kind === Kind.INT ? Math.min(Number(first.value), PAGE_MAX) : PAGE_MAX
}
