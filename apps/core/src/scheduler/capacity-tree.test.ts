import fc from 'fast-check'
import { expect, it } from 'vitest'
import { CapacityTree, type Free } from './capacity-tree.ts'

const anyFree = fc.record({ cpuMillis: fc.nat(8), memoryBytes: fc.nat(8), pods: fc.nat(2) })

it('D4: finds what a look at every slot would find: the first with room from there on', () => {
  const step = fc.record({ slot: fc.nat(40), free: fc.option(anyFree), demand: anyFree, from: fc.nat(60) })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const tree = new CapacityTree()
      const slots: (Free | null)[] = Array.from({ length: 41 }, () => null)
      for (const { slot, free, demand, from } of steps) {
        tree.set(slot, free)
        slots[slot] = free
        expect(tree.free(slot)).toEqual(free)
        const rooms = slots.flatMap((one, index) => (one !== null && fits(one, demand) ? [index] : []))
        const start = Math.min(from, tree.capacity - 1)
        expect(tree.find(demand, from)).toBe(rooms.find((index) => index >= start) ?? rooms[0] ?? -1)
      }
    }),
  )
})

it('D1: an exact fit fits, and one more of anything does not', () => {
  const tree = new CapacityTree()
  tree.set(3, { cpuMillis: 100, memoryBytes: 50, pods: 1 })
  expect(tree.find({ cpuMillis: 100, memoryBytes: 50 }, 0)).toBe(3)
  expect(tree.find({ cpuMillis: 101, memoryBytes: 50 }, 0)).toBe(-1)
  expect(tree.find({ cpuMillis: 100, memoryBytes: 51 }, 0)).toBe(-1)
  tree.set(3, { cpuMillis: 100, memoryBytes: 50, pods: 0 })
  expect(tree.find({ cpuMillis: 0, memoryBytes: 0 }, 0)).toBe(-1)
})

it('keeps what it holds while it grows', () => {
  const tree = new CapacityTree()
  const demand = (cpuMillis: number) => ({ cpuMillis, memoryBytes: 0 })
  for (let slot = 0; slot < 1_000; slot += 1) tree.set(slot, { cpuMillis: slot, memoryBytes: 0, pods: 1 })
  expect(tree.find(demand(777), 0)).toBe(777)
  expect(tree.find(demand(777), 990)).toBe(990)
  tree.set(999, null)
  expect(tree.find(demand(999), 0)).toBe(-1)
})

function fits(free: Free, demand: { cpuMillis: number; memoryBytes: number }): boolean {
  return free.cpuMillis >= demand.cpuMillis && free.memoryBytes >= demand.memoryBytes && free.pods >= 1
}
