/** The rows of the ledger as text, checked on their way back in: a disk is a border like any other. */
import { VERSION_DEFAULTS } from '@fornax/node-model/application-version'
import { ISOLATIONS } from '@fornax/node-model/isolation-rules'
import { z } from 'zod'

const port = z.object({ name: z.string(), protocol: z.string(), containerPort: z.number() })
const endpoint = z.object({ name: z.string(), protocol: z.string(), host: z.string(), port: z.number() })
const activeProbes = [
  z.object({ kind: z.literal('http'), portName: z.string(), path: z.string() }),
  z.object({ kind: z.literal('tcp'), portName: z.string() }),
  z.object({ kind: z.literal('exec'), command: z.array(z.string()) }),
] as const
const probe = z.discriminatedUnion('kind', [z.object({ kind: z.literal('none') }), ...activeProbes])
const liveness = z.object({
  probe: z.discriminatedUnion('kind', activeProbes),
  initialDelayMs: z.number(),
  periodMs: z.number(),
  timeoutMs: z.number(),
  failureThreshold: z.number(),
})

const hibernation = z.object({
  depth: z.enum(['none', 'frozen', 'light', 'deep']),
  residentBytesBefore: z.number().nullable(),
  residentBytesAfter: z.number().nullable(),
  swappedBytes: z.number().nullable(),
  problem: z.string(),
  wakeUs: z.number().nullable(),
})

/** An application version as it was told by the core. */
export const versionRow = z.object({
  versionId: z.string(),
  applicationName: z.string(),
  versionNumber: z.number(),
  image: z.string(),
  command: z.array(z.string()),
  args: z.array(z.string()),
  env: z.record(z.string(), z.string()),
  ports: z.array(port),
  cpuMillis: z.number(),
  memoryBytes: z.number(),
  runtimeClass: z.string(),
  minIsolation: z.enum(ISOLATIONS),
  sessionsPerPod: z.number(),
  readiness: z.object({ probe, initialDelayMs: z.number(), periodMs: z.number(), timeoutMs: z.number() }),
  usesSessionService: z.boolean(),
  workingDirectory: z.string(),
  files: z.array(z.object({ path: z.string(), content: z.string() })).optional(),
  imagePullPolicy: z.enum(['ifNotPresent', 'always', 'never']).optional(),
  // Ledgers of older agents do not say what follows.
  user: z.string().default(VERSION_DEFAULTS.user),
  hasWritableRoot: z.boolean().default(VERSION_DEFAULTS.hasWritableRoot),
  capabilities: z.array(z.string()).default([]),
  ephemeralBytes: z.number().default(VERSION_DEFAULTS.ephemeralBytes),
  terminationGraceMs: z.number().default(VERSION_DEFAULTS.terminationGraceMs),
  liveness: liveness.nullable().default(null),
})

/** A pod with what its runtime needs to find it. */
export const podRow = z.object({
  pod: z.object({
    podId: z.string(),
    versionId: z.string(),
    runtime: z.string(),
    phase: z.enum(['creating', 'standby', 'hibernated', 'active', 'terminating', 'terminated', 'failed']),
    createdAtMs: z.number(),
    readyAfterMs: z.number(),
    grantEpoch: z.number(),
    deadlineMs: z.number().nullable(),
    failure: z
      .object({
        kind: z.enum([
          'startFailed',
          'notReady',
          'exited',
          'outOfMemory',
          'outOfDisk',
          'unhealthy',
          'wakeFailed',
          'lost',
        ]),
        reason: z.string(),
      })
      .nullable(),
    exitCode: z.number().nullable(),
    // Ledgers of older agents do not say.
    isSpent: z.boolean().default(false),
    isAsleep: z.boolean().default(false),
    deeperAfterMs: z.number().default(0),
    dozeAfterMs: z.number().default(0),
    hibernation: hibernation.nullable().default(null),
    lastLogLines: z.array(z.string()),
    startPhases: z
      .object({
        waitMs: z.number(),
        sandboxMs: z.number(),
        createMs: z.number(),
        startMs: z.number(),
        readyMs: z.number(),
      })
      .nullable()
      .default(null),
  }),
  handle: z.string().nullable(),
  hostPorts: z.array(z.number()),
  sessionFolder: z.string().nullable(),
  needsSecrets: z.boolean().default(false), // Ledgers of older agents do not say.
})

/** A session without its data, which has a column of its own. */
export const sessionRow = z.object({
  sessionId: z.string(),
  podId: z.string(),
  grantEpoch: z.number(),
  phase: z.enum(['waiting', 'opening', 'available', 'inUse', 'closing', 'killing', 'clearing', 'closed']),
  env: z.record(z.string(), z.string()).nullable(),
  hostPorts: z.array(z.number()),
  endpoints: z.array(endpoint),
  clientCount: z.number(),
  end: z.enum(['requested', 'exited', 'podLost', 'startFailed', 'wakeFailed']).nullable(),
  message: z.string(),
  killPod: z.boolean(),
  deadlineMs: z.number().nullable(),
})

/** The marks of all cores. */
export const epochMarksRow = z.array(
  z.object({ coreId: z.string(), epoch: z.number(), proof: z.string().exactOptional() }),
)
