import { expect, it } from 'vitest'
import { logTailAfter, NO_LOG } from './log-tail.ts'

it('keeps the newest lines, and counts what it left out', () => {
  const lines = Array.from({ length: 600 }, (_, index) => ({ stream: 'STDOUT', text: String(index) }) as const)
  const tail = logTailAfter(logTailAfter(NO_LOG, { lines, skippedLines: 3 }), {
    lines: [{ stream: 'STDERR', text: 'last' }],
    skippedLines: 0,
  })
  expect(tail.lines).toHaveLength(500)
  expect(tail.lines.at(-1)).toEqual({ text: 'last', isError: true })
  expect(tail.lines[0]).toEqual({ text: '101', isError: false })
  expect(tail.skippedLines).toBe(3 + 101)
})
