import fc from 'fast-check'
import { expect, it } from 'vitest'
import { VirtualClock } from './virtual-clock.ts'

it('runs what falls due in the order of its time, and of its setting', () => {
  const delay = fc.integer({ min: 0, max: 20 })
  fc.assert(
    fc.property(fc.array(fc.record({ delay, isCancelled: fc.boolean() }), { maxLength: 60 }), (timers) => {
      const clock = new VirtualClock(0)
      const ran: number[] = []
      const cancels = timers.map((timer, index) => clock.schedule(timer.delay, () => ran.push(index)))
      for (const [index, timer] of timers.entries()) if (timer.isCancelled) cancels[index]?.()
      const expected = timers.flatMap((timer, index) => (timer.isCancelled ? [] : [{ at: timer.delay, index }]))
      expect(clock.waiting).toBe(expected.length)
      while (clock.runNext());
      expect(ran).toEqual(expected.toSorted((a, b) => a.at - b.at || a.index - b.index).map(({ index }) => index))
      expect(clock.waiting).toBe(0)
    }),
  )
})

it('stands at the time of the timer that runs, and never goes back', () => {
  const clock = new VirtualClock(100)
  const seen: number[] = []
  clock.schedule(30, () => seen.push(clock.nowMs()))
  clock.schedule(10, () => clock.schedule(5, () => seen.push(clock.nowMs())))
  clock.advance(20)
  expect(seen).toEqual([115])
  expect(clock.nowMs()).toBe(120)
  expect(clock.nextAtMs).toBe(130)
  clock.advance(10)
  expect(seen).toEqual([115, 130])
})

it('does not run twice what was cancelled by itself while it ran', () => {
  const clock = new VirtualClock(0)
  let runs = 0
  const cancel = clock.schedule(1, () => {
    runs += 1
    cancel()
  })
  clock.advance(5)
  expect(runs).toBe(1)
  expect(clock.waiting).toBe(0)
})
