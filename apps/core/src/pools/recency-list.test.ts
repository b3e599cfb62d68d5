import fc from 'fast-check'
import { expect, it } from 'vitest'
import { placeFor, RecencyList } from './recency-list.ts'

it('is an array in which the newest is last, whichever list a place is on', () => {
  const step = fc.record({ isAdd: fc.boolean(), list: fc.nat(1), value: fc.nat(6) })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const places = Array.from({ length: 7 }, (_, value) => placeFor(value))
      const sides = Array.from({ length: 2 }, newSide)
      for (const { isAdd, list: number, value } of steps) {
        const place = places[value]
        const to = sides[number]
        if (!place || !to) continue
        if (isAdd) to.list.add(place)
        else to.list.remove(place)
        for (const side of isAdd ? sides : [to]) side.model = side.model.filter((one) => one !== value)
        if (isAdd) to.model.push(value)
        for (const { list, model } of sides) {
          expect(list.size).toBe(model.length)
          expect(list.newest).toBe(model.at(-1) ?? null)
          expect(list.oldest).toBe(model[0] ?? null)
        }
      }
      for (const { list, model } of sides) expect(drained(list, places)).toEqual(model)
    }),
  )
})

function newSide(): { readonly list: RecencyList<number>; model: number[] } {
  return { list: new RecencyList(), model: [] }
}

function drained(list: RecencyList<number>, places: readonly ReturnType<typeof placeFor<number>>[]): number[] {
  const values: number[] = []
  for (let oldest = list.oldest; oldest !== null; oldest = list.oldest) {
    values.push(oldest)
    const place = places[oldest]
    if (place) list.remove(place)
  }
  return values
}
