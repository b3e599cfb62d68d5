import fc from 'fast-check'
import { expect, it } from 'vitest'
import { RecencyList } from './recency-list.ts'

it('is an array in which the newest is last', () => {
  const step = fc.record({ isAdd: fc.boolean(), value: fc.nat(6) })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const list = new RecencyList<number>()
      let model: number[] = []
      for (const { isAdd, value } of steps) {
        const had = model.includes(value)
        model = model.filter((one) => one !== value)
        if (isAdd) model.push(value)
        if (isAdd) list.add(value)
        else expect(list.delete(value)).toBe(had)
        expect(list.size).toBe(model.length)
        expect(list.newest).toBe(model.at(-1) ?? null)
        expect(list.oldest).toBe(model[0] ?? null)
      }
      expect(drained(list)).toEqual(model)
    }),
  )
})

function drained(list: RecencyList<number>): number[] {
  const values: number[] = []
  for (let oldest = list.oldest; oldest !== null; oldest = list.oldest) {
    values.push(oldest)
    list.delete(oldest)
  }
  return values
}
