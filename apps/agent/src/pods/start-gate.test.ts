import { VirtualClock } from '@fornax/kernel/virtual-clock'
import { expect, it } from 'vitest'
import { StartGate } from './start-gate.ts'

it('lets who is waited for start before who is not', async () => {
  const { gate, clock } = world(1)
  const order: string[] = []
  const leaves = new Map<string, () => void>()
  const ask = (name: string, isWaitedFor: boolean) => {
    const turn = gate.enter(isWaitedFor)
    const note = (leave: () => void): void => {
      order.push(name)
      leaves.set(name, leave)
    }
    void turn.entered.then(note)
    return turn
  }
  ask('first', false)
  ask('pool-1', false)
  const hurried = ask('pool-2', false)
  ask('waiting', true)
  hurried.hurry() // A session took it while it waited: after those who waited before.
  for (const name of ['first', 'waiting', 'pool-2', 'pool-1']) {
    clock.advance(0)
    await Promise.resolve()
    await Promise.resolve()
    expect(order.at(-1)).toBe(name)
    leaves.get(name)?.()
    leaves.get(name)?.() // Once is enough.
  }
})

it('gives no place away but to who is waited for while the machine has no CPU to spare', async () => {
  const { gate, clock, use } = world(2)
  const entered: string[] = []
  const ask = (name: string, isWaitedFor: boolean): void =>
    void gate.enter(isWaitedFor).entered.then(() => entered.push(name))
  const pass = async (ms: number): Promise<void> => {
    for (let passedMs = 0; passedMs < ms; passedMs += 100) {
      use(CORES * 100)
      clock.advance(100)
      await Promise.resolve()
    }
  }
  for (const name of ['slow-1', 'slow-2', 'pool-1', 'pool-2']) ask(name, false)
  await pass(10_000)
  expect(entered).toEqual(['slow-1', 'slow-2'])
  ask('waiting', true)
  await pass(100)
  expect(entered).toEqual(['slow-1', 'slow-2', 'waiting'])
  await pass(5_000)
  expect(entered).toEqual(['slow-1', 'slow-2', 'waiting', 'pool-1']) // Not even so for ever.
})

it('gives a place away soon after the machine has CPU to spare again', async () => {
  const { gate, clock, use } = world(1)
  await gate.enter(false).entered
  const next = gate.enter(false).entered
  use(CORES * 2_000)
  clock.advance(2_000)
  use(CORES * 250) // In half a second.
  clock.advance(500)
  clock.advance(0)
  await next
})

const CORES = 2

function world(places: number) {
  const clock = new VirtualClock()
  let usedMs = 0
  const cpu = { cores: CORES, usedMs: () => usedMs }
  return { clock, gate: new StartGate(clock, places, cpu), use: (ms: number) => void (usedMs += ms) }
}
