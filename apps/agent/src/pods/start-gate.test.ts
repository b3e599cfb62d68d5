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

function world(places: number) {
  const clock = new VirtualClock()
  return { clock, gate: new StartGate(clock, places) }
}
