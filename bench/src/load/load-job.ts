/** What the load tool is told to do, and what it says it did: messages between the bench and its load process. */
import { z } from 'zod'
import { latencySummary } from '../measure/latency.ts'

const target = z.object({
  host: z.string(),
  port: z.number(),
  token: z.string(),
  transport: z.enum(['http', 'ws']),
})

/** Closed loop: each application opens so many at a time, waits until the last of them is there, and goes on. */
const closedLoop = z.object({ kind: z.literal('closed'), concurrency: z.number() })
/** Open loop: calls leave at a constant rate, whatever happens to those before. */
const openLoop = z.object({ kind: z.literal('open'), callsPerSecond: z.number() })

const loadJob = z.object({
  type: z.literal('load'),
  target,
  applications: z.array(z.string()),
  /** Calls in all; each opens `batch` sessions. */
  calls: z.number(),
  batch: z.number(),
  loop: z.discriminatedUnion('kind', [closedLoop, openLoop]),
  /** Sessions are closed so long after they were available; null: never. */
  livesMs: z.number().nullable(),
  /** No new calls after this long. */
  longestMs: z.number(),
})

const loadOutcome = z.object({
  type: z.literal('outcome'),
  /** Sessions that were available. */
  opened: z.number(),
  errors: z.number(),
  /** Up to a few, in words. */
  errorSamples: z.array(z.string()),
  seconds: z.number(),
  latencyMs: latencySummary,
  closed: z.number(),
  closeLatencyMs: latencySummary.nullable(),
  /** How late calls left, against their intended start (open loop). */
  latenessMsP99: z.number(),
  cpuMs: z.number(),
})

export type LoadTarget = z.infer<typeof target>
export type LoadJob = z.infer<typeof loadJob>
export type LoadOutcome = z.infer<typeof loadOutcome>

export function parseLoadJob(message: unknown): LoadJob | null {
  return loadJob.safeParse(message).data ?? null
}

export function parseLoadOutcome(message: unknown): LoadOutcome {
  return loadOutcome.parse(message)
}
