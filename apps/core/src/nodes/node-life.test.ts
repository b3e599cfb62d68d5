/** The rules of nodes where they matter: in a whole fleet, with nodes that come, go and forget. */
import { describe, expect, it } from 'vitest'
import { FleetWorld } from '../../test/support/fleet-world.ts'
import { watchOver } from '../../test/support/invariants.ts'
import type { ScalingPolicy } from '../applications/application.ts'

const TWO_EACH: Partial<ScalingPolicy> = { target: { kind: 'idleCount', low: 6, high: 6 }, maxPods: 30 }

describe('N1: a node that connects', () => {
  it('gets no pod before its full state has come', () => {
    const world = new FleetWorld()
    watchOver(world)
    world.times.latencyMs = 50
    world.addNode('node-1')
    world.addApplication('game', { policy: TWO_EACH })
    world.run(40)
    expect(world.counts('game').inFlight).toBe(6)
    expect(world.pods('game').every(({ phase }) => phase === 'pending')).toBe(true)
    world.run(200)
    expect(world.counts('game').idle).toBe(6)
  })
})

describe('a node that is cut off', () => {
  it('and is back within its lease has lost nothing, and nothing was booked anew', () => {
    const world = worldOfTwo()
    const ids = world.openMany('game', 4)
    world.run(1_000)
    const booked = world.fleet.state.groups.booked('node-1')
    world.disconnect('node-1', { forMs: 8_000 })
    world.run(7_000)
    expect(world.reader.node('node-1')?.phase).toBe('disconnected')
    expect(world.fleet.state.groups.booked('node-1')).toEqual(booked)
    world.run(5_000)
    expect(world.reader.node('node-1')?.phase).toBe('ready')
    expect(world.fleet.state.groups.booked('node-1')).toEqual(booked)
    expect(ids.map((id) => world.session(id).phase)).toEqual(Array(4).fill('available'))
    expect(created(world)).toBe(10)
  })

  it('N3: for longer than its lease is lost: sessions close, pods are replaced', () => {
    const world = worldOfTwo()
    const ids = world.openMany('game', 6)
    world.run(1_000)
    const there = ids.filter((id) => world.session(id).nodeName === 'node-1')
    expect(there.length).toBeGreaterThan(0)
    world.disconnect('node-1')
    world.run(9_000)
    expect(there.map((id) => world.session(id).phase)).toEqual(there.map(() => 'available'))
    world.run(3_000)
    expect(world.reader.node('node-1')?.phase).toBe('lost')
    expect(there.map((id) => world.session(id).closeReason)).toEqual(there.map(() => 'nodeLost'))
    expect(world.counts('game')).toMatchObject({ idle: 6, active: 6 - there.length })
    expect(world.pods('game').every(({ nodeName }) => nodeName === 'node-2')).toBe(true)
  })

  it('N8: is not lost because the core stood still, or its clock leapt, for longer than a lease', () => {
    const world = worldOfTwo(false)
    const ids = world.openMany('game', 6)
    world.run(1_000)
    world.disconnect('node-1', { forMs: 26_000 })
    world.run(3_000)
    world.clock.leap(20_000)
    world.run(2_000)
    expect(world.reader.node('node-1')?.phase).toBe('disconnected')
    world.run(3_000)
    expect(world.reader.node('node-1')?.phase).toBe('ready')
    expect(ids.map((id) => world.session(id).phase)).toEqual(Array(6).fill('available'))
    expect(created(world)).toBe(12)
  })

  it('N8: is lost after its lease when the core stood still meanwhile, no later', () => {
    const world = worldOfTwo(false)
    world.disconnect('node-1')
    world.run(3_000)
    world.clock.leap(20_000)
    world.run(8_200)
    expect(world.reader.node('node-1')?.phase).toBe('lost')
    expect(world.reader.node('node-2')?.phase).toBe('ready')
  })

  it('N3: without the core being told is lost as well', () => {
    const world = worldOfTwo()
    world.disconnect('node-1', { isNoticed: false })
    world.run(12_500)
    expect(world.reader.node('node-1')?.phase).toBe('lost')
    expect(world.counts('game').idle).toBe(6)
  })

  it('N5: and returns after its lease stops everything that was given up, and serves again', () => {
    const world = worldOfTwo()
    const ids = world.openMany('game', 6)
    world.run(1_000)
    const before = [...world.node('node-1').pods.keys()]
    world.disconnect('node-1', { forMs: 30_000 })
    world.run(29_000)
    expect([...world.node('node-1').pods.keys()]).toEqual(before)
    world.run(5_000)
    expect(world.node('node-1').pods.size).toBe(0)
    expect(world.node('node-1').sessions.size).toBe(0)
    expect(world.reader.node('node-1')?.phase).toBe('ready')
    world.openMany('game', 12)
    world.run(1_000)
    expect(world.node('node-1').pods.size).toBeGreaterThan(0)
    expect(ids.every((id) => ['available', 'closed'].includes(world.session(id).phase))).toBe(true)
  })

  it('N5: and was silent on a stream that never ended is heard again', () => {
    const world = worldOfTwo()
    world.times.heartbeatMs = 15_000
    world.run(14_000)
    expect([...world.reader.nodes()].map(({ phase }) => phase)).toContain('lost')
    world.times.heartbeatMs = 2_000
    world.run(20_000)
    expect([...world.reader.nodes()].map(({ phase }) => phase)).toEqual(['ready', 'ready'])
    expect(world.counts('game')).toMatchObject({ idle: 6, inFlight: 0 })
    expect(world.node('node-1').pods.size + world.node('node-2').pods.size).toBe(6)
  })
})

