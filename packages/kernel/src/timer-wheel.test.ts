import fc from 'fast-check'
import { expect, it } from 'vitest'
import { TimerWheel } from './timer-wheel.ts'
import { VirtualClock } from './virtual-clock.ts'

it('fires every deadline that was not cleared once, never early, and at most a bucket late', () => {
  const operation = fc.record({
    key: fc.constantFrom('a', 'b', 'c', 'd'),
    afterMs: fc.oneof(fc.nat(100), fc.nat(200_000)),
    isClear: fc.boolean(),
    pauseMs: fc.oneof(fc.nat(40), fc.nat(90_000)),
  })
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 40 }), (operations) => {
      const clock = new VirtualClock()
      const due = new Map<string, number>()
      const wheel = new TimerWheel({
        clock,
        fire: (key) => {
          const lateMs = clock.nowMs() - (due.get(key) ?? Infinity)
          expect(lateMs).toBeGreaterThanOrEqual(0)
          expect(lateMs).toBeLessThanOrEqual(8)
          due.delete(key)
        },
      })
      for (const { key, afterMs, isClear, pauseMs } of operations) {
        if (isClear) {
          wheel.clear(key)
          due.delete(key)
        } else {
          wheel.set(key, clock.nowMs() + afterMs)
          due.set(key, clock.nowMs() + afterMs)
        }
        expect(wheel.size).toBe(due.size)
        clock.advance(pauseMs)
      }
      clock.advance(300_000)
      expect(due.size).toBe(0)
      expect(clock.waiting).toBe(0)
    }),
  )
})

it('does not fire what an earlier deadline of the same instant has cleared', () => {
  const clock = new VirtualClock()
  const fired: string[] = []
  const wheel = new TimerWheel({
    clock,
    fire: (key) => {
      fired.push(key)
      wheel.clear('b')
    },
  })
  wheel.set('a', clock.nowMs() + 5)
  wheel.set('b', clock.nowMs() + 5)
  clock.advance(20)
  expect(fired).toEqual(['a'])
})

it('fires nothing, and leaves no timer, once it is disposed', () => {
  const clock = new VirtualClock()
  const fired: string[] = []
  const wheel = new TimerWheel({ clock, fire: (key) => fired.push(key) })
  wheel.set('before', clock.nowMs() + 5)
  wheel[Symbol.dispose]()
  wheel.set('after', clock.nowMs() + 5)
  expect(clock.waiting).toBe(0)
  clock.advance(20)
  expect(fired).toEqual([])
})

it('says when a deadline should fire, and of one that was over when it was set, when that was', () => {
  const clock = new VirtualClock()
  const startMs = clock.nowMs()
  const wheel = new TimerWheel({ clock, fire: () => undefined })
  wheel.set('later', startMs + 50)
  wheel.set('far', startMs + 500_000)
  wheel.set('over', startMs - 50)
  expect(['later', 'far', 'over', 'never'].map((key) => wheel.dueAtMs(key))).toEqual([
    startMs + 50,
    startMs + 500_000,
    startMs,
    null,
  ])
  clock.advance(60)
  expect([wheel.dueAtMs('later'), wheel.dueAtMs('over')]).toEqual([null, null])
})
