/** The last minutes of the fleet's numbers, as this tab saw them. Pure. */
import type { FleetOverviewQuery } from '../graphql/generated/documents.ts'
import { instantMs } from '../time/instant.ts'

export type FleetSample = {
  readonly atMs: number
  readonly sessionsOpen: number
  /** Since the core started. */
  readonly opened: number
  /** Between the sample before and this one. */
  readonly opensPerSecond: number
}

export type FleetHistory = { readonly startedAt: string; readonly samples: readonly FleetSample[] }

export const NO_HISTORY: FleetHistory = { startedAt: '', samples: [] }

const SAMPLES_MAX = 150
/** Rates over less than this are noise. */
const SPACING_MS = 1_000

/** The history after one more reading. A core that was started anew begins a new one. */
export function historyAfter(history: FleetHistory, fleet: FleetOverviewQuery['fleet']): FleetHistory {
  const samples = history.startedAt === fleet.startedAt ? history.samples : []
  const last = samples.at(-1)
  const atMs = instantMs(fleet.readAt)
  if (last !== undefined && atMs - last.atMs < SPACING_MS) return history
  const opened = fleet.sessionsOpenedWarm + fleet.sessionsOpenedCold
  const opensPerSecond = last === undefined ? 0 : ((opened - last.opened) * 1_000) / (atMs - last.atMs)
  const sample = { atMs, sessionsOpen: fleet.sessionsOpen, opened, opensPerSecond }
  return { startedAt: fleet.startedAt, samples: [...samples, sample].slice(-SAMPLES_MAX) }
}

/** The rate over the last readings: one alone jumps too much to be read. */
export function recentOpensPerSecond({ samples }: FleetHistory): number | null {
  const recent = samples.slice(-6)
  const first = recent[0]
  const last = recent.at(-1)
  if (first === undefined || last === undefined || last.atMs <= first.atMs) return null
  return ((last.opened - first.opened) * 1_000) / (last.atMs - first.atMs)
}