describe('N10: a node that runs pods that are nobody’s', () => {
  it('gets no new ones before these have ended', () => {
    const world = new FleetWorld()
    watchOver(world)
    const resources = { cpuMillis: 64_000, memoryBytes: 2 ** 36, pods: 3 }
    world.addNode('node-1', { resources }).times.stopMs = 2_000
    world.addApplication('game', { policy: { target: { kind: 'idleCount', low: 3, high: 3 }, maxPods: 3 } })
    world.run(1_000)
    const before = [...world.node('node-1').pods.keys()]
    expect(before).toHaveLength(3)
    world.disconnect('node-1', { forMs: 15_000 })
    world.run(15_500)
    expect(world.reader.node('node-1')?.phase).toBe('ready')
    expect([...world.node('node-1').pods.keys()]).toEqual(before)
    expect(world.counts('game')).toMatchObject({ idle: 0, inFlight: 3 })
    world.run(3_000)
    expect(world.counts('game')).toMatchObject({ idle: 3, inFlight: 0 })
    expect([...world.node('node-1').pods.keys()].some((id) => before.includes(id))).toBe(false)
  })

  it('is one that never said that a pod was ready, until that has ended there', () => {
    const world = new FleetWorld()
    watchOver(world)
    const resources = { cpuMillis: 64_000, memoryBytes: 2 ** 36, pods: 1 }
    Object.assign(world.addNode('node-1', { resources }).times, { createMs: Infinity, stopMs: 5_000 })
    world.addApplication('game', { policy: { target: { kind: 'idleCount', low: 1, high: 1 }, maxPods: 1 } })
    const [first] = [...world.node('node-1').pods.keys()]
    for (let waited = 0; waited < 600_000 && world.node('node-1').created < 2; waited += 1_000) {
      expect(world.node('node-1').pods.size).toBeLessThanOrEqual(1)
      world.run(1_000)
    }
    expect(world.node('node-1').created).toBe(2)
    expect(world.node('node-1').pods.has(first ?? '')).toBe(false)
  })
})

describe('N4: another ledger under the same name', () => {
  it('is a new node: everything of the old one is given up at once', () => {
    const world = worldOfTwo()
    const ids = world.openMany('game', 6)
    world.run(1_000)
    const there = ids.filter((id) => world.session(id).nodeName === 'node-1')
    world.crash('node-1', { forMs: 500, keepsLedger: false })
    world.run(3_000)
    expect(there.map((id) => world.session(id).closeReason)).toEqual(there.map(() => 'nodeLost'))
    expect(world.counts('game')).toMatchObject({ idle: 6, active: 6 - there.length, inFlight: 0 })
    expect(world.reader.node('node-1')).toMatchObject({ phase: 'ready' })
  })

  it('is refused while the old one is connected', () => {
    const world = worldOfTwo()
    const twin = { ...world.node('node-1').introduction, ledgerId: 'led-another' }
    expect(world.turn((fleet) => fleet.nodeConnected(twin))).toEqual({ kind: 'nameTaken' })
    expect(world.reader.node('node-1')?.phase).toBe('ready')
  })

  it('keeps what an operator said of the machine', () => {
    const world = worldOfTwo()
    world.turn((fleet) => fleet.setCordoned('node-1', true))
    world.crash('node-1', { forMs: 500, keepsLedger: false })
    world.run(3_000)
    expect(world.reader.node('node-1')?.registered.isCordoned).toBe(true)
    expect(world.pods('game').every(({ nodeName }) => nodeName === 'node-2')).toBe(true)
  })
})

