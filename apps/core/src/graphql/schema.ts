/** The executable schema: the files beside this one, their resolvers, and the rules before each. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeExecutableSchema } from '@graphql-tools/schema'
import type { GraphQLSchema } from 'graphql'
import {
  applicationMutations,
  applicationQueries,
  applicationSubscriptions,
  applicationTypes,
} from './applications.resolvers.ts'
import {
  computeNodeMutations,
  computeNodeQueries,
  computeNodeSubscriptions,
  computeNodeTypes,
} from './compute-nodes.resolvers.ts'
import type { RequestContext } from './context.ts'
import { eventQueries, eventSubscriptions, eventTypes } from './events.resolvers.ts'
import { enumTables } from './enums.ts'
import { admissionMutations, admissionQueries, admissionTypes } from './admissions.resolvers.ts'
import { auditQueries, auditSubscriptions, auditTypes } from './audit.resolvers.ts'
import { fleetQueries, fleetTypes } from './fleet.resolvers.ts'
import type { MutationResolvers, QueryResolvers, Resolvers, SubscriptionResolvers } from './generated/resolver-types.ts'
import { guardFields, guardRoots } from './guard.ts'
import { historyQueries, historyTypes } from './history.resolvers.ts'
import { podQueries, podSubscriptions, podTypes } from './pods.resolvers.ts'
import { previewQueries } from './previews.resolvers.ts'
import { scalars } from './scalars.ts'
import { imageTypes } from './provision-fields.ts'
import { secretMutations, secretQueries, secretTypes } from './secrets.resolvers.ts'
import { sessionMutations, sessionQueries, sessionSubscriptions, sessionTypes } from './sessions.resolvers.ts'
import { tenantMutations, tenantQueries, tenantTypes } from './tenants.resolvers.ts'
import { userMutations, userQueries, userTypes } from './users.resolvers.ts'

const FOLDER = join(import.meta.dirname, 'schema')

const queries: Required<QueryResolvers> = {
  ...admissionQueries,
  ...auditQueries,
  ...applicationQueries,
  ...computeNodeQueries,
  ...eventQueries,
  ...fleetQueries,
  ...historyQueries,
  ...podQueries,
  ...secretQueries,
  ...previewQueries,
  ...sessionQueries,
  ...tenantQueries,
  ...userQueries,
}

const mutations: Required<MutationResolvers> = {
  ...admissionMutations,
  ...applicationMutations,
  ...computeNodeMutations,
  ...secretMutations,
  ...sessionMutations,
  ...tenantMutations,
  ...userMutations,
}

const subscriptions: Required<SubscriptionResolvers> = {
  ...applicationSubscriptions,
  ...auditSubscriptions,
  ...computeNodeSubscriptions,
  ...eventSubscriptions,
  ...podSubscriptions,
  ...sessionSubscriptions,
}

const resolvers: Resolvers = {
  ...scalars,
  ...enumTables,
  ...admissionTypes,
  ...auditTypes,
  ...applicationTypes,
  ...computeNodeTypes,
  ...eventTypes,
  ...fleetTypes,
  ...historyTypes,
  ...podTypes,
  ...imageTypes,
  ...secretTypes,
  ...sessionTypes,
  ...tenantTypes,
  ...userTypes,
  Query: queries,
  Mutation: mutations,
  Subscription: subscriptions,
}

export function createSchema(): GraphQLSchema {
  const files = readdirSync(FOLDER).filter((name) => name.endsWith('.graphql'))
  const typeDefs = files.map((name) => readFileSync(join(FOLDER, name), 'utf8'))
  const schema = makeExecutableSchema<RequestContext>({ typeDefs, resolvers })
  guardRoots(schema)
  guardFields(schema)
  return schema
}
