/** Applications, their versions and policies as Prisma gives and takes them. */
import { invariant } from '@fornax/kernel/assert'
import type { Application, ApplicationVersion, ScalingPolicy } from '../applications/application.ts'
import { parseSpec, parseTarget } from './documents.ts'
import type { ApplicationRow, JsonDocument, PolicyRow, VersionRow } from './prisma-client.ts'

export function toVersion(row: VersionRow): ApplicationVersion {
  const { id, applicationId, number, createdAtMs, spec } = row
  return { id, applicationId, number, createdAtMs: Number(createdAtMs), spec: parseSpec(spec) }
}

/** All of it but its application. */
export function fromVersion(version: ApplicationVersion): {
  readonly id: string
  readonly number: number
  readonly createdAtMs: number
  readonly spec: JsonDocument
} {
  const { id, number, createdAtMs, spec } = version
  return { id, number, createdAtMs, spec: { ...spec } }
}

export function toPolicy(row: PolicyRow): ScalingPolicy {
  return {
    minPods: row.minPods,
    maxPods: row.maxPods,
    burst: row.burst,
    scaleDownDelayMs: Number(row.scaleDownDelayMs),
    target: parseTarget(row.target),
    keepHot: row.keepHot,
    hibernateAfterMs: row.hibernateAfterMs === null ? null : Number(row.hibernateAfterMs),
    wakeOnTraffic: row.wakeOnTraffic,
  }
}

export function fromPolicy(policy: ScalingPolicy): Omit<ScalingPolicy, 'target'> & { readonly target: JsonDocument } {
  const { minPods, maxPods, burst, scaleDownDelayMs, target, keepHot, hibernateAfterMs, wakeOnTraffic } = policy
  const rest = { keepHot, hibernateAfterMs, wakeOnTraffic }
  return { minPods, maxPods, burst, scaleDownDelayMs, target: { ...target }, ...rest }
}

/** `versions` holds at least its newest version and its fallback. */
export function toApplication(row: ApplicationRow, versions: ReadonlyMap<string, ApplicationVersion>): Application {
  const { id, tenantId, name, revision, createdAtMs, newestVersionId, fallbackVersionId, isProven } = row
  const version = versions.get(newestVersionId)
  const fallback = fallbackVersionId === null ? null : versions.get(fallbackVersionId)
  invariant(version, `application ${id} has the version ${newestVersionId}`)
  invariant(fallback !== undefined, `application ${id} has the version ${fallbackVersionId}`)
  invariant(row.scalingPolicy, `application ${id} has a scaling policy`)
  const scalingPolicy = toPolicy(row.scalingPolicy)
  return { id, tenantId, name, revision, createdAtMs: Number(createdAtMs), scalingPolicy, version, fallback, isProven }
}