describe('N6: after a restart of the core', () => {
  it('unknown pods of a node that was not lost are adopted', () => {
    const world = worldOfTwo()
    world.restartCore()
    world.run(15_000)
    expect(world.counts('game')).toEqual({ idle: 6, active: 0, inFlight: 0, terminating: 0 })
    expect(created(world)).toBe(6)
  })

  it('N13: nobody waits for longer than a lease for a node that comes again and again, and is not let in', () => {
    const world = worldOfTwo()
    world.turnedAway.add('node-1')
    world.restartCore()
    world.run(9_000)
    expect(world.fleet.state.expectedNodes.size).toBe(1)
    world.run(6_000)
    expect(world.reader.node('node-1')?.phase).toBe('lost')
    expect(world.counts('game')).toMatchObject({ idle: 6 })
    expect(world.pods('game').every(({ nodeName }) => nodeName === 'node-2')).toBe(true)
  })

  it('those of a node that was lost are stopped', () => {
    const world = worldOfTwo()
    world.disconnect('node-1', { forMs: 20_000 })
    world.run(15_000)
    world.restartCore()
    world.run(20_000)
    expect([...world.node('node-1').pods.keys()]).toEqual(
      world.pods('game').flatMap(({ id, nodeName }) => (nodeName === 'node-1' ? [id] : [])),
    )
    expect(world.counts('game')).toEqual({ idle: 6, active: 0, inFlight: 0, terminating: 0 })
  })

  it('those of an application that is gone are stopped', () => {
    const world = worldOfTwo()
    world.stopCore()
    world.rows.applications.clear()
    world.rows.versions.clear()
    world.startCore()
    world.run(5_000)
    expect([...world.nodes.values()].map(({ pods, versions }) => [pods.size, versions.size])).toEqual([
      [0, 0],
      [0, 0],
    ])
  })
})

describe('N2, N7: reports', () => {
  it('of which one is missing are made good by a full state', () => {
    const world = worldOfTwo()
    world.deaf.set('node-1', 1)
    world.deaf.set('node-2', 1)
    const ids = world.openMany('game', 6)
    world.run(2_000)
    expect(ids.map((id) => world.session(id).phase)).toEqual(Array(6).fill('available'))
    expect(created(world)).toBe(12)
  })

  it('N2: a full state that crosses commands on their way frees no slot that is about to be taken', () => {
    const world = new FleetWorld()
    watchOver(world)
    world.times.latencyMs = 20
    world.addNode('node-1')
    world.run(100)
    world.addApplication('game', { policy: { minPods: 1, maxPods: 1 } })
    world.run(1_000)
    world.node('node-1').times.closeMs = 500
    world.node('node-1').receive({ kind: 'sendState' })
    const cancelled = world.open('game') // Its start crosses that state.
    const next = world.open('game')
    world.run(5)
    world.close(cancelled)
    world.run(1_000)
    expect(world.session(next)).toMatchObject({ phase: 'available', podId: world.session(cancelled).podId })
    expect(world.node('node-1').created).toBe(1)
  })

  it('that repeat change nothing', () => {
    const world = worldOfTwo()
    const id = world.open('game')
    world.run(1_000)
    const name = world.session(id).nodeName ?? ''
    const { resourceVersion } = world.fleet.state.changes
    const revision = world.reader.node(name)?.revision ?? 0
    const stale = { podId: world.session(id).podId ?? '', versionId: 'ver-game-1', phase: 'failed' } as const
    const nothing = { failure: null, readyAfterMs: null, runtime: null, startPhases: null, hibernation: null }
    const pod = { ...stale, ...nothing, isSpent: false }
    for (const old of [revision, revision - 1, 1])
      expect(world.turn((fleet) => fleet.nodeReports(name, old, [{ kind: 'pod', pod }]))).toBe(true)
    expect(world.fleet.state.changes.resourceVersion).toBe(resourceVersion)
    expect(world.turn((fleet) => fleet.nodeReports(name, revision + 2, [{ kind: 'pod', pod }]))).toBe(false)
  })
})

