/** What the process of readers is told, and what it says. */
import { z } from 'zod'

const readersJob = z.object({
  type: z.literal('read'),
  target: z.object({ host: z.string(), port: z.number(), token: z.string() }),
  applications: z.array(z.string()),
  /** Readers of one application each, spread over all of them. */
  ofOne: z.number(),
  /** Readers of everything: sessions, pods, nodes and applications. */
  ofAll: z.number(),
  /** One in so many does not read while the load runs; 0: all read. */
  stalledEach: z.number(),
})

const readersReport = z.object({
  type: z.literal('report'),
  /** Whose view is complete: every session of the selection, available. */
  complete: z.number(),
  incomplete: z.number(),
  /** Up to a few, in words. */
  incompleteSamples: z.array(z.string()),
  stalled: z.number(),
  /** Sockets that the core closed. */
  cutOff: z.number(),
  messages: z.number(),
  bytes: z.number(),
  /** Objects in changes. */
  upserted: z.number(),
  /** Snapshots after the first one: a reader had fallen behind. */
  laterSnapshots: z.number(),
  seconds: z.number(),
  cpuMs: z.number(),
})

export type ReadersJob = z.infer<typeof readersJob>
export type ReadersReport = z.infer<typeof readersReport>

export function parseReadersJob(message: unknown): ReadersJob | null {
  return readersJob.safeParse(message).data ?? null
}

export function parseReadersReport(message: unknown): ReadersReport {
  return readersReport.parse(message)
}
