/** The schema is public in development; in production only the operator may ask for it. */
import { GraphQLError } from 'graphql'
import type { Viewer } from '../tenants/tenant.ts'

const META_FIELD = /\b__(schema|type)\b/

export function introspectionProblem(source: unknown, viewer: Viewer, isProduction: boolean): GraphQLError | null {
  if (!isProduction || viewer.role === 'operator') return null
  if (typeof source !== 'string' || !META_FIELD.test(source)) return null
  return new GraphQLError('Here, only the operator may ask for the schema.', { extensions: { code: 'FORBIDDEN' } })
}
