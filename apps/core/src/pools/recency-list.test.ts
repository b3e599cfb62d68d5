import fc from 'fast-check'
import { expect, it } from 'vitest'
import { placeFor, RecencyList } from './recency-list.ts'

it('is an array in which the newest is last, whichever list a place is on', () => {
  const step = fc.record({ isAdd: fc.boolean(), list: fc.nat(1), value: fc.nat(6) })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const places = Array.from({ length: 7 }, (_, value) => placeFor(value))
      const lists = [new RecencyList<number>(), new RecencyList<number>()] as const
      const models: [number[], number[]] = [[], []]
      for (const { isAdd, list, value } of steps) {
        const place = places[value]
        const to = list === 0 ? 0 : 1
        if (!place) continue
        if (isAdd) lists[to].add(place)
        else lists[to].remove(place)
        for (const at of isAdd ? ([0, 1] as const) : [to]) models[at] = models[at].filter((one) => one !== value)
        if (isAdd) models[to].push(value)
        for (const at of [0, 1] as const) {
          expect(lists[at].size).toBe(models[at].length)
          expect(lists[at].newest).toBe(models[at].at(-1) ?? null)
          expect(lists[at].oldest).toBe(models[at][0] ?? null)
        }
      }
      for (const at of [0, 1] as const) expect(drained(lists[at], places)).toEqual(models[at])
    }),
  )
})

function drained(list: RecencyList<number>, places: readonly ReturnType<typeof placeFor<number>>[]): number[] {
  const values: number[] = []
  for (let oldest = list.oldest; oldest !== null; oldest = list.oldest) {
    values.push(oldest)
    const place = places[oldest]
    if (place) list.remove(place)
  }
  return values
}
