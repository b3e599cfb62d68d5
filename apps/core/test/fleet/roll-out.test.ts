import { describe, expect, it } from 'vitest'
import type { ScalingPolicy, VersionSpec } from '../../src/applications/application.ts'
import type { ApplicationFailure } from '../../src/fleet/views.ts'
import type { Fate } from '../support/fake-node.ts'
import { FleetWorld } from '../support/fleet-world.ts'
import { watchOver } from '../support/invariants.ts'

describe('a new version that works', () => {
  it('replaces the old pods one for one at the burst rate, and the pool is never short meanwhile', () => {
    const world = worldWith({ ...idle(6, 6), burst: 2 }, 20_000)
    world.publish('game')
    const seen = watchPool(world, 20_000)
    expect(idleVersions(world)).toEqual([2, 2, 2, 2, 2, 2])
    expect(Math.min(...seen.idle)).toBe(6)
    expect(Math.max(...seen.total)).toBeLessThanOrEqual(6 + 2 + 2) // Two on their way in, two on their way out.
    expect(world.node('node-1').created).toBe(12)
  })

  it('keeps the size of a pool that is between low and high', () => {
    const world = worldWith({ ...idle(2, 50), burst: 10 })
    world.setPolicy('game', idle(10, 50))
    world.run(2_000)
    world.setPolicy('game', idle(2, 50))
    world.publish('game')
    world.run(20_000)
    expect(idleVersions(world)).toEqual(Array(10).fill(2))
    expect(world.node('node-1').created).toBe(20)
  })

  it('is rolled out at the maximum too, with half of the idle pods serving meanwhile', () => {
    const world = worldWith({ ...idle(0, 0), minPods: 4, maxPods: 4, burst: 2 })
    world.publish('game')
    const seen = watchPool(world, 30_000)
    expect(idleVersions(world)).toEqual([2, 2, 2, 2])
    expect(Math.min(...seen.idle)).toBeGreaterThanOrEqual(2)
    expect(Math.max(...seen.total)).toBe(4)
  })

  it('is rolled out at a maximum of one', () => {
    const world = worldWith({ ...idle(1, 1), maxPods: 1 })
    world.publish('game')
    world.run(10_000)
    expect(idleVersions(world)).toEqual([2])
  })

  it('of a pool that keeps nothing idle is tried once, and proven', () => {
    const world = worldWith({ ...idle(0, 0), maxPods: 3, burst: 1 })
    world.openMany('game', 2)
    world.run(5_000)
    world.publish('game')
    world.run(60_000)
    expect(world.definition('game').isProven).toBe(true)
    expect(world.node('node-1').created).toBe(2 + 1)
    expect(world.counts('game')).toEqual({ idle: 0, active: 2, inFlight: 0, terminating: 0 })
  })

  it('is tried with one pod only, also when a session takes that before it has proven itself', () => {
    const world = worldWith({ ...idle(1, 1), maxPods: 5, burst: 5 })
    world.publish('game')
    world.run(200)
    world.openMany('game', 2)
    world.run(500)
    expect(world.pods('game').filter(({ version }) => version.number === 2).length).toBe(1)
    world.run(10_000)
    expect(idleVersions(world)).toEqual([2])
  })

  it('takes the place of old pods that no node can run any more', () => {
    const world = new FleetWorld()
    watchOver(world)
    world.addNode('node-1', { runtimes: [{ name: 'runsc', isolation: 'sandbox' }] })
    world.addApplication('game', { policy: idle(2, 2), spec: { runtimeClass: 'runsc' } })
    world.run(5_000)
    world.disconnect('node-1')
    world.addNode('node-2')
    world.run(15_000)
    expect(world.counts('game')).toMatchObject({ idle: 0, inFlight: 2 })
    world.publish('game', { runtimeClass: null })
    world.run(10_000)
    expect(idleVersions(world)).toEqual([2, 2])
    expect(world.counts('game').inFlight).toBe(0)
  })

  it('leaves open sessions on their version, whose pods go when they close', () => {
    const world = worldWith(idle(2, 2))
    const before = world.open('game')
    world.run(1_000)
    world.publish('game')
    world.run(10_000)
    const after = world.open('game')
    world.run(1_000)
    expect([before, after].map((id) => world.session(id).versionNumber)).toEqual([1, 2])
    world.close(before)
    world.run(10_000)
    expect(idleVersions(world)).toEqual([2, 2])
  })

  it('may be an old one again', () => {
    const world = worldWith(idle(2, 2))
    world.publish('game', { image: 'other' })
    world.run(10_000)
    world.publish('game', { image: 'host' })
    world.run(10_000)
    expect(idleVersions(world)).toEqual([3, 3])
    expect(world.definition('game').version.spec.image).toBe('host')
  })
})

