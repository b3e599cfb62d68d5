/** The documents inside rows: what is read from a JSON column is checked before anybody relies on it. */
import { z } from 'zod'
import { SPEC_DEFAULTS, type ScalingTarget, type VersionSpec } from '../applications/application.ts'
import type { Provision } from '../applications/provision.ts'
import {
  SESSION_STEPS,
  type Endpoint,
  type PodOrigin,
  type SessionActor,
  type SessionRequest,
  type TimelineEntry,
} from '../sessions/session.ts'

/** What of a request is one document. The rest has columns of its own. */
export type RequestDocument = Omit<SessionRequest, 'data' | 'labels' | 'idempotency'>

const texts = z.record(z.string(), z.string())
const protocol = z.enum(['http', 'tcp', 'udp'])

const secretUse = z.object({
  secret: z.string(),
  as: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('env'), name: z.string() }),
    z.object({ kind: z.literal('file'), path: z.string() }),
  ]),
})

const provision = z.object({
  files: z.array(z.object({ path: z.string(), content: z.string() })),
  secrets: z.array(secretUse),
  imagePullPolicy: z.enum(['ifNotPresent', 'always', 'never']),
  imagePullSecrets: z.array(z.string()),
}) satisfies z.ZodType<Provision>

const probes = [
  z.object({ kind: z.literal('http'), portName: z.string(), path: z.string() }),
  z.object({ kind: z.literal('tcp'), portName: z.string() }),
  z.object({ kind: z.literal('exec'), command: z.array(z.string()) }),
] as const

const liveness = z.object({
  probe: z.discriminatedUnion('kind', probes),
  initialDelayMs: z.number(),
  periodMs: z.number(),
  timeoutMs: z.number(),
  failureThreshold: z.number(),
})

const spec = z.object({
  image: z.string(),
  command: z.array(z.string()),
  args: z.array(z.string()),
  env: texts,
  workingDirectory: z.string().nullable(),
  ports: z.array(z.object({ name: z.string(), protocol, containerPort: z.number() })),
  cpuMillis: z.number(),
  memoryBytes: z.number(),
  readiness: z.object({
    probe: z.discriminatedUnion('kind', [...probes, z.object({ kind: z.literal('none') })]),
    initialDelayMs: z.number(),
    periodMs: z.number(),
    timeoutMs: z.number(),
  }),
  sessionsPerPod: z.number(),
  usesSessionService: z.boolean(),
  runtimeClass: z.string().nullable(),
  minIsolation: z.enum(['none', 'simulated', 'namespace', 'container', 'sandbox']),
  toleratesSimulated: z.boolean(),
  provision: provision.optional(),
  // Versions from before these do not say them.
  user: z.string().nullable().default(SPEC_DEFAULTS.user),
  hasWritableRoot: z.boolean().default(SPEC_DEFAULTS.hasWritableRoot),
  capabilities: z.array(z.string()).default([]),
  ephemeralBytes: z.number().nullable().default(SPEC_DEFAULTS.ephemeralBytes),
  terminationGraceMs: z.number().default(SPEC_DEFAULTS.terminationGraceMs),
  liveness: liveness.nullable().default(SPEC_DEFAULTS.liveness),
}) satisfies z.ZodType<VersionSpec>

const target = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('idleCount'), low: z.number(), high: z.number() }),
  z.object({ kind: z.literal('idlePercent'), low: z.number(), high: z.number() }),
]) satisfies z.ZodType<ScalingTarget>

const request = z.object({
  openTimeoutMs: z.number(),
  closeGraceMs: z.number(),
  killPodOnClose: z.boolean(),
  idleTimeoutMs: z.number().nullable(),
  maxLifetimeMs: z.number().nullable(),
  env: texts,
}) satisfies z.ZodType<RequestDocument>

const endpoints = z.array(
  z.object({ name: z.string(), protocol, host: z.string(), port: z.number() }),
) satisfies z.ZodType<Endpoint[]>

const podOrigin = z.discriminatedUnion('kind', [
  z.object({ kind: z.enum(['hot', 'hibernated', 'shared']) }),
  z.object({ kind: z.literal('made'), choice: z.number(), waitedForRoomMs: z.number() }),
]) satisfies z.ZodType<PodOrigin>

const actor = z.object({
  id: z.string(),
  source: z.string().nullable(),
  requestId: z.string(),
}) satisfies z.ZodType<SessionActor>

const timeline = z.array(
  z.object({
    step: z.enum(SESSION_STEPS),
    atMs: z.number(),
    pod: podOrigin.exactOptional(),
    by: actor.exactOptional(),
  }),
) satisfies z.ZodType<TimelineEntry[]>

export function parseSpec(document: unknown): VersionSpec {
  return spec.parse(document)
}

export function parseTarget(document: unknown): ScalingTarget {
  return target.parse(document)
}

export function parseLabels(document: unknown): Readonly<Record<string, string>> {
  return texts.parse(document)
}

/** The columns of a session that are documents. SQLite gives text, PostgreSQL what was in it. */
export const sessionDocuments = {
  labels: z.preprocess(decoded, texts),
  request: z.preprocess(decoded, request),
  endpoints: z.preprocess(decoded, endpoints),
  timeline: z.preprocess(decoded, timeline),
}

function decoded(column: unknown): unknown {
  return typeof column === 'string' ? JSON.parse(column) : column
}
