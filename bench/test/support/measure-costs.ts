/** A small fleet that fills its pools, opens sessions, and opens sessions under readers; and what each of that cost. */
import type { BenchRun } from '../../src/bench-run.ts'
import { ALLOCATION_ARGS, allocatedBetween, collectionsIn } from '../../src/measure/allocations.ts'
import { metricIn } from '../../src/measure/metrics-text.ts'
import { LoadProcess } from '../../src/world/load-process.ts'
import { ReadersProcess } from '../../src/world/readers-process.ts'
import {
  applicationNames,
  createApplications,
  fixedPool,
  fleetUntil,
  startWorld,
  type World,
} from '../../src/world/world.ts'

/** Of each pod or session; messages of each session and reader. */
export type Costs = {
  readonly frames: number
  readonly rows: number
  readonly commits: number
  readonly changes: number
  readonly allocatedBytes: number
  readonly messages: number
  /** In all: sessions that did not open, readers that missed something. */
  readonly errors: number
}

const NODES = 4
const APPS = 8
const CONCURRENCY = 5
/** Opened without readers, and again with them. */
const SESSIONS = 400
const READERS = 40
const STALLED_EACH = 10
/** Between two measurements, so that what is left of one is not counted in the next. */
const QUIET_MS = 300

type Window = Readonly<Record<string, number>> & { readonly ageMs: number }

const COUNTED = {
  sent: 'fornax_node_frames_sent_total',
  received: 'fornax_node_frames_received_total',
  rows: 'fornax_session_rows_total',
  commits: 'fornax_session_commits_total',
  changes: 'fornax_changes_total',
}

export async function measureCosts(): Promise<Readonly<Record<'pods' | 'sessions' | 'watched', Costs>>> {
  const run: BenchRun = {
    signal: new AbortController().signal,
    say: () => undefined,
    isQuick: true,
    databaseUrl: null,
    profileFolder: null,
  }
  const delays = { createMs: 0, atOnce: 0, sessionMs: 0 }
  const world = await startWorld(run, { nodes: NODES, delays, coreArgs: ALLOCATION_ARGS })
  let stages: Stages
  try {
    stages = await runStages(run, world)
  } finally {
    await world[Symbol.asyncDispose]()
  }
  // V8 says the last of it at the end of the process.
  const collections = collectionsIn(world.core.said)
  const costs = ({ before, after, count, errors, messages }: Stage): Costs => {
    const each = (name: string): number => ((after[name] ?? 0) - (before[name] ?? 0)) / count
    return {
      frames: each('sent') + each('received'),
      rows: each('rows'),
      commits: each('commits'),
      changes: each('changes'),
      allocatedBytes: allocatedBetween(collections, before.ageMs, after.ageMs) / count,
      messages,
      errors,
    }
  }
  return { pods: costs(stages.pods), sessions: costs(stages.sessions), watched: costs(stages.watched) }
}

type Stage = {
  readonly before: Window
  readonly after: Window
  readonly count: number
  readonly errors: number
  readonly messages: number
}

type Stages = Readonly<Record<'pods' | 'sessions' | 'watched', Stage>>

async function runStages(run: BenchRun, world: World): Promise<Stages> {
  await using load = await LoadProcess.start()
  const pods = 2 * SESSIONS
  const empty = await look(world)
  await createApplications(world, applicationNames(APPS), fixedPool(pods / APPS))
  await fleetUntil(run, world, { what: 'pods stand by', of: pods, count: (fleet) => fleet.pods.standby })
  const filled = await look(world)
  const notOpened = await open(load, world)
  const opened = await look(world)
  await using readers = await startReaders(world)
  const watching = await look(world)
  const notOpenedEither = await open(load, world)
  const report = await readers.finish((2 * SESSIONS) / APPS)
  const watched = await look(world)
  return {
    pods: { before: empty, after: filled, count: pods, errors: 0, messages: 0 },
    sessions: { before: filled, after: opened, count: SESSIONS, errors: notOpened, messages: 0 },
    watched: {
      before: watching,
      after: watched,
      count: SESSIONS,
      errors: notOpenedEither + report.incomplete,
      messages: report.messages / (SESSIONS * READERS),
    },
  }
}

/** What was counted until now, once all is quiet. */
async function look({ core }: World): Promise<Window> {
  await new Promise((done) => setTimeout(done, QUIET_MS))
  const text = await core.metrics()
  const counted = Object.entries(COUNTED).map(([name, metric]) => [name, metricIn(text, metric)] as const)
  return { ageMs: core.ageMs, ...Object.fromEntries(counted) }
}

/** How many did not open. */
async function open(load: LoadProcess, { core }: World): Promise<number> {
  const { errors } = await load.run({
    type: 'load',
    target: core.target('http'),
    applications: applicationNames(APPS),
    calls: SESSIONS,
    batch: 1,
    loop: { kind: 'closed', concurrency: CONCURRENCY },
    livesMs: null,
    longestMs: 60_000,
  })
  return errors
}

function startReaders({ core }: World): Promise<ReadersProcess> {
  const { host, port, token } = core.target('ws')
  return ReadersProcess.start({
    type: 'read',
    target: { host, port, token },
    applications: applicationNames(APPS),
    ofOne: READERS - 4,
    ofAll: 4,
    stalledEach: STALLED_EACH,
  })
}
