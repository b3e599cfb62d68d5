import { describe, expect, it } from 'vitest'
import type { ScalingPolicy } from '../../src/applications/application.ts'
import { FleetWorld } from '../support/fleet-world.ts'
import { watchOver } from '../support/invariants.ts'

describe('a pool', () => {
  it('with low 3 and high 5 is filled, refilled behind sessions, and shrunk to exactly 5', () => {
    const world = worldWith(idle(3, 5))
    expect(world.counts('game')).toEqual({ idle: 3, active: 0, inFlight: 0, terminating: 0 })
    const ids = world.openMany('game', 4)
    world.run(1_000)
    expect(world.counts('game')).toEqual({ idle: 3, active: 4, inFlight: 0, terminating: 0 })
    for (const id of ids) world.close(id)
    world.run(5_000)
    expect(world.counts('game')).toEqual({ idle: 5, active: 0, inFlight: 0, terminating: 0 })
    expect(ids.map((id) => world.session(id).closeReason)).toEqual(Array(4).fill('requested'))
  })

  it('with min 10 and low = high = 0 stays at 10', () => {
    const world = worldWith({ ...idle(0, 0), minPods: 10 })
    expect(world.counts('game').idle).toBe(10)
    const id = world.open('game')
    world.run(1_000)
    expect(world.counts('game')).toMatchObject({ idle: 9, active: 1 })
    world.close(id)
    world.run(60_000)
    expect(world.counts('game')).toEqual({ idle: 10, active: 0, inFlight: 0, terminating: 0 })
    expect(world.node('node-1').created).toBe(10)
  })

  it('with low = high = 0 makes a pod on demand, and says that the start was cold', () => {
    const world = worldWith(idle(0, 0))
    expect(world.counts('game').idle).toBe(0)
    const id = world.open('game')
    world.run(200)
    expect(world.session(id)).toMatchObject({ phase: 'available', start: 'cold' })
    world.close(id)
    world.run(5_000)
    expect(world.counts('game')).toEqual({ idle: 0, active: 0, inFlight: 0, terminating: 0 })
  })

  it('with shares of 20 and 40 percent keeps them as sessions come and go', () => {
    const world = worldWith({ target: { kind: 'idlePercent', low: 20, high: 40 }, minPods: 1 })
    const ids = world.openMany('game', 8)
    world.run(5_000)
    expect(world.counts('game')).toMatchObject({ active: 8, idle: 2 })
    for (const id of ids.slice(0, 5)) world.close(id)
    world.run(5_000)
    expect(world.counts('game')).toMatchObject({ active: 3, idle: 2 })
  })

  it('grows and shrinks by no more than its burst in a second', () => {
    const world = worldWith({ ...idle(12, 12), burst: 3 }, 10)
    const created = [0, 1_020, 1_000, 1_000].map((ms) => {
      world.run(ms)
      return world.counts('game').inFlight + world.counts('game').idle
    })
    expect(created).toEqual([3, 6, 9, 12])
    world.run(5_000)
    world.setPolicy('game', idle(0, 0))
    const left = [0, 1_020, 1_000, 1_000].map((ms) => {
      world.run(ms)
      return world.counts('game').idle
    })
    expect(left).toEqual([9, 6, 3, 0])
  })

  it('shrinks only after it was above its target for the delay', () => {
    const world = worldWith({ ...idle(2, 2), scaleDownDelayMs: 30_000 })
    const ids = world.openMany('game', 3)
    world.run(1_000)
    for (const id of ids) world.close(id)
    world.run(29_000)
    expect(world.counts('game').idle).toBe(5)
    world.run(3_000)
    expect(world.counts('game').idle).toBe(2)
  })

  it('is not looked at again and again while it waits for the delay', () => {
    const world = worldWith({ ...idle(2, 2), scaleDownDelayMs: 3_600_000, burst: 100 })
    const ids = world.openMany('game', 3)
    world.run(1_000)
    for (const id of ids) world.close(id)
    world.run(1_000)
    const before = world.deadlinesFired
    world.run(60_000)
    expect(world.deadlinesFired - before).toBeLessThan(75) // Once a second the core marks that it listens.
  })

  it('replaces a pod whose process ended, and its session says so', () => {
    const world = worldWith(idle(2, 2))
    const id = world.open('game')
    world.run(30_000)
    world.node('node-1').exitPod(world.session(id).podId ?? '')
    world.run(1_000)
    expect(world.session(id)).toMatchObject({ phase: 'closed', closeReason: 'podLost' })
    expect(world.counts('game')).toMatchObject({ idle: 2, active: 0 })
  })
})

