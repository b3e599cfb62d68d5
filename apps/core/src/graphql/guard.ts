/**
 * Puts the access rules before every field of the roots. A rule is found by the name of its field, so a field
 * cannot have the wrong one; and a field without a rule, or a rule without a field, does not compile.
 */
import { invariant } from '@fornax/kernel/assert'
import { isNonNullType, isObjectType, type GraphQLFieldResolver, type GraphQLSchema } from 'graphql'
import {
  FIELD_RULES,
  hasRole,
  isOperation,
  mayDo,
  neededRole,
  type Operation,
  type PersonRole,
} from '../tenants/access-rules.ts'
import type { RequestContext } from './context.ts'
import { forbidden } from './errors.ts'
import type {
  CloseSessionsInput,
  MutationResolvers,
  OpenSessionsInput,
  QueryResolvers,
  Resolvers,
  SubscriptionResolvers,
} from './generated/resolver-types.ts'
import type { Said } from './said.ts'
import { notAllowed } from './problems.ts'
import { propertyOf } from './value-readers.ts'
import { affairOf, auditedState, AUDITED_IN_GROUPS, factOf, failureOf, refusalOf } from './request-audit.ts'

type RootField = keyof QueryResolvers | keyof MutationResolvers | keyof SubscriptionResolvers
type Covers<All extends string, Some extends All> = Some
type Guarded = Covers<Operation, RootField> & Covers<RootField, Operation>

/** A rule for every field that the schema has of those types that have rules: one that lacks it does not compile. */
type FieldRules = {
  readonly [Name in keyof typeof FIELD_RULES]: Readonly<Record<FieldOf<NonNullable<Resolvers[Name]>>, PersonRole>>
}
type FieldOf<Type> = Exclude<keyof Type & string, '__isTypeOf'>
const fieldRules: FieldRules = FIELD_RULES

type Resolve = GraphQLFieldResolver<unknown, RequestContext>

/** Queries and watches that the role does not allow fail; mutations answer with a problem, as for any other refusal. */
export function guardRoots(schema: GraphQLSchema): void {
  for (const field of Object.values(schema.getQueryType()?.getFields() ?? {}))
    field.resolve = orFail(guarded(field.name), field.resolve)
  for (const field of Object.values(schema.getSubscriptionType()?.getFields() ?? {}))
    field.subscribe = orFail(guarded(field.name), field.subscribe)
  for (const field of Object.values(schema.getMutationType()?.getFields() ?? {}))
    field.resolve = orProblem(guarded(field.name), field.resolve)
}

/** Fields that say more than everybody may know are null for whoever lacks the role. */
export function guardFields(schema: GraphQLSchema): void {
  for (const [typeName, rules] of Object.entries<Readonly<Record<string, PersonRole>>>(fieldRules)) {
    const type = schema.getType(typeName)
    invariant(isObjectType(type), `${typeName} is a type of the schema`)
    for (const field of Object.values(type.getFields())) {
      const needed = rules[field.name]
      invariant(needed, `${typeName}.${field.name} has a rule`)
      if (needed === 'viewer') continue
      invariant(!isNonNullType(field.type), `${typeName}.${field.name} may be null: not everybody sees it`)
      // Not graphql-js' default: that asks `info` for the name of the field, and plans hand on that of the root field.
      const resolve: Resolve = field.resolve ?? ((object) => propertyOf(object, field.name))
      // Named or not, whoever plans operations counts the parameters: only unusual resolvers name the fourth.
      field.resolve = (object, args, context: RequestContext, ...[info]) =>
        hasRole(context.viewer, needed) ? resolve(object, args, context, info) : null
    }
  }
}

function guarded(name: string): Guarded {
  invariant(isOperation(name), `the field ${name} has a rule`)
  return name
}

function orFail(operation: Operation, resolve: Resolve | undefined): Resolve {
  invariant(resolve, `the field ${operation} has a resolver`)
  const needed = neededRole(operation)
  return (root, args, context, info) => {
    const said = context.said?.get(info.path.key)
    if (said) return repeat(said)
    if (mayDo(context.viewer.role, operation)) return resolve(root, args, context, info)
    const asked = { action: operation, args: Object(args), tenantId: context.viewer.tenantId }
    context.core.audit.record(refusalOf(context, asked))
    throw forbidden(operation, needed)
  }
}

/** Carries a mutation out, and lets the audit know what came of it. */
async function recorded(
  context: RequestContext,
  asked: { readonly action: string; readonly args: object },
  act: () => unknown,
): Promise<unknown> {
  const { audit } = context.core
  context.change = null // Mutations of one request run one after another.
  const before = auditedState(context, asked) ?? null
  const tenantId = affairOf(context, asked)
  try {
    const payload = await act()
    const after = auditedState(context, asked) ?? null
    const change = context.change ?? (before === null && after === null ? undefined : { before, after })
    audit.record(factOf(context, { ...asked, change, tenantId }, payload))
    return payload
  } catch (error) {
    audit.record(failureOf(context, { ...asked, tenantId }))
    throw error
  }
}

function repeat(said: Said): unknown {
  if (said.kind === 'thrown') throw said.error
  return said.value
}

function orProblem(operation: Operation, resolve: Resolve | undefined): Resolve {
  invariant(resolve, `the field ${operation} has a resolver`)
  const needed = neededRole(operation)
  return (root, args, context, info) => {
    const said = context.said?.get(info.path.key)
    if (said) return repeat(said)
    const asked = { action: operation, args: Object(args) }
    if (mayDo(context.viewer.role, operation)) {
      const act = (): unknown => resolve(root, args, context, info)
      return AUDITED_IN_GROUPS.has(operation) ? act() : recorded(context, asked, act)
    }
    context.core.audit.record(refusalOf(context, { ...asked, tenantId: context.viewer.tenantId }))
    const { resourceVersion } = context.core.fleet
    const refusal = { problem: notAllowed(needed, operation), resourceVersion, sessionCount: 0 }
    const batch = batchOf(operation, args)
    return batch === null ? refusal : { results: batch.map(() => refusal) }
  }
}

/** The entries of a mutation that answers each of many; null for others. The schema has checked their shape. */
function batchOf(operation: Operation, args: object): readonly unknown[] | null {
  if (isOpening(operation, args)) return args.input.sessions
  return isClosing(operation, args) ? args.input.ids : null
}

function isOpening(operation: Operation, _args: object): _args is { readonly input: OpenSessionsInput } {
  return operation === 'openSessions'
}

function isClosing(operation: Operation, _args: object): _args is { readonly input: CloseSessionsInput } {
  return operation === 'closeSessions'
}