describe('a node that is cordoned', () => {
  it('gets no new pods, keeps those that it has, and these still take sessions', () => {
    const world = worldOfTwo()
    world.turn((fleet) => fleet.setCordoned('node-1', true))
    const before = world.node('node-1').pods.size
    const ids = world.openMany('game', 6)
    world.run(2_000)
    expect(world.node('node-1').pods.size).toBe(before)
    expect(ids.map((id) => world.session(id).phase)).toEqual(Array(6).fill('available'))
    expect(new Set(ids.map((id) => world.session(id).nodeName))).toEqual(new Set(['node-1', 'node-2']))
    world.turn((fleet) => fleet.setCordoned('node-1', false))
    world.openMany('game', 6)
    world.run(2_000)
    expect(world.node('node-1').pods.size).toBeGreaterThan(before)
  })
})

describe('a node that drains', () => {
  it('loses what serves nobody at once, and the rest when its sessions close by themselves', () => {
    const world = worldOfTwo()
    const ids = world.openMany('game', 6)
    world.run(1_000)
    const there = ids.filter((id) => world.session(id).nodeName === 'node-1')
    expect(world.turn((fleet) => fleet.drain('node-1', 60_000))).toBe(there.length)
    world.run(2_000)
    expect(world.node('node-1').pods.size).toBe(there.length)
    expect(world.counts('game').idle).toBe(6)
    for (const id of there) world.close(id)
    world.run(2_000)
    expect(world.node('node-1').pods.size).toBe(0)
  })

  it('closes what is left at its deadline, with an honest reason', () => {
    const world = worldOfTwo()
    const ids = world.openMany('game', 6)
    world.run(1_000)
    const there = ids.filter((id) => world.session(id).nodeName === 'node-1')
    world.turn((fleet) => fleet.drain('node-1', 5_000))
    world.run(4_900)
    expect(there.map((id) => world.session(id).phase)).toEqual(there.map(() => 'available'))
    world.run(1_000)
    expect(there.map((id) => world.session(id).closeReason)).toEqual(there.map(() => 'drained'))
    expect(world.node('node-1').pods.size).toBe(0)
  })

  it('N9: goes on draining when the core starts again: what serves nobody ends, the rest at the deadline', () => {
    const world = worldOfTwo()
    const ids = world.openMany('game', 6)
    world.run(1_000)
    const there = ids.filter((id) => world.session(id).nodeName === 'node-1')
    world.turn((fleet) => fleet.drain('node-1', 10_000))
    world.run(500)
    world.restartCore(1_000)
    world.run(3_000)
    expect(world.reader.node('node-1')?.registered).toMatchObject({ isCordoned: true })
    expect(world.node('node-1').pods.size).toBe(there.length)
    expect(there.map((id) => world.session(id).phase)).toEqual(there.map(() => 'available'))
    world.run(7_000)
    expect(there.map((id) => world.session(id).closeReason)).toEqual(there.map(() => 'drained'))
    expect(world.node('node-1').pods.size).toBe(0)
  })

  it('N9: ends what a node has that comes back after the deadline of its drain', () => {
    const world = worldOfTwo()
    world.openMany('game', 6)
    world.run(1_000)
    world.turn((fleet) => fleet.drain('node-1', 2_000))
    world.disconnect('node-1', { forMs: 5_000 })
    world.run(7_000)
    expect(world.reader.node('node-1')?.phase).toBe('ready')
    expect(world.node('node-1').pods.size).toBe(0)
    expect(world.node('node-1').sessions.size).toBe(0)
  })
})

it('says what its own pods use, and nothing of those of others', () => {
  const world = worldOfTwo()
  const [here, there] = ['node-1', 'node-2'].map((name) => world.pods('game').find(({ nodeName }) => nodeName === name))
  const rest = { swappedBytes: 3, receivedBytesPerSecond: 1, sentBytesPerSecond: 2 }
  const usage = { cpuMillis: 5, memoryBytes: 7, ...rest }
  const said = new Map([here, there].map((pod) => [pod?.id ?? '', usage]))
  world.turn((fleet) => fleet.nodeUsage('node-1', usage, said))
  expect([here?.usage, there?.usage]).toEqual([usage, null])
})

function created(world: FleetWorld): number {
  return [...world.nodes.values()].reduce((sum, node) => sum + node.created, 0)
}

/** Three idle pods on each of two nodes. Where the core itself stands still, nobody watches that it is on time. */
function worldOfTwo(isWatched = true): FleetWorld {
  const world = new FleetWorld()
  if (isWatched) watchOver(world)
  world.addNode('node-1')
  world.addNode('node-2')
  world.run(10)
  world.addApplication('game', { policy: TWO_EACH })
  world.run(1_000)
  expect([...world.nodes.values()].map(({ pods }) => pods.size)).toEqual([3, 3])
  return world
}