describe('a new version that fails', () => {
  it.each(['cannotStart', 'neverReady'] as const)('because it %s never empties the pool, and is halted', (fate) => {
    const world = worldWith(idle(3, 3))
    publish(world, fate)
    const seen = watchPool(world, 120_000)
    expect(Math.min(...seen.idle)).toBe(3)
    expect(world.node('node-1').created).toBe(3 + 3)
    expect(failure(world)).toMatchObject({ kind: 'podFailed', failureCount: 3, isRollOutHalted: true, retryAtMs: null })
    const id = world.open('game')
    world.run(1_000)
    expect(world.session(id)).toMatchObject({ phase: 'available', start: 'warm', versionNumber: 1 })
    expect(world.counts('game').idle).toBe(3)
  })

  it('at the maximum leaves the others serving, and gets its place filled again', () => {
    const world = worldWith({ ...idle(0, 0), minPods: 3, maxPods: 3 })
    publish(world, 'cannotStart')
    const seen = watchPool(world, 60_000)
    expect(Math.min(...seen.idle)).toBe(2)
    expect(failure(world)).toMatchObject({ isRollOutHalted: true })
    expect(idleVersions(world)).toEqual([1, 1, 1])
  })

  it('is followed by a good one, which replaces the old pods', () => {
    const world = worldWith(idle(3, 3))
    publish(world, 'cannotStart')
    world.run(60_000)
    world.publish('game')
    world.run(20_000)
    expect(idleVersions(world)).toEqual([3, 3, 3])
    expect(failure(world)).toBeNull()
  })

  it('is given up at once when another is published', () => {
    const world = worldWith(idle(3, 3))
    publish(world, 'neverReady')
    world.run(5_000)
    expect(world.counts('game').inFlight).toBe(1)
    world.publish('game')
    world.run(20_000)
    expect(idleVersions(world)).toEqual([3, 3, 3])
  })

  it('because it fits nowhere does not keep the old one from serving', () => {
    const world = worldWith(idle(2, 2))
    world.publish('game', { runtimeClass: 'runsc' })
    const ids = world.openMany('game', 4)
    world.run(5_000)
    expect(ids.map((id) => world.session(id).phase)).toEqual(Array(4).fill('available'))
    expect(idleVersions(world)).toEqual([1, 1])
  })

  it('is halted although the version that it would replace fails as well', () => {
    const world = worldWith(idle(3, 3))
    publish(world, 'cannotStart')
    world.node('node-1').fates.set('ver-game-1', 'cannotStart')
    const ids = world.openMany('game', 3)
    world.run(600_000)
    expect(failure(world)).toMatchObject({ isRollOutHalted: true })
    expect(ids.map((id) => world.session(id).phase)).toEqual(Array(3).fill('available'))
    expect(world.node('node-1').created).toBeLessThan(3 + 3 + 3 * 20)
  })

  it('is tried and halted again when the core has started again', () => {
    const world = worldWith(idle(3, 3))
    publish(world, 'cannotStart')
    world.run(60_000)
    world.restartCore()
    world.run(60_000)
    expect(idleVersions(world)).toEqual([1, 1, 1])
    expect(failure(world)).toMatchObject({ isRollOutHalted: true })
  })
})

describe('a first version that fails', () => {
  it('is tried less and less often, says why, and works as soon as it can', () => {
    const world = new FleetWorld()
    watchOver(world)
    world.addNode('node-1').fates.set('ver-game-1', 'cannotStart')
    world.addApplication('game', { policy: idle(1, 1) })
    world.run(62_000)
    expect(world.node('node-1').created).toBeLessThanOrEqual(7)
    expect(failure(world)).toMatchObject({
      kind: 'podFailed',
      message: 'no such image',
      failureCount: world.node('node-1').created,
      isRollOutHalted: false,
    })
    const id = world.open('game', { openTimeoutMs: 2_000 })
    world.run(2_100)
    expect(world.session(id)).toMatchObject({ phase: 'closed', closeReason: 'openTimedOut' })
    world.node('node-1').fates.clear()
    world.run(61_000)
    expect(world.counts('game').idle).toBe(1)
    expect(failure(world)).toBeNull()
  })

  it('says what its pods wrote last, and keeps a few of them to be looked at', () => {
    const world = new FleetWorld()
    watchOver(world)
    world.addNode('node-1').fates.set('ver-game-1', 'neverReady')
    world.addApplication('game', { policy: idle(1, 1) })
    world.run(25_000)
    expect(failure(world)).toMatchObject({ message: 'its probe never passed', lastLogLines: ['bye'] })
    expect(world.pods('game').filter(({ phase }) => phase === 'failed').length).toBeGreaterThan(0)
    world.deleteApplication('game')
    world.run(1_000)
    expect(world.fleet.state.pods.size).toBe(0)
  })
})

