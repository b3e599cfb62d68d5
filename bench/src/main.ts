/** `npm run bench`: measures, and says on what. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { BenchRun } from './bench-run.ts'
import { readCommandLine, type Command } from './command-line.ts'
import { readCpuProfile } from './measure/cpu-profile.ts'
import { describeMachine, readVersions } from './measure/machine.ts'
import { profileRuns } from './profile-runs.ts'
import { GOAL_COLUMNS, judgeGoals } from './report/goals.ts'
import { writePerformanceDoc } from './report/performance-doc.ts'
import { profileInWords } from './report/print-profile.ts'
import { machineInWords, resultsInWords, versionsInWords, warningOf } from './report/print-results.ts'
import { resultsAsJson } from './report/results-json.ts'
import { textTable } from './report/text-table.ts'
import { SCENARIOS } from './scenarios.ts'
import { endEveryChild } from './world/child.ts'

const abort = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(signal, () => {
    process.exitCode = 130
    abort.abort(new Error('the bench was stopped'))
    // Whoever waits for one of them hears of its end, and cleans up after itself.
    void endEveryChild()
  })

try {
  const command = readCommandLine(process.argv.slice(2), SCENARIOS)
  if (command.kind === 'help') console.log(command.text)
  else await measure(command)
} catch (error) {
  process.exitCode ??= 1
  if (!abort.signal.aborted)
    console.error(error instanceof Error && error.name === 'UsageError' ? `bench: ${error.message}` : error)
  else console.error('bench: stopped')
} finally {
  await endEveryChild()
}

async function measure({ scenario, flags, words, common }: Extract<Command, { kind: 'run' }>): Promise<void> {
  const [machine, versions] = [describeMachine(), readVersions()]
  console.log(`machine: ${machineInWords(machine)}\nversions: ${versionsInWords(versions)}`)
  const warning = warningOf(machine)
  if (warning !== null) console.error(warning)
  const profileFolder = common.profileFolder === null ? null : resolve(common.profileFolder)
  if (profileFolder !== null) mkdirSync(profileFolder, { recursive: true })
  const startMs = performance.now()
  const run: BenchRun = {
    signal: abort.signal,
    say: (line) => console.error(`${((performance.now() - startMs) / 1_000).toFixed(1).padStart(6)} s  ${line}`),
    isQuick: common.isQuick,
    databaseUrl: process.env['DATABASE_URL'] ?? null,
    profileFolder,
  }
  console.log(`database: ${run.databaseUrl === null ? 'SQLite in a scratch folder' : 'DATABASE_URL'}\n`)
  const results = (await scenario.run(run, flags)).map((result) => ({ command: words, ...result }))
  console.log(resultsInWords(results))
  if (profileFolder !== null)
    for (const { scenario: name, profiled, operations } of results)
      if (profiled !== null)
        console.log(
          `\n${name}: ${profileInWords(readCpuProfile(profileFolder, profiled.pid, profiled.window), operations)}`,
        )
  if (results.some(({ errors }) => errors > 0)) process.exitCode = 1
  // Of one scenario alone, what it has measured; of all, also what nobody has.
  const goals = judgeGoals(results).filter(({ verdict }) => scenario.name === 'all' || verdict !== 'not measured')
  if (goals.length > 0) console.log(`\n${textTable(GOAL_COLUMNS, goals)}`)
  const report = { machine, versions, results }
  if (common.jsonFile !== null) writeFileSync(resolve(common.jsonFile), resultsAsJson(report))
  if (common.writeFile !== null)
    writePerformanceDoc(resolve(common.writeFile), report, await profileRuns({ ...run, profileFolder: null }))
}
