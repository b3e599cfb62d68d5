/** A past that is always the same: one step, in which three sessions were opened. */
import type { HistoryPort } from '../../src/graphql/core-port.ts'
import { HEAT_ROWS, heatCells, NOTHING_MEASURED, percentilesOf } from '../../src/history/latency-buckets.ts'

const GRID = { fromMs: 1_000_000, untilMs: 1_010_000, stepMs: 10_000 }
/** One took 2 ms, two took 5. */
const COUNTS = [0, 0, 1, 0, 0, 2]
const measured = percentilesOf(COUNTS)

export function fakeHistory(): HistoryPort {
  const point = { atMs: GRID.fromMs, nodesReady: 1, nodesLost: 0, sessionsOpen: 3, opensPerSecond: 0.3 }
  const rates = { poolHitRate: 1, warmP99Ms: 5, coldP99Ms: null }
  const step = { atMs: GRID.fromMs, standby: 2, hibernated: 0, claimed: 3, creating: 0, pending: 0, waiting: 0 }
  const bounds = { standbyMin: 1, waitingMax: 0, low: 2, high: 4, openedWarm: 3, openedCold: 0, hitRate: 1 }
  return {
    objectives: { warmP99Ms: 50, coldP99Ms: 1_500, poolHitRate: 0.95 },
    latency: async () => ({
      grid: GRID,
      rows: HEAT_ROWS,
      slices: [{ atMs: GRID.fromMs, cells: heatCells(COUNTS), percentiles: measured }],
      total: measured,
      curve: [{ percent: 50, latencyMs: 5 }],
      phases: [{ phase: 'ready', percentiles: measured, share: 1 }],
    }),
    applicationLatencies: () => [
      { applicationId: 'app-1', applicationName: 'hello', tenantId: 'ten-1', warm: measured, cold: NOTHING_MEASURED },
    ],
    pool: async () => ({ grid: GRID, hitRate: 1, points: [{ ...step, ...bounds }] }),
    fleet: async (tenantId) => {
      const seen = { ...point, ...rates, ...(tenantId !== null && { nodesReady: null, nodesLost: null }) }
      return { grid: GRID, now: seen, points: [seen] }
    },
    events: async () => [],
    event: async () => null,
    previewPolicy: () => null,
  }
}
