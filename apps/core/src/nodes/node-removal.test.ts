/** What becomes of a node, and of what it ran, when an operator says that it will not come back. */
import { describe, expect, it } from 'vitest'
import { FleetWorld } from '../../test/support/fleet-world.ts'
import { watchOver } from '../../test/support/invariants.ts'

describe('N12: a node that an operator removes', () => {
  it('stays while it is connected', () => {
    const world = worldOfTwo()
    expect(removed(world, 'node-1')).toBe(false)
    expect(removed(world, 'nobody')).toBe(false)
    expect(world.reader.node('node-1')?.phase).toBe('ready')
    expect(world.rows.nodes.has('node-1')).toBe(true)
  })

  it('is gone at once, its sessions are closed, and its pods are replaced, also within its lease', () => {
    const world = worldOfTwo()
    const ids = world.openMany('game', 6)
    world.run(1_000)
    const there = ids.filter((id) => world.session(id).nodeName === 'node-1')
    world.disconnect('node-1')
    world.run(10)
    expect(world.reader.node('node-1')?.phase).toBe('disconnected')
    expect(removed(world, 'node-1')).toBe(true)
    expect(world.reader.node('node-1')).toBeNull()
    expect(there.map((id) => world.session(id).closeReason)).toEqual(there.map(() => 'nodeLost'))
    world.run(20_000)
    expect([...world.reader.nodes()].map(({ registered }) => registered.name)).toEqual(['node-2'])
    expect(world.counts('game').idle).toBe(6)
    expect(world.rows.nodes.has('node-1')).toBe(false)
  })

  it('is not known to a core that starts again', () => {
    const world = worldOfTwo()
    world.disconnect('node-1')
    world.run(15_000)
    expect(world.reader.node('node-1')?.phase).toBe('lost')
    expect(removed(world, 'node-1')).toBe(true)
    world.run(1_000)
    world.stopCore()
    world.startCore()
    expect([...world.reader.nodes()].map(({ registered }) => registered.name)).toEqual(['node-2'])
  })

  it('that comes back is new: what it ran is stopped, none of it is pooled, and no cordon is left', () => {
    const world = worldOfTwo()
    world.openMany('game', 6)
    world.run(1_000)
    const before = [...world.node('node-1').pods.keys()]
    expect(before.length).toBeGreaterThan(0)
    world.turn((fleet) => fleet.setCordoned('node-1', true))
    world.disconnect('node-1', { forMs: 5_000 })
    world.run(1_000)
    expect(removed(world, 'node-1')).toBe(true)
    world.run(8_000)
    expect(world.reader.node('node-1')).toMatchObject({ phase: 'ready', registered: { isCordoned: false } })
    expect(before.filter((id) => world.node('node-1').pods.has(id))).toEqual([])
  })

  it('while it drains takes the deadline of its drain along', () => {
    const world = worldOfTwo()
    world.turn((fleet) => fleet.drain('node-1', 20_000))
    world.disconnect('node-1')
    world.run(15_000)
    expect(removed(world, 'node-1')).toBe(true)
    expect([...world.deadlines.keys()].filter((key) => key.endsWith(':node-1'))).toEqual([])
  })
})

function removed(world: FleetWorld, name: string): boolean {
  let isRemoved = false
  world.turn((fleet) => {
    isRemoved = fleet.removeNode(name)
  })
  return isRemoved
}

/** Three idle pods on each of two nodes. */
function worldOfTwo(): FleetWorld {
  const world = new FleetWorld()
  watchOver(world)
  world.addNode('node-1')
  world.addNode('node-2')
  world.run(10)
  world.addApplication('game', { policy: { target: { kind: 'idleCount', low: 6, high: 6 }, maxPods: 30 } })
  world.run(1_000)
  return world
}
