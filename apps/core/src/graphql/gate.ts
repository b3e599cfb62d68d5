/** What every request passes before it is read as GraphQL, over HTTP and over WebSocket. */
import { GraphQLError } from 'graphql'
import type { Viewer } from '../tenants/tenant.ts'
import { DEFAULT_TRAFFIC, TenantTraffic, type TrafficLimits } from './tenant-traffic.ts'
import type { TrustedDocuments } from './trusted-documents.ts'

/** Who may ask for the schema. */
export type IntrospectionRule = 'everybody' | 'operator' | 'nobody'

export type Gate = {
  readonly traffic: TenantTraffic
  /** Null: any document may be asked. */
  readonly trusted: TrustedDocuments | null
  readonly introspection: IntrospectionRule
}

export type GateOptions = {
  readonly traffic?: Partial<TrafficLimits>
  readonly trusted?: TrustedDocuments | null
  readonly introspection?: IntrospectionRule | null
}

export function openGate(options: GateOptions, isProduction: boolean, nowMs: () => number): Gate {
  return {
    traffic: new TenantTraffic({ ...DEFAULT_TRAFFIC, ...options.traffic }, nowMs),
    trusted: options.trusted ?? null,
    introspection: options.introspection ?? (isProduction ? 'operator' : 'everybody'),
  }
}

const META_FIELD = /\b__(schema|type)\b/

/** Why a document may not ask for the schema; null: it may, or does not. */
export function introspectionProblem(source: unknown, viewer: Viewer, rule: IntrospectionRule): GraphQLError | null {
  if (rule === 'everybody' || (rule === 'operator' && viewer.role === 'operator')) return null
  if (typeof source !== 'string' || !META_FIELD.test(source)) return null
  const message =
    rule === 'nobody' ? 'Here, nobody may ask for the schema.' : 'Here, only the operator may ask for the schema.'
  return new GraphQLError(message, { extensions: { code: 'FORBIDDEN' } })
}

/** Too many requests of one tenant. */
export function rateLimited(waitMs: number): GraphQLError {
  const message = `Your tenant asks too often; try again in ${waitMs} ms.`
  return new GraphQLError(message, { extensions: { code: 'RATE_LIMITED', retryAfterMs: waitMs } })
}
