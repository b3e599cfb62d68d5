import { expect, it } from 'vitest'
import { limitWords, targetWords, wantedIdle } from './policy-words.ts'

const POLICY = {
  burst: 2,
  hibernateAfterMs: null,
  idleCount: null,
  idlePercent: null,
  keepHot: 0,
  maxPods: 1_000,
  minPods: 0,
  scaleDownDelayMs: 0,
  wakeOnTraffic: false,
}

it.each([
  [{ idleCount: { low: 3, high: 5 } }, '3–5 idle', 3],
  [{ idleCount: { low: 2, high: 2 } }, '2 idle', 2],
  [{ idlePercent: { low: 10, high: 20 } }, '10–20 % idle', 5],
  [{}, 'no idle pods', null],
])('%j means %s', (target, words, wanted) => {
  const policy = { ...POLICY, ...target }
  expect(targetWords(policy)).toBe(words)
  expect(wantedIdle(policy, 41)).toBe(wanted)
  expect(limitWords(policy)).toBe('0 to 1,000 pods')
})
