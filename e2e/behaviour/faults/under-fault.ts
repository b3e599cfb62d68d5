/**
 * One experiment: a cluster with clients at work, something that is done to it, and what it has cost.
 *
 *   start · keep some sessions open · clients at work ─► fault ─► clients stop ─► at rest ─► verdict
 */
import { availableParallelism } from 'node:os'
import { Cluster, type ClusterOptions } from '../cluster.ts'
import { eventually } from '../eventually.ts'
import { create, idle, sleeper } from '../steps.ts'
import { ClientLoad } from './client-load.ts'
import { judgeSessions, settled, type Honest, type Pool, type SessionsVerdict } from './verdict.ts'
import { Watcher } from './watcher.ts'

export type Experiment = {
  /** What is done, for the report. */
  readonly name: string
  readonly cluster: ClusterOptions
  readonly pool: Pool
  readonly clients: { readonly perSecond: number; readonly heldMs: number }
  /** Does it, and takes it back: when it settles, nothing is broken any more. */
  readonly fault: (cluster: Cluster, load: ClientLoad) => Promise<void>
  readonly honest?: Partial<Honest>
}

export type FaultReport = SessionsVerdict & {
  readonly name: string
  /** Sessions that clients were told of. */
  readonly answered: number
  /** Calls that had to be made again. */
  readonly retried: number
  /** How many pods beyond its maximum the pool has shown at its worst moment. */
  readonly podsTooMany: number
  /** The same of processes; above 0 only where pods of a lost node went on. */
  readonly processesTooMany: number
  readonly lostNodes: readonly string[]
  /** From the end of the fault until every call is answered and nothing is on its way. */
  readonly settledMs: number
}

const APPLICATION = 'game'
const KEPT_SESSIONS = 6
const OPEN_TIMEOUT_MS = 120_000
const BURST = 50
const WARMED_UP_ANSWERS = 10

/** Runs an experiment. Fails when the cluster does not come to rest; what was lost is in the report. */
export async function underFault(experiment: Experiment): Promise<FaultReport> {
  const { name, pool, clients, fault, honest } = experiment
  await using cluster = await Cluster.start(experiment.cluster)
  await create(cluster, APPLICATION, sleeper, { ...pool, burst: BURST, scaleDownDelayMs: 500 })
  await idle(cluster, APPLICATION, pool.idleCount?.low ?? 0)
  const load = new ClientLoad(cluster, { ...clients, application: APPLICATION, openTimeoutMs: OPEN_TIMEOUT_MS })
  const watcher = new Watcher(cluster, APPLICATION)
  try {
    for (let kept = 0; kept < KEPT_SESSIONS; kept += 1) await load.keepOne()
    watcher.start()
    load.start()
    await eventually(
      () => load.answers.length,
      (count) => count >= KEPT_SESSIONS + WARMED_UP_ANSWERS,
    )
    await fault(cluster, load)
    const overMs = performance.now()
    await load.stop()
    await settled(cluster, APPLICATION, pool)
    const settledMs = Math.round(performance.now() - overMs)
    await watcher.stop()
    const answers = { answers: load.answers, honest: { lostNodes: [], ...honest } }
    const verdict = await judgeSessions(cluster, APPLICATION, answers)
    const report = {
      ...verdict,
      name,
      answered: load.answers.length,
      retried: load.retried,
      podsTooMany: Math.max(0, watcher.podsMost - pool.maxPods),
      processesTooMany: Math.max(0, watcher.realPodsMost - pool.maxPods),
      lostNodes: [...watcher.lostNodes],
      settledMs,
    }
    console.log(describe(report))
    return report
  } catch (cause) {
    throw new Error(`${name}: ${load.unanswered} calls have no answer\n${cluster.said()}`, { cause })
  } finally {
    load.giveUp()
    await watcher.stop()
  }
}

/** One line for a person; the rows of docs/faults.md are made of it. */
function describe(report: FaultReport): string {
  const { name, answered, lost, podsTooMany, settledMs, open, closed, retried, lostNodes } = report
  const ends = Object.entries(closed).map(([reason, count]) => `${count} ${reason}`)
  return [
    `${name}: answered ${answered}, lost ${lost}, pods too many ${podsTooMany}`,
    `settled after ${(settledMs / 1_000).toFixed(2)} s`,
    `(open ${open}, closed ${ends.join(' ')}, calls made again ${retried}`,
    `nodes lost: ${lostNodes.length === 0 ? 'none' : lostNodes.join(' ')}, ${availableParallelism()} cores)`,
  ].join(', ')
}
