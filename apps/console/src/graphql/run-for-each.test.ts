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
  expect(outcome).toEqual({ kind: 'done', left: [] })
  expect(seen.toSorted((a, b) => a - b)).toEqual(items)
  expect(most).toBe(8)
})

it('goes on after a failure, says the first one and how many more there were, and leaves those', async () => {
  const seen: string[] = []
  const outcome = await runForEach(['a', 'b', 'c'], async (item) => {
    seen.push(item)
    return item === 'b' ? { kind: 'done' } : { kind: 'failed', message: `${item} is gone` }
  })
  expect(seen).toEqual(['a', 'b', 'c'])
  expect(outcome).toEqual({ kind: 'failed', message: '1 of 3 done. a is gone (and 1 more)', left: ['a', 'c'] })
})

it('says of one alone only what went wrong with it', async () => {
  const outcome = await runForEach(['a'], async () => ({ kind: 'failed', message: 'a is gone' }))
  expect(outcome).toEqual({ kind: 'failed', message: 'a is gone', left: ['a'] })
})

it('stopped, it begins no other, and leaves those that it did not begin', async () => {
  const stop = new AbortController()
  const seen: number[] = []
  const items = Array.from({ length: 30 }, (_, index) => index)
  const run = async (item: number) => {
    seen.push(item)
    await new Promise(setImmediate)
    if (item === 3) stop.abort()
    return { kind: 'done' } as const
  }
  const outcome = await runForEach(items, run, stop.signal)
  expect(outcome.kind).toBe('failed')
  expect([...seen, ...outcome.left].toSorted((a, b) => a - b)).toEqual(items)
  expect(seen.length).toBeLessThan(items.length)
  expect(outcome).toMatchObject({ message: `Stopped: ${seen.length} of 30 done.` })
})

it('stopped during the last, it is done', async () => {
  const stop = new AbortController()
  const run = async () => {
    stop.abort()
    return { kind: 'done' } as const
  }
  expect(await runForEach(['a'], run, stop.signal)).toEqual({ kind: 'done', left: [] })
})
