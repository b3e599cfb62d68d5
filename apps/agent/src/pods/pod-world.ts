/** What the pods of a node live in. */
import type { Clock, Stopwatch } from '@fornax/kernel/clock'
import type { Log } from '@fornax/kernel/log'
import type { NodeRecord } from '../ledger/node-record.ts'
import type { PodLogs } from '../logs/pod-logs.ts'
import type { PortPool } from '../ports/port-pool.ts'
import type { SessionPlaces } from '../sessions/session-folders.ts'
import type { DozeRound } from './pod-doze.ts'
import type { ReclaimQueue } from './pod-sleeper.ts'
import type { StartGate } from './start-gate.ts'

/** What all supervisors of a node share. */
export type PodWorld = {
  readonly clock: Clock
  readonly log: Log
  readonly record: NodeRecord
  readonly ports: PortPool
  readonly logs: PodLogs
  readonly gate: StartGate
  readonly reclaims: ReclaimQueue
  readonly dozes: DozeRound
  readonly stopwatch: Stopwatch
  readonly folders: SessionPlaces
  readonly dataDir: string
}
