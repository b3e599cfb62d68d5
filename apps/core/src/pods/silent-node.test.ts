/** P7, in a whole fleet: nodes that say nothing of a pod. */
import { expect, it } from 'vitest'
import { FleetWorld } from '../../test/support/fleet-world.ts'
import { watchOver } from '../../test/support/invariants.ts'

const MINUTE_MS = 60_000

it('P7: a node that says nothing of a pod that it should end is asked again', () => {
  const world = worldWithOnePod()
  const node = world.node('node-1')
  const [podId = ''] = node.pods.keys()
  const pod = node.pods.get(podId)
  node.pods.delete(podId) // It misses the command…
  world.setPolicy('game', { minPods: 0 })
  world.run(5_000)
  expect(world.counts('game')).toMatchObject({ terminating: 1, idle: 0 })
  if (pod) node.pods.set(podId, pod) // …and hears the next one.
  world.run(20_000)
  expect(world.counts('game')).toMatchObject({ terminating: 0 })
  expect(node.pods.size).toBe(0)
})

it('P7: a pod that pulls its image for minutes is waited for, as its node does', () => {
  const world = worldWithOnePod()
  world.node('node-1').times.createMs = 4 * MINUTE_MS
  world.setPolicy('game', { minPods: 2 })
  world.run(5 * MINUTE_MS)
  expect(world.counts('game')).toMatchObject({ idle: 2, inFlight: 0 })
  expect(world.node('node-1').created).toBe(2)
})

it('P7: a pod that its node never says is ready has failed, and another one is made', () => {
  const world = worldWithOnePod()
  const node = world.node('node-1')
  node.times.createMs = Infinity
  world.setPolicy('game', { minPods: 2 })
  world.run(5 * MINUTE_MS)
  node.times.createMs = 50
  expect(node.created).toBe(2)
  world.run(MINUTE_MS)
  expect(node.created).toBe(3)
  expect(world.counts('game').idle).toBe(2)
})

function worldWithOnePod(): FleetWorld {
  const world = new FleetWorld()
  watchOver(world)
  world.addNode('node-1')
  world.run(10)
  world.addApplication('game', { policy: { minPods: 1 } })
  world.run(1_000)
  return world
}
