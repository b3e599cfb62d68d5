/** W11, in a whole fleet: which pods take no session, although they are free. */
import { expect, it } from 'vitest'
import { FleetWorld } from '../../test/support/fleet-world.ts'
import { watchOver } from '../../test/support/invariants.ts'

it('W11: a node that is cut off gives its pods to no session until it is back', () => {
  const world = worldWith({ nodes: 2, count: 6 })
  world.disconnect('node-1', { forMs: 5_000 })
  const ids = world.openMany('game', 6)
  world.run(500)
  expect(new Set(ids.map((id) => world.session(id).nodeName))).toEqual(new Set(['node-2']))
  expect(ids.map((id) => world.session(id).phase)).toEqual(Array(6).fill('available'))
  world.run(10_000)
  const later = world.openMany('game', 6)
  world.run(500)
  expect(later.map((id) => world.session(id).nodeName)).toContain('node-1')
})

it('W11: pods that may be back in a moment are not replaced, but for sessions that wait', () => {
  const world = worldWith({ nodes: 2, count: 6 })
  world.disconnect('node-1', { forMs: 5_000 })
  world.run(4_000)
  expect(world.node('node-2').created).toBe(3)
  world.openMany('game', 4)
  world.run(500)
  expect(world.node('node-2').created).toBe(3 + 4)
})

it('W11: a node that drains gives the open slots of its pods to nobody', () => {
  const world = worldWith({ nodes: 1, count: 1, slots: 4 })
  const first = world.open('game')
  world.run(100)
  world.turn((fleet) => fleet.drain('node-1', 60_000))
  world.addNode('node-2')
  world.run(1_000)
  const second = world.open('game')
  world.run(1_000)
  expect([first, second].map((id) => world.session(id).nodeName)).toEqual(['node-1', 'node-2'])
})

it('W11: a node whose drain was taken back gives them again', () => {
  const world = worldWith({ nodes: 1, count: 1, slots: 4 })
  const first = world.open('game')
  world.run(100)
  world.turn((fleet) => fleet.drain('node-1', 60_000))
  const second = world.open('game')
  world.run(1_000)
  expect(world.session(second).phase).toBe('pending')
  world.turn((fleet) => fleet.setCordoned('node-1', false))
  world.run(100)
  expect(world.session(second)).toMatchObject({ phase: 'available', podId: world.session(first).podId })
})

function worldWith({ nodes, count, slots = 1 }: { nodes: number; count: number; slots?: number }): FleetWorld {
  const world = new FleetWorld()
  watchOver(world)
  for (let i = 1; i <= nodes; i += 1) world.addNode(`node-${i}`)
  world.run(10)
  const target = { kind: 'idleCount', low: count, high: count } as const
  world.addApplication('game', { policy: { target, maxPods: 30 }, spec: { sessionsPerPod: slots } })
  world.run(1_000)
  return world
}
