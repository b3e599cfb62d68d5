import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '@fornax/kernel/clock'
import { describe, expect, it } from 'vitest'
import { readPlaywrightReport, readVitestReport } from './reports.ts'
import { runStep } from './run-step.ts'
import type { Step } from './steps.ts'

describe('runStep', () => {
  it('keeps quiet about what passes, and shows what fails', async () => {
    const passing = await run('console.log("fine")')
    expect(passing.outcome).toMatchObject({ passed: 1, failed: 0 })
    expect(passing.said.join('\n')).not.toContain('fine')
    const failing = await run('console.log("broken here"); process.exitCode = 3')
    expect(failing.outcome).toMatchObject({ passed: 0, failed: 1 })
    expect(failing.said).toContain('broken here')
  })

  it('counts a program that cannot be run as failed', async () => {
    const { outcome, said } = await run('', { program: 'no-such-program' })
    expect(outcome).toMatchObject({ failed: 1 })
    expect(said.join('\n')).toContain('no-such-program cannot be run')
  })

  it('ends what does not end', async () => {
    const { outcome, said } = await run('setInterval(() => {}, 1000)', { timeoutMs: 100 })
    expect(outcome).toMatchObject({ failed: 1 })
    expect(said.join('\n')).toContain('not finished after 0.1 s')
  })

  it('says which signal ended a program', async () => {
    const { outcome, said } = await run('process.kill(process.pid, "SIGKILL")')
    expect(outcome).toMatchObject({ failed: 1 })
    expect(said.join('\n')).toContain('was ended by SIGKILL')
  })

  it('skips what needs a tool that is not there', async () => {
    const { outcome } = await run('', { needs: 'Chromium' })
    expect(outcome).toMatchObject({ passed: 0, failed: 0, skipped: [{ what: 'step: all of it', tests: 1 }] })
  })

  it('fails a runner that fails without a failed test, or without a report', async () => {
    const counts = () => ({ passed: 5, failed: 0, skipped: [] })
    expect((await run('process.exitCode = 1', { counts })).outcome).toMatchObject({ passed: 5, failed: 1 })
    const broken = () => readVitestReport('/nowhere.json', '/')
    expect((await run('', { counts: broken })).outcome).toMatchObject({ passed: 0, failed: 1 })
  })
})

describe('the report', () => {
  it('of vitest gives counts, and what was skipped by file', () => {
    const cases = (...statuses: string[]) => statuses.map((status) => ({ status }))
    const report = {
      testResults: [
        { name: '/root-of-it/a.test.ts', status: 'failed', assertionResults: cases('passed', 'failed', 'pending') },
        { name: '/root-of-it/b.test.ts', status: 'passed', assertionResults: cases('passed', 'skipped', 'todo') },
        { name: '/root-of-it/c.test.ts', status: 'failed', assertionResults: [] },
      ],
    }
    expect(readWith(report, (path) => readVitestReport(path, '/root-of-it'))).toEqual({
      passed: 2,
      failed: 2,
      skipped: [
        { what: 'a.test.ts', tests: 1 },
        { what: 'b.test.ts', tests: 2 },
      ],
    })
  })

  it('of Playwright counts a flaky test and an error outside of tests as failed', () => {
    const report = { stats: { expected: 7, unexpected: 1, flaky: 1, skipped: 2 }, errors: [{}] }
    expect(readWith(report, readPlaywrightReport)).toEqual({
      passed: 7,
      failed: 3,
      skipped: [{ what: 'e2e', tests: 2 }],
    })
  })
})

async function run(script: string, changes: Partial<Step> = {}) {
  const said: string[] = []
  const step = {
    name: 'step',
    program: process.execPath,
    args: ['-e', script],
    cwd: '/',
    timeoutMs: 10_000,
    ...changes,
  }
  const { signal } = new AbortController()
  const say = (line: string): void => void said.push(line)
  const outcome = await runStep(step, { env: process.env, clock: systemClock, say, signal, missing: ['Chromium'] })
  return { outcome, said }
}

function readWith<T>(report: unknown, read: (path: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'fornax-report-'))
  try {
    const path = join(folder, 'report.json')
    writeFileSync(path, JSON.stringify(report))
    return read(path)
  } finally {
    rmSync(folder, { recursive: true })
  }
}
