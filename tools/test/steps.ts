/** What `npm test` does, in this order. */
import { join } from 'node:path'
import { readPlaywrightReport, readVitestReport, type Counts } from './reports.ts'

export type Step = {
  readonly name: string
  readonly program: string
  readonly args: readonly string[]
  readonly cwd: string
  readonly timeoutMs: number
  readonly env?: Readonly<Record<string, string>>
  /** A step of many tests is followed by people, and counts its own; any other step is one test. */
  readonly counts?: () => Counts
  /** The tool without which the step cannot run. */
  readonly needs?: string
}

const MINUTE_MS = 60_000

/** The short and the long way; `reports` is a folder for what the runners write. */
export function stepsOf(
  root: string,
  reports: string,
): { readonly short: readonly Step[]; readonly long: readonly Step[] } {
  const short = [
    ...staticSteps(root),
    vitestStep(root, 'tests', join(reports, 'vitest.json')),
    behaviourStep(root, join(reports, 'behaviour.json')),
    browserStep(root, reports),
  ]
  return { short, long: [soakStep(root, join(reports, 'vitest.json')), watchStep(root, reports)] }
}

/** Scripts of package.json, so that a person runs the same by the same name. */
function staticSteps(root: string): readonly Step[] {
  const script = (name: string): Step => ({
    name,
    program: 'npm',
    args: ['run', '--silent', name],
    cwd: root,
    timeoutMs: 5 * MINUTE_MS,
  })
  return [
    script('types'),
    { ...script('check'), name: 'console-types', cwd: join(root, 'apps/console') },
    ...['lint', 'format:check', 'dead-code', 'lint:proto', 'lint:schema'].map(script),
  ]
}

function vitestStep(root: string, name: string, json: string): Step {
  return {
    name,
    program: 'vitest',
    args: ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${json}`],
    cwd: root,
    timeoutMs: 12 * MINUTE_MS,
    counts: () => readVitestReport(json, root),
  }
}

/** What the whole does, on processes of its own: apart from the other tests, so that none steals another's time. */
function behaviourStep(root: string, json: string): Step {
  const step = vitestStep(root, 'behaviour', json)
  return { ...step, args: [...step.args, '--config=e2e/vitest.config.ts'] }
}

function soakStep(root: string, json: string): Step {
  const step = vitestStep(root, 'soak', json)
  return { ...step, args: [...step.args, '--mode=long'], timeoutMs: 240 * MINUTE_MS }
}

function browserStep(root: string, reports: string): Step {
  const json = join(reports, 'playwright.json')
  return {
    name: 'browser',
    program: 'playwright',
    args: ['test', '--config', 'e2e/playwright.config.ts', '--reporter=list,json'],
    cwd: root,
    timeoutMs: 25 * MINUTE_MS,
    env: { PLAYWRIGHT_JSON_OUTPUT_FILE: json },
    counts: () => readPlaywrightReport(json),
    needs: 'Chromium',
  }
}

/** The console beside a large fleet for ten minutes, where what it holds must not grow; and with ten thousand nodes. */
function watchStep(root: string, reports: string): Step {
  const step = browserStep(root, reports)
  const env = { ...step.env, E2E_WATCH_MS: String(10 * MINUTE_MS), E2E_LONG: '1' }
  return { ...step, name: 'watch', args: [...step.args, 'scale', 'long.spec'], env, timeoutMs: 60 * MINUTE_MS }
}
