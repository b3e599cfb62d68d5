import { describe, expect, it } from 'vitest'
import { FleetWorld } from '../support/fleet-world.ts'
import { watchOver } from '../support/invariants.ts'

describe('a pool with low 3 and high 5', () => {
  it('is filled, refilled behind sessions, and shrunk to exactly high', () => {
    const world = worldWith({ low: 3, high: 5 })
    expect(world.counts('game')).toMatchObject({ idle: 3, active: 0 })
    const ids = world.openMany('game', 4)
    world.run(1_000)
    expect(world.counts('game')).toEqual({ idle: 3, active: 4, inFlight: 0, terminating: 0 })
    for (const id of ids) world.close(id)
    world.run(5_000)
    expect(world.counts('game')).toEqual({ idle: 5, active: 0, inFlight: 0, terminating: 0 })
    expect(ids.map((id) => world.session(id).closeReason)).toEqual(Array(4).fill('requested'))
  })

  it('gives the pod of a closed session to the next one', () => {
    const world = worldWith({ low: 1, high: 1, maxPods: 1 })
    const first = world.open('game')
    world.run(100)
    world.close(first)
    world.run(100)
    const second = world.open('game')
    world.run(100)
    expect(world.session(second)).toMatchObject({ phase: 'available', start: 'warm' })
    expect(world.session(second).podId).toBe(world.session(first).podId)
    expect(world.node('node-1').created).toBe(1)
  })
})
function worldWith(policy: { low: number; high: number; minPods?: number; maxPods?: number }): FleetWorld {
  const { low, high, ...rest } = policy
  const world = new FleetWorld()
  watchOver(world)
  world.addNode('node-1')
  world.addApplication('game', { policy: { target: { kind: 'idleCount', low, high }, ...rest } })
  world.run(1_000)
  return world
}
