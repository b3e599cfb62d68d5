/** Apollo Server as we use it: errors masked, documents kept, nothing reported to anybody. */
import { ApolloServer, HeaderMap, type ApolloServerPlugin, type GraphQLRequestListener } from '@apollo/server'
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled'
import type { Log } from '@fornax/kernel/log'
import type { GraphQLSchema } from 'graphql'
import type { RequestContext } from './context.ts'
import type { DocumentStore } from './documents.ts'
import { toPublicError } from './errors.ts'
import { limitRules, parseOptions } from './limits.ts'
import type { OperationPlans } from './operation-plans.ts'

export type ApolloOptions = {
  readonly schema: GraphQLSchema
  readonly documents: DocumentStore
  readonly plans: OperationPlans
  readonly isProduction: boolean
  readonly log: Log
}

export async function startApollo(options: ApolloOptions): Promise<ApolloServer<RequestContext>> {
  const { schema, documents, plans, isProduction, log } = options
  const apollo = new ApolloServer<RequestContext>({
    schema,
    parseOptions,
    validationRules: [...limitRules],
    documentStore: {
      get: async (key) => documents.get(key),
      set: async (key, document) => void documents.set(key, document),
      delete: async (key) => documents.delete(key),
    },
    csrfPrevention: true,
    introspection: true, // Who may is decided before Apollo is asked.
    includeStacktraceInErrorResponses: false,
    allowBatchedHttpRequests: false,
    persistedQueries: false,
    stopOnTerminationSignals: false,
    formatError: (formatted, error) => toPublicError(formatted, error, { log, isProduction }),
    logger: {
      debug: (message: unknown) => log.debug({ message }, 'apollo'),
      info: (message: unknown) => log.info({ message }, 'apollo'),
      warn: (message: unknown) => log.warn({ message }, 'apollo'),
      error: (message: unknown) => log.error({ message }, 'apollo'),
    },
    plugins: [
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginInlineTraceDisabled(),
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginSchemaReportingDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
      planned(plans),
    ],
  })
  await apollo.start()
  return apollo
}

/** Answers by a plan what has one and no errors; everything else is executed as Apollo does it. */
function planned(plans: OperationPlans): ApolloServerPlugin<RequestContext> {
  const listener: GraphQLRequestListener<RequestContext> = {
    responseForOperation: async ({ document, request, contextValue }) => {
      const { operationName, variables: variableValues } = request
      const data = await plans.data({ document, operationName, variableValues, contextValue })
      if (data === null) return null
      return { http: { headers: new HeaderMap() }, body: { kind: 'single', singleResult: { data } } }
    },
  }
  return { requestDidStart: () => Promise.resolve(listener) }
}
