/** What takes more than one look to see. */
import { describe, expect, it } from 'vitest'
import { FleetWorld } from '../../test/support/fleet-world.ts'
import { evidenceOf } from '../../test/support/invariants.ts'
import { createPod } from '../fleet/pod-writer.ts'
import { Onlooker } from './onlooker.ts'
import { Memory } from './memory.ts'

describe('I4: a pod that its node does not end', () => {
  it('has outlived its reason after a lease and 30 s in which its node was connected', () => {
    const { world, look } = watched()
    stopOne(world)
    look()
    world.run(39_000)
    expect(look()).toEqual([])
    world.run(2_000)
    expect(look()).toEqual(['a pod has outlived its reason to exist'])
  })

  it('is not held against a node that cannot be told', () => {
    const { world, look } = watched()
    const podId = stopOne(world)
    world.run(30_000)
    expect(look()).toEqual([])
    world.disconnect('node-1', { forMs: 9_000 })
    expect(look()).toEqual([])
    world.run(9_001)
    expect(look()).toEqual([])
    world.run(1_000)
    world.node('node-1').exitPod(podId)
    world.run(20_000)
    expect(look()).toEqual([])
  })

  it('is looked at anew by a core that has just started', () => {
    const { world, look, memory } = watched()
    stopOne(world)
    world.run(35_000)
    look()
    world.restartCore(100)
    world.run(3_000)
    expect(look()).toEqual([])
    expect(memory.pools.size).toBe(1)
  })
})

describe('I6: a pool', () => {
  it('may have more pods than a maximum that was lowered, and none more', () => {
    const { world, look } = watched()
    world.setPolicy('game', { minPods: 0, maxPods: 2, scaleDownDelayMs: 600_000 })
    expect(look()).toEqual([])
    world.run(1_000)
    expect(look()).toEqual([])
    const entry = world.fleet.state.applications.get('game')
    if (entry) world.turn(({ state }) => createPod(state, entry, entry.definition.version))
    expect(look()).toContain('a pool was given more pods than its maximum')
  })

  it('may have more pods than its maximum when a restarted core finds them', () => {
    const { world, look } = watched()
    world.setPolicy('game', { minPods: 0, maxPods: 2, scaleDownDelayMs: 600_000 })
    world.run(10)
    look()
    world.restartCore(50)
    world.run(60)
    expect(look()).toEqual([])
    world.run(3_000)
    expect(look()).toEqual([])
    expect(world.pods('game')).toHaveLength(4)
  })
})

it('I5: a machine that says that it has less than it had is over its capacity by nobody’s decision', () => {
  const { world, look } = watched()
  const node = world.fleet.state.nodes.get('node-1')
  const smaller = { cpuMillis: 200, memoryBytes: 2 ** 40, pods: 100 }
  world.disconnect('node-1')
  look()
  Object.assign(world.node('node-1').introduction, { resources: smaller })
  world.reconnect('node-1')
  expect(node?.phase).toBe('joining')
  expect(look()).toEqual([])
  world.run(100)
  expect(node?.phase).toBe('ready')
  expect(look()).toEqual([])
})

it('forgets what has gone', () => {
  const { world, look, memory } = watched()
  const podId = stopOne(world)
  look()
  expect([memory.reasonless.size, memory.pools.size]).toEqual([1, 1])
  world.node('node-1').times.stopMs = 20
  world.node('node-1').exitPod(podId)
  world.deleteApplication('game')
  world.run(30_000)
  expect(look()).toEqual([])
  expect([memory.reasonless.size, memory.pools.size]).toEqual([0, 0])
})

/** Four idle pods, and somebody who looks now and then, as the auditor does. */
function watched(): { world: FleetWorld; memory: Memory; look: () => string[] } {
  const world = new FleetWorld()
  world.addNode('node-1')
  world.run(10)
  world.addApplication('game', { policy: { minPods: 4, maxPods: 6 } })
  world.run(2_000)
  const memory = new Memory()
  const onlooker = new Onlooker()
  const look = (): string[] => {
    const evidence = { ...evidenceOf(world, { memory, pace: 'nowAndThen' }), witnesses: {} }
    const found = [...onlooker.look(evidence), ...onlooker.lookAtEverything(evidence)]
    return [...new Set(found.map(({ what }) => what))]
  }
  expect(look()).toEqual([])
  return { world, memory, look }
}

/** Asks a pod to end on a node that does not end it. */
function stopOne(world: FleetWorld): string {
  world.node('node-1').times.stopMs = Infinity
  world.setPolicy('game', { minPods: 3 })
  world.run(10)
  const [pod] = world.pods('game').filter(({ phase }) => phase === 'terminating')
  if (!pod) throw new Error('one is asked to end')
  return pod.id
}
