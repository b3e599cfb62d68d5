/** What resolvers of history hand on. */
import type { ApplicationLatency, Objectives } from '../history/history.ts'
import type { LatencyReport } from '../history/latency-report.ts'
import type { FleetReport } from '../history/pool-report.ts'

/** Applications are merged only for who asks for them. */
export type LatencyHistoryView = LatencyReport & { applications(): readonly ApplicationLatency[] }

export type FleetHistoryView = FleetReport & { readonly objectives: Objectives }
