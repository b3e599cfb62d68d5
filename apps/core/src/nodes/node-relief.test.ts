/** What a node that is short of something gets, gives up and keeps. */
import { describe, expect, it } from 'vitest'
import { FleetWorld } from '../../test/support/fleet-world.ts'
import { watchOver } from '../../test/support/invariants.ts'
import { HELD_MS } from './node-pressure.ts'
import { relievingPods, type IdleCandidate } from './relief-plan.ts'

const SHORT = { memory: true, disk: false, pids: false }
const FINE = { memory: false, disk: false, pids: false }

describe('N11: a node that is short of memory', () => {
  it('gets no pod, gives up its idle ones bit by bit, and keeps those that serve', () => {
    const world = worldOfTwo()
    const open = world.openMany('game', 4)
    world.run(2_000)
    const serving = open.filter((id) => world.session(id).nodeName === 'node-1')
    for (let reports = 0; reports < 30; reports += 1) {
      world.fleet.nodePressure('node-1', SHORT)
      world.run(2_000)
    }
    expect(world.reader.node('node-1')?.conditions).toMatchObject([{ kind: 'memoryPressure' }])
    const there = world.pods('game').filter(({ nodeName }) => nodeName === 'node-1')
    expect(there.map(({ phase }) => phase)).toEqual(serving.map(() => 'active'))
    expect(open.map((id) => world.session(id).phase)).toEqual(open.map(() => 'available'))
    expect(world.counts('game')).toMatchObject({ idle: 6, active: 4 }) // The others stand elsewhere.
  })

  it('is not filled again by the pools that it was relieved of: it takes pods a while after it last said so', () => {
    const world = worldOfTwo()
    world.fleet.nodePressure('node-1', SHORT)
    world.run(5_000)
    world.fleet.nodePressure('node-1', FINE)
    const left = idleOn(world, 'node-1')
    world.openMany('game', 12)
    world.run(HELD_MS - 6_000)
    expect(idleOn(world, 'node-1')).toBeLessThanOrEqual(left)
    expect(world.fleet.state.groups.account('node-1')?.isOpen).toBe(false)
    world.run(2_000)
    expect(world.fleet.state.groups.account('node-1')?.isOpen).toBe(true)
    expect(world.reader.node('node-1')?.conditions).toEqual([])
  })

  it('gives up no more while those before have yet to end', () => {
    const world = worldOfTwo()
    world.node('node-1').times.stopMs = 4_000
    const before = idleOn(world, 'node-1')
    for (let reports = 0; reports < 3; reports += 1) {
      world.fleet.nodePressure('node-1', SHORT)
      world.run(1_000)
    }
    expect(idleOn(world, 'node-1')).toBe(before - 1)
  })

  it('kills those that sleep: to end by themselves they would wake', () => {
    const world = worldOfTwo()
    world.setPolicy('game', { keepHot: 0, hibernateAfterMs: 100 })
    world.run(2_000)
    world.takeCommands()
    world.fleet.nodePressure('node-1', SHORT)
    const told = world.takeCommands().map(({ command }) => command)
    expect(told).toMatchObject([{ kind: 'stopPod', graceMs: 0 }])
  })

  it('gets pods again a while after it has enough', () => {
    const world = worldOfTwo()
    world.fleet.nodePressure('node-2', SHORT)
    world.run(1)
    world.openMany('game', 12)
    world.run(5_000)
    world.fleet.nodePressure('node-2', FINE)
    world.fleet.nodePressure('node-1', { ...FINE, pids: true })
    world.run(HELD_MS)
    expect(world.reader.node('node-2')?.conditions).toEqual([])
    world.fleet.nodePressure('node-1', { ...FINE, pids: true })
    world.openMany('game', 6)
    world.run(10_000)
    expect(world.pods('game').some(({ nodeName }) => nodeName === 'node-2')).toBe(true)
  })

  it('that connects anew is taken for one that has enough, until it says otherwise', () => {
    const world = worldOfTwo()
    world.fleet.nodePressure('node-1', SHORT)
    world.disconnect('node-1', { forMs: 1_000 })
    world.run(5_000)
    expect(world.reader.node('node-1')?.conditions).toEqual([])
  })
})

describe('the pods to give up', () => {
  const PODS = [
    pod('standby', 10),
    pod('hibernated', 30),
    pod('standby', 5),
    pod('active', 1, ['ses-1']),
    pod('creating', 1),
    pod('hibernated', 20),
  ]

  it('are those that sleep, then those that have been idle for longest, some at a time', () => {
    expect(orderOf(PODS, { memory: false })).toEqual(['hibernated 20', 'hibernated 30', 'standby 5', 'standby 10'])
    const many = Array.from({ length: 80 }, (_, at) => pod('standby', at))
    expect(relievingPods(many, { memory: false }, 100).length).toBe(10)
  })

  it('are first those that are awake where memory is short: they keep the most of it', () => {
    expect(orderOf(PODS, { memory: true })).toEqual(['standby 5', 'standby 10', 'hibernated 20', 'hibernated 30'])
  })

  it('are none while others have yet to end, but not for ever', () => {
    const pods = [...PODS, pod('terminating', 100)]
    expect(relievingPods(pods, { memory: true }, 200)).toEqual([])
    expect(relievingPods(pods, { memory: true }, 60_000)).toHaveLength(1)
  })
})

function orderOf(pods: readonly IdleCandidate[], pressure: { readonly memory: boolean }): readonly string[] {
  const order: IdleCandidate[] = []
  for (let left = [...pods]; relievingPods(left, pressure, 100).length > 0;) {
    const [next] = relievingPods(left, pressure, 100)
    if (next === undefined) break
    order.push(next)
    left = left.filter((one) => one !== next)
  }
  return order.map(({ phase, phaseSinceMs }) => `${phase} ${phaseSinceMs}`)
}

function idleOn(world: FleetWorld, nodeName: string): number {
  return world.pods('game').filter((one) => one.nodeName === nodeName && one.phase === 'standby').length
}

function worldOfTwo(): FleetWorld {
  const world = new FleetWorld()
  watchOver(world)
  for (const name of ['node-1', 'node-2']) world.addNode(name)
  world.addApplication('game', { policy: { target: { kind: 'idleCount', low: 6, high: 6 }, maxPods: 30 } })
  world.run(5_000)
  return world
}

function pod(phase: string, phaseSinceMs: number, sessionIds: readonly string[] = []): IdleCandidate {
  return { phase, phaseSinceMs, sessionIds: new Set(sessionIds) }
}
