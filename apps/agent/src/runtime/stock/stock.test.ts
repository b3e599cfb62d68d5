import { createLog } from '@fornax/kernel/log'
import { VirtualClock } from '@fornax/kernel/virtual-clock'
import { expect, it } from 'vitest'
import { Stock } from './stock.ts'

it('is filled while nothing starts, and given out oldest first', async () => {
  const world = newWorld({ least: 2, most: 2 })
  await world.pass(5_000)
  expect([world.stock.size, world.stock.take(), world.stock.take(), world.stock.take()]).toEqual([2, 1, 2, null])
})

it('makes nothing while a pod starts, and for a moment after', async () => {
  const world = newWorld({ least: 1, most: 1 })
  world.stock.begin()
  await world.pass(60_000)
  expect(world.stock.size).toBe(0)
  world.stock.end()
  await world.pass(200)
  expect(world.stock.size).toBe(0)
  await world.pass(1_000)
  expect(world.stock.size).toBe(1)
})

it('grows while pods are made quickly, and shrinks to the least again', async () => {
  const world = newWorld({ least: 1, most: 4 })
  for (let pod = 0; pod < 40; pod += 1) {
    world.stock.begin()
    world.stock.end()
    await world.pass(250)
  }
  await world.pass(3_000)
  expect(world.stock.size).toBe(4)
  await world.pass(600_000)
  expect(world.stock.size).toBe(1)
  expect(world.removed).toHaveLength(3)
})

it('tries again after a while when one could not be made', async () => {
  const world = newWorld({ least: 1, most: 1 })
  world.failures = 1
  await world.pass(5_000)
  expect(world.stock.size).toBe(0)
  await world.pass(10_000)
  expect(world.stock.size).toBe(1)
})

it('removes what an earlier agent left, and in the end all that is its own', async () => {
  const world = newWorld({ least: 2, most: 2 })
  await world.pass(5_000)
  expect(world.hasRemovedLeft).toBe(true)
  await world.stock[Symbol.asyncDispose]()
  expect(world.removed).toEqual([1, 2])
  await world.pass(60_000)
  expect(world.made).toBe(2)
})

it('gives out nothing that was found broken', async () => {
  const world = newWorld({ least: 1, most: 1 })
  await world.pass(1_000)
  world.stock.forget(1)
  expect(world.stock.take()).toBeNull()
})

function newWorld(bounds: { readonly least: number; readonly most: number }) {
  const clock = new VirtualClock()
  const facts = { made: 0, failures: 0, hasRemovedLeft: false, removed: Array.of<number>() }
  const stock = new Stock<number>({
    clock,
    log: createLog('agent', 'silent'),
    bounds,
    make: () => {
      facts.failures -= 1
      if (facts.failures >= 0) return Promise.reject(new Error('no room'))
      facts.made += 1
      return Promise.resolve(facts.made)
    },
    remove: (item) => Promise.resolve(void facts.removed.push(item)),
    removeLeft: () => Promise.resolve(void (facts.hasRemovedLeft = true)),
  })
  /** Time passes, and what was promised comes true between its steps. */
  const pass = async (ms: number): Promise<void> => {
    for (let passedMs = 0; passedMs <= ms; passedMs += 50) {
      for (let turn = 0; turn < 8; turn += 1) await Promise.resolve()
      clock.advance(50)
    }
  }
  return Object.assign(facts, { stock, pass })
}
