/**
 * `npm test`: prepares the machine and the checkout, runs every step even when an
 * earlier one failed, and ends with one summary. Names of steps narrow it, as in
 * `npm test -- types lint`; `long` runs the soaks.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '@fornax/kernel/clock'
import { SETTINGS } from '@fornax/settings/setting-definitions'
import { describeProblems, readSettings } from '@fornax/settings/settings'
import { didYouMean } from '@fornax/settings/did-you-mean'
import { buildConsole, ROOT } from '../setup/prepare.ts'
import { installTools, missingTools, withSystemPath } from './machine.ts'
import { runStep, type StepOutcome } from './run-step.ts'
import { stepsOf, type Step } from './steps.ts'
import { summarize } from './summary.ts'

const say = (line: string): void => console.log(line)
const abort = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => abort.abort())

const reports = mkdtempSync(join(tmpdir(), 'fornax-test-'))
try {
  process.exitCode = await test(process.argv.slice(2))
} finally {
  rmSync(reports, { recursive: true, force: true })
  if (process.connected) process.disconnect()
}

async function test(names: readonly string[]): Promise<number> {
  const read = readSettings(process.env)
  if (read.kind === 'invalid') return refuse(describeProblems(read.problems))
  const steps = chosenSteps(names)
  if (typeof steps === 'string') return refuse(steps)
  const env = withSystemPath(withoutSettings(process.env))
  const path = env['PATH'] ?? ''
  if (names.length === 0) await installTools(missingTools(path), { env, clock: systemClock, say, signal: abort.signal })
  const missing = missingTools(path)
  const prepared = await buildConsole(abort.signal)
  if (prepared.kind === 'failed') return refuse(prepared.message)

  const outcomes: StepOutcome[] = []
  const ports = { env, clock: systemClock, say, signal: abort.signal, missing: missing.map(({ name }) => name) }
  for (const step of steps) if (!abort.signal.aborted) outcomes.push(await runStep(step, ports))
  const { lines, failed } = summarize({
    outcomes,
    missing: missing.map(({ name, usedFor }) => `${name} is not installed, for ${usedFor}`),
    isSkipAFailure: read.settings.testRequireAll,
  })
  for (const line of lines) say(line)
  return failed === 0 && !abort.signal.aborted ? 0 : 1
}

function refuse(message: string): number {
  console.error(message)
  return 1
}

/** The steps to run, or what is wrong with the names. */
function chosenSteps(names: readonly string[]): readonly Step[] | string {
  const { short, long } = stepsOf(ROOT, reports)
  if (names.length === 0) return short
  if (names.length === 1 && names[0] === 'long') return long
  const known = short.map(({ name }) => name)
  const unknown = names.find((name) => !known.includes(name))
  if (unknown === undefined) return short.filter(({ name }) => names.includes(name))
  const meant = didYouMean(unknown, known)
  return `There is no step "${unknown}". ${meant === null ? `There are: ${known.join(', ')}.` : `Did you mean ${meant}?`}`
}

/** Tests choose their own ports and folders; what this shell has set for a Fornax of its own must not reach them. */
function withoutSettings(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const settings = new Set<string>(Object.values(SETTINGS).map(({ name }) => name))
  settings.delete(SETTINGS.testRequireAll.name)
  return Object.fromEntries(Object.entries(env).filter(([name]) => !settings.has(name)))
}
