import { expect, it } from 'vitest'
import { runForEach } from './run-for-each.ts'

it('does it to each once, and to no more than a few at the same time', async () => {
  const seen: number[] = []
  let running = 0
  let most = 0
  const items = Array.from({ length: 100 }, (_, index) => index)
  const outcome = await runForEach(items, async (item) => {
    running += 1
    most = Math.max(most, running)
    await new Promise(setImmediate)
    seen.push(item)
    running -= 1
    return { kind: 'done' }
  })
  expect(outcome).toEqual({ kind: 'done' })
  expect(seen.toSorted((a, b) => a - b)).toEqual(items)
  expect(most).toBe(8)
})

it('goes on after a failure, and says the first one and how many more there were', async () => {
  const seen: string[] = []
  const outcome = await runForEach(['a', 'b', 'c'], async (item) => {
    seen.push(item)
    return item === 'b' ? { kind: 'done' } : { kind: 'failed', message: `${item} is gone` }
  })
  expect(seen).toEqual(['a', 'b', 'c'])
  expect(outcome).toEqual({ kind: 'failed', message: 'a is gone (and 1 more)' })
})
