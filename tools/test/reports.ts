/** Reads the reports that vitest and Playwright write, as counts of test cases. */
import { readFileSync } from 'node:fs'
import { relative } from 'node:path'
import { z } from 'zod'

export type Counts = {
  readonly passed: number
  readonly failed: number
  /** What was not run, one line each: a file and how many of its tests. */
  readonly skipped: readonly Skip[]
}

export type Skip = { readonly what: string; readonly tests: number }

const vitestReport = z.object({
  testResults: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      assertionResults: z.array(z.object({ status: z.string() })),
    }),
  ),
})

/** Counts of a vitest JSON report. A file that could not be loaded is one failure. */
export function readVitestReport(path: string, root: string): Counts {
  const { testResults } = vitestReport.parse(JSON.parse(readFileSync(path, 'utf8')))
  const cases = testResults.flatMap(({ assertionResults }) => assertionResults.map(({ status }) => status))
  const broken = testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
  )
  const skipped = testResults.flatMap(({ name, assertionResults }) => {
    const tests = assertionResults.filter(({ status }) => status !== 'passed' && status !== 'failed').length
    return tests === 0 ? [] : [{ what: relative(root, name), tests }]
  })
  return {
    passed: cases.filter((status) => status === 'passed').length,
    failed: cases.filter((status) => status === 'failed').length + broken.length,
    skipped,
  }
}

const playwrightReport = z.object({
  stats: z.object({ expected: z.number(), unexpected: z.number(), flaky: z.number(), skipped: z.number() }),
  errors: z.array(z.unknown()).default([]),
})

/** Counts of a Playwright JSON report. A test that passed only when it was repeated has failed. */
export function readPlaywrightReport(path: string): Counts {
  const { stats, errors } = playwrightReport.parse(JSON.parse(readFileSync(path, 'utf8')))
  return {
    passed: stats.expected,
    failed: stats.unexpected + stats.flaky + errors.length,
    skipped: stats.skipped === 0 ? [] : [{ what: 'e2e', tests: stats.skipped }],
  }
}
