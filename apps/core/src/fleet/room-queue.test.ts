import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sampleApplication, sampleSpec } from '../../test/support/samples.ts'
import { newEntry, type ApplicationEntry } from './application-entry.ts'
import { RoomQueue } from './room-queue.ts'
import { TenantBook } from './tenant-book.ts'

describe('room that appears', () => {
  it('is offered in the order of waiting, whatever is needed', () => {
    const [a, b, c] = [entry('a'), entry('b'), entry('c')]
    const queue = new RoomQueue()
    queue.add(a, [needing(2)])
    queue.add(b, [needing(1)])
    queue.add(c, [needing(2)])
    const offered: string[] = []
    queue.offer((one) => {
      offered.push(one.definition.id)
      queue.delete(one)
    })
    expect(offered).toEqual(['a', 'b', 'c'])
    expect(queue.size).toBe(0)
  })

  it('is offered to nobody behind the first who needs the same and finds none', () => {
    const many = Array.from({ length: 1_000 }, (_, i) => entry(`app-${i}`))
    const queue = new RoomQueue()
    for (const one of many) queue.add(one, [needing(4)])
    const small = entry('small')
    queue.add(small, [needing(1)])
    const offered: string[] = []
    queue.offer((one) => {
      offered.push(one.definition.id)
      if (one === small) queue.delete(one)
    })
    expect(offered).toEqual(['app-0', 'small'])
    expect(queue.size).toBe(1_000)
  })

  it('is offered again to who found room for one version of two, when there is more', () => {
    const [a, b] = [entry('a'), entry('b')]
    const queue = new RoomQueue()
    queue.add(a, [needing(4), needing(1)])
    queue.add(b, [needing(1)])
    const offered: string[] = []
    queue.offer((one) => {
      offered.push(one.definition.id)
      if (one === a) queue.add(a, [needing(4)])
      else queue.delete(b)
    })
    expect(offered).toEqual(['a', 'b'])
    expect([...queue]).toEqual([a])
  })
})

it('gives the same room to the same applications as a look at all of them', () => {
  const waiting = fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 12 })
  const rooms = fc.array(fc.integer({ min: 0, max: 6 }), { maxLength: 6 })
  fc.assert(
    fc.property(waiting, rooms, (needs, free) => {
      const queue = new RoomQueue()
      const entries = needs.map((_, i) => entry(`app-${i}`))
      const needOf = new Map(entries.map((one, i) => [one, needs[i] ?? 1]))
      for (const [one, need] of needOf) queue.add(one, [needing(need)])
      let model = [...entries]
      for (const appeared of free) {
        let [room, roomOfModel] = [appeared, appeared]
        queue.offer((one) => {
          const need = needOf.get(one) ?? 1
          if (need > room) return queue.add(one, [needing(need)])
          room -= need
          queue.delete(one)
        })
        model = model.filter((one) => {
          const need = needOf.get(one) ?? 1
          if (need > roomOfModel) return true
          roomOfModel -= need
          return false
        })
        expect([...queue].map((one) => one.definition.id)).toEqual(model.map((one) => one.definition.id))
      }
    }),
  )
})

function entry(id: string): ApplicationEntry {
  return newEntry(sampleApplication({ id }), new TenantBook().account('ten-1'), 0)
}

function needing(cpuMillis: number) {
  return sampleSpec({ cpuMillis })
}
