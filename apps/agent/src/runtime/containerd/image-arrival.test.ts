import { VirtualClock } from '@fornax/kernel/virtual-clock'
import { expect, it } from 'vitest'
import { watchArrival } from './image-arrival.ts'

it('tells the sum of what has arrived when it grows, also of parts that are complete, until it is over', async () => {
  const clock = new VirtualClock()
  const looks = [
    new Map([['layer-1', 10]]),
    new Map([
      ['layer-1', 40],
      ['layer-2', 5],
    ]),
    new Map([['layer-2', 5]]),
    new Map([['layer-2', 20]]),
    new Map([['layer-2', 99]]),
  ]
  const told: number[] = []
  const arriving = (): Promise<ReadonlyMap<string, number>> => Promise.resolve(looks.shift() ?? new Map())
  const watch = watchArrival({ client: { arriving }, clock, arrived: (bytes) => void told.push(bytes) })
  for (let looked = 0; looked < 4; looked += 1) await later(clock)
  watch[Symbol.dispose]()
  await later(clock)
  expect(told).toEqual([10, 45, 60])
})

async function later(clock: VirtualClock): Promise<void> {
  clock.advance(500)
  await new Promise(setImmediate)
}
