import { expect, it } from 'vitest'
import { FleetWorld } from '../../test/support/fleet-world.ts'

it('forgets what was measured of an application once that is gone, and of no other', () => {
  const world = new FleetWorld()
  world.addNode('node-1')
  world.run(10)
  for (const id of ['game', 'chat']) world.addApplication(id, { policy: { minPods: 1 } })
  world.run(1_000)
  for (const id of ['game', 'chat']) world.open(id)
  world.run(100)
  const all = { applicationId: null, start: null, tenantId: null }
  expect(world.latency.summary(all).count).toBe(2)
  world.deleteApplication('game')
  world.run(10_000)
  expect(world.latency.summary(all).count).toBe(1)
  expect(world.latency.summary({ ...all, applicationId: 'game' }).count).toBe(0)
})