it('W8: whoever stays ready for a second proves a version, though the pod that was ready first has ended', () => {
  const world = new FleetWorld()
  watchOver(world)
  const [slow, quick] = [world.addNode('slow'), world.addNode('quick')]
  slow.times.createMs = 500
  world.addApplication('game', { policy: idle(10, 10) })
  world.run(100)
  for (const pod of world.pods('game').filter(({ nodeName }) => nodeName === 'quick')) quick.exitPod(pod.id)
  quick.fates.set('ver-game-1', 'cannotStart')
  world.run(1_000)
  expect(world.definition('game').isProven).toBe(false)
  world.run(600)
  expect(world.definition('game').isProven).toBe(true)
})

describe('pods that exit soon after they are ready', () => {
  it('are replaced less and less often', () => {
    const world = worldWith(idle(1, 1))
    world.node('node-1').fates.set('ver-game-1', 'exitsEarly')
    world.node('node-1').exitPod(world.pods('game')[0]?.id ?? '')
    world.run(300_000)
    expect(world.node('node-1').created).toBeLessThan(15)
    expect(failure(world)).toMatchObject({ kind: 'podFailed' })
  })

  it('are forgiven when one of them lasts', () => {
    const world = worldWith(idle(2, 2))
    world.node('node-1').exitPod(world.pods('game')[0]?.id ?? '')
    world.run(2_000)
    expect(world.counts('game').idle).toBe(2)
    expect(failure(world)).toMatchObject({ failureCount: 1 })
    world.run(15_000)
    expect(failure(world)).toBeNull()
  })
})

function publish(world: FleetWorld, fate: Fate): void {
  for (const node of world.nodes.values()) node.fates.set('ver-game-2', fate)
  world.publish('game')
}

function failure(world: FleetWorld): ApplicationFailure | null {
  return world.reader.application('game')?.failure ?? null
}

/** The versions of the pods that are free. */
function idleVersions(world: FleetWorld): number[] {
  return world.pods('game').flatMap(({ phase, version }) => (phase === 'standby' ? [version.number] : []))
}

/** How many pods were free, and how many there were, at every few milliseconds. */
function watchPool(world: FleetWorld, ms: number): { idle: number[]; total: number[] } {
  const seen = { idle: [] as number[], total: [] as number[] }
  for (let passed = 0; passed < ms; passed += 5) {
    world.run(5)
    const { idle: free, active, inFlight, terminating } = world.counts('game')
    seen.idle.push(free)
    seen.total.push(free + active + inFlight + terminating)
  }
  return seen
}

function idle(low: number, high: number): Partial<ScalingPolicy> {
  return { target: { kind: 'idleCount', low, high } }
}

function worldWith(policy: Partial<ScalingPolicy>, settleMs = 5_000, spec: Partial<VersionSpec> = {}): FleetWorld {
  const world = new FleetWorld()
  watchOver(world)
  world.addNode('node-1')
  world.run(10)
  world.addApplication('game', { policy, spec })
  world.run(settleMs)
  return world
}

it('comes to rest when nothing was proven before, and the pool is above its target', () => {
  const world = new FleetWorld(20)
  const resources = { cpuMillis: 1_000, memoryBytes: 2 ** 40, pods: 6 }
  for (const name of ['node-1', 'node-2']) world.addNode(name, { resources })
  world.addApplication('app-1', { name: 'name-0', policy: { ...idle(1, 2), maxPods: 5 } })
  world.run(200)
  world.disconnect('node-1', { forMs: 30 })
  world.run(1)
  world.openMany('app-1', 2, { openTimeoutMs: 2_000, idleTimeoutMs: 20_000 })
  world.run(1)
  world.stopCore()
  world.run(50)
  world.startCore()
  world.run(1)
  const bad = world.publish('app-1')
  for (const node of world.nodes.values()) node.fates.set(bad.id, 'cannotStart')
  world.run(20_000)
  for (const node of world.nodes.values()) node.fates.clear()
  world.publish('app-1')
  world.run(20_000)
  const made = (): number => [...world.nodes.values()].reduce((sum, node) => sum + node.created, 0)
  const before = made()
  world.run(20_000)
  expect(made()).toBe(before)
})
