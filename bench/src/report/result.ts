/** What a run measured. The names are those of the JSON that programs read. */
import type { LatencySummary } from '../measure/latency.ts'
import type { ProfileWindow } from '../measure/watch-core.ts'

export type RunResult = {
  readonly scenario: string
  /** The command that makes this run again, behind `npm run bench --`. */
  readonly command: string
  /** What was asked for, in words and numbers. */
  readonly shape: Readonly<Record<string, string | number>>
  /** What an operation is, in the plural. */
  readonly unit: string
  readonly operations: number
  readonly seconds: number
  readonly perSecond: number
  readonly latencyMs: LatencySummary | null
  readonly errors: number
  readonly errorSamples: readonly string[]
  readonly coreCpuMsPerOperation: number | null
  readonly coreRssBytes: number | null
  readonly bytesPerPod: number | null
  /** Of the load tool against a server that does nothing. */
  readonly harnessCeilingPerSecond: number | null
  /** What else a scenario has to say. */
  readonly more: Readonly<Record<string, string | number>>
  /** When it was measured, and of which core: for profiles. */
  readonly profiled: { readonly pid: number; readonly window: ProfileWindow } | null
}

/** Everything that most scenarios leave out. */
export const NOTHING_MEASURED = {
  latencyMs: null,
  errors: 0,
  errorSamples: [],
  coreCpuMsPerOperation: null,
  coreRssBytes: null,
  bytesPerPod: null,
  harnessCeilingPerSecond: null,
  more: {},
  profiled: null,
} as const