describe('at the maximum of three pods', () => {
  const full = { ...idle(0, 0), maxPods: 3 }
  it('three sessions are served and three close within 0.2 s of their own deadlines', () => {
    const world = worldWith(full)
    const ids = [0, 1, 2, 3, 4, 5].map((turn) => {
      world.run(100)
      return { id: world.open('game', { openTimeoutMs: 1_000 }), endsAtMs: world.nowMs + 1_000, turn }
    })
    world.run(5_000)
    expect(ids.slice(0, 3).map(({ id }) => world.session(id).phase)).toEqual(Array(3).fill('available'))
    for (const { id, endsAtMs } of ids.slice(3)) {
      const { closeReason, closedAtMs } = world.session(id)
      expect(closeReason).toBe('openTimedOut')
      expect(Math.abs((closedAtMs ?? 0) - endsAtMs)).toBeLessThan(200)
    }
  })

  it('a maximum that is raised serves who waits at once', () => {
    const world = worldWith(full)
    const ids = world.openMany('game', 6)
    world.run(2_000)
    world.setPolicy('game', { maxPods: 10 })
    world.run(200)
    expect(ids.map((id) => world.session(id).phase)).toEqual(Array(6).fill('available'))
  })
})

describe('a node without room', () => {
  it('keeps pods waiting, and says what is short; room that appears is used at once', () => {
    const world = new FleetWorld()
    watchOver(world)
    world.addNode('node-1', { resources: { cpuMillis: 250, memoryBytes: 2 ** 40, pods: 10 } })
    world.addApplication('game', { policy: idle(3, 3) })
    world.run(1_000)
    expect(world.counts('game')).toMatchObject({ idle: 2, inFlight: 1 })
    expect(world.reader.application('game')?.failure).toMatchObject({
      kind: 'noCapacity',
      message: '1 pod waits for room: of 1 suitable nodes, 1 lack CPU',
    })
    world.addNode('node-2')
    world.run(200)
    expect(world.counts('game')).toMatchObject({ idle: 3, inFlight: 0 })
    expect(world.reader.application('game')?.failure).toBeNull()
  })

  it('looks at no node for who reads an application, and does not ask what it lacks', () => {
    const world = new FleetWorld()
    world.addApplication('game', { policy: idle(3, 3) })
    world.run(1_000)
    const { groups } = world.fleet.state
    const shortage = groups.shortage.bind(groups)
    let looks = 0
    groups.shortage = (spec) => {
      looks += 1
      return shortage(spec)
    }
    expect(world.reader.application('game')?.definition.name).toBe('game')
    expect(looks).toBe(0)
    expect(world.reader.application('game')?.failure?.kind).toBe('noCapacity')
    expect(looks).toBe(1)
  })

  it('does not keep pods for sessions that gave up', () => {
    const world = new FleetWorld()
    watchOver(world)
    world.addApplication('game', { policy: idle(0, 0) })
    world.openMany('game', 5, { openTimeoutMs: 1_000 })
    expect(world.counts('game').inFlight).toBe(5)
    world.run(5_000)
    expect(world.counts('game').inFlight).toBe(0)
  })
})

function idle(
  low: number,
  high: number,
): Partial<ScalingPolicy> & { target: { kind: 'idleCount'; low: number; high: number } } {
  return { target: { kind: 'idleCount', low, high } }
}

function worldWith(policy: Partial<ScalingPolicy>, settleMs = 5_000): FleetWorld {
  const world = new FleetWorld()
  watchOver(world)
  world.addNode('node-1')
  world.run(10)
  world.addApplication('game', { policy })
  if (settleMs > 10) world.run(settleMs)
  return world
}
