import fc from 'fast-check'
import { expect, it } from 'vitest'
import { Inbox } from './inbox.ts'

it('hands over what it took, in order, whenever the reader comes', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.boolean(), { maxLength: 50 }), async (turns) => {
      const inbox = new Inbox<number>(100)
      const read: number[] = []
      const reader = (async () => {
        for await (const value of inbox.read()) read.push(value)
      })()
      for (const [value, waits] of turns.entries()) {
        inbox.offer(value)
        if (waits) await Promise.resolve()
      }
      inbox.end({ kind: 'completed' })
      await reader
      expect(read).toEqual(turns.map((_, value) => value))
    }),
  )
})

it('takes no more than its limit', () => {
  const inbox = new Inbox<number>(2)
  expect([inbox.offer(1), inbox.offer(2), inbox.offer(3)]).toEqual([true, true, false])
})

it('gives what waits before it fails', async () => {
  const inbox = new Inbox<number>(2)
  inbox.offer(1)
  inbox.end({ kind: 'failed', error: new Error('lost') })
  const reader = inbox.read()
  expect((await reader.next()).value).toBe(1)
  await expect(reader.next()).rejects.toThrow('lost')
})
