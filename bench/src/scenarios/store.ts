/** How many session rows a second the store takes, by how many are on their way at a time. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import type { BenchRun } from '../bench-run.ts'
import type { FlagDefinitions } from '../flags.ts'
import { latencySummary } from '../measure/latency.ts'
import { NOTHING_MEASURED } from '../report/result.ts'
import type { Measured, Scenario } from '../scenario.ts'
import { Child } from '../world/child.ts'
import { startPostgres } from '../world/postgres.ts'
import { createScratchDatabase } from '../world/scratch-database.ts'

const SHAPE = {
  batch: { default: 0, least: 0, help: 'rows on their way at a time; 0: 1, 10, 100 and 1,000, one after the other' },
  seconds: { default: 3, help: 'for how long, each' },
  database: { default: 'both', choices: ['both', 'sqlite', 'postgresql'], help: 'which database' },
  durability: { default: 'process', choices: ['process', 'fsync'], help: 'what a commit of SQLite survives' },
} satisfies FlagDefinitions

const BATCHES = [1, 10, 100, 1_000]
const MS_PER_SECOND = 1_000

const answer = z.object({ operations: z.number(), seconds: z.number(), cpuMs: z.number(), latencyMs: latencySummary })

type StoreShape = {
  readonly database: string
  readonly url: string
  readonly batch: number
  readonly seconds: number
  readonly durability: string
}

export const store: Scenario = {
  name: 'store',
  summary: 'session rows per second, on SQLite and PostgreSQL, by batch',
  flags: SHAPE,
  quick: { seconds: 1 },
  run: async (run, flags) => {
    await using stack = new AsyncDisposableStack()
    const folder = mkdtempSync(join(tmpdir(), 'fornax-bench-'))
    stack.defer(() => rmSync(folder, { recursive: true, force: true }))
    const urls: { database: string; url: string }[] = []
    const wanted = flags.text('database')
    if (wanted !== 'postgresql') urls.push({ database: 'sqlite', url: `file:${join(folder, 'store.db')}` })
    if (wanted !== 'sqlite') urls.push(...(await postgresUrl(run, stack)))
    const batches = flags.number('batch') === 0 ? BATCHES : [flags.number('batch')]
    const common = { seconds: flags.number('seconds'), durability: flags.text('durability') }
    const results: Measured[] = []
    for (const url of urls)
      for (const batch of batches) results.push(await writeRows(run, { ...url, ...common, batch }))
    return results
  },
}

async function postgresUrl(run: BenchRun, stack: AsyncDisposableStack): Promise<{ database: string; url: string }[]> {
  if (run.databaseUrl?.startsWith('postgres')) {
    const scratch = stack.use(await createScratchDatabase(run.databaseUrl))
    return [{ database: 'postgresql (DATABASE_URL)', url: scratch.url }]
  }
  const server = await startPostgres()
  if (server === null) {
    run.say('PostgreSQL is not installed here; set DATABASE_URL to measure it')
    return []
  }
  return [{ database: 'postgresql (fsync off)', url: stack.use(server).url }]
}

async function writeRows(
  run: BenchRun,
  { database, url, batch, seconds: wanted, durability }: StoreShape,
): Promise<Measured> {
  run.say(`writing rows to ${database}, ${batch} at a time`)
  await using child = new Child({
    name: 'the store',
    args: ['bench/src/inner/session-rows.ts', url, String(batch), String(wanted * MS_PER_SECOND), durability],
  })
  const { operations, seconds, cpuMs, latencyMs } = answer.parse(await child.message('answer'))
  return {
    ...NOTHING_MEASURED,
    scenario: 'store',
    shape: { database, 'rows at a time': batch, ...(database === 'sqlite' && { durability }) },
    unit: 'rows',
    operations,
    seconds,
    perSecond: operations / seconds,
    latencyMs,
    coreCpuMsPerOperation: cpuMs / operations,
  }
}
