import { describe, expect, it } from 'vitest'
import { summarize } from './summary.ts'

const types = { name: 'types', tookMs: 1_234, passed: 1, failed: 0, skipped: [] }
const tests = {
  name: 'tests',
  tookMs: 60_000,
  passed: 40,
  failed: 2,
  skipped: [{ what: 'apps/agent/x.test.ts', tests: 3 }],
}

describe('summarize', () => {
  it('ends with the sums', () => {
    const { lines, failed } = summarize({ outcomes: [types, tests], missing: [], isSkipAFailure: false })
    expect(lines.at(-1)).toBe('41 passed, 2 failed')
    expect(failed).toBe(2)
  })

  it('counts what was skipped as failed when nothing may be', () => {
    const { lines, failed } = summarize({ outcomes: [types, tests], missing: [], isSkipAFailure: true })
    expect(lines.at(-1)).toBe('41 passed, 5 failed')
    expect(failed).toBe(5)
  })

  it('lists what was skipped and what is missing, once', () => {
    const { lines } = summarize({ outcomes: [tests], missing: ['bubblewrap is not installed'], isSkipAFailure: false })
    expect(lines.join('\n')).toContain(
      'Skipped, because something is missing here:\n  - bubblewrap is not installed\n  - apps/agent/x.test.ts (3)',
    )
  })

  it('shows the time of each step and of all', () => {
    const { lines } = summarize({ outcomes: [types, tests], missing: [], isSkipAFailure: false })
    expect(lines.slice(2, 5).map((line) => line.replaceAll(/ +/g, ' '))).toEqual([
      ' ✓ types 1.2 s 1 passed',
      ' ✗ tests 60.0 s 40 passed, 2 failed, 3 skipped',
      ' all 61.2 s',
    ])
  })
})
