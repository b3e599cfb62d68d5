import { describe, expect, it, vi } from 'vitest'
import type { ScalingPolicy } from '../applications/application.ts'
import { SLEEP_AGAIN_MS } from '../fleet/rest-writer.ts'
import { FleetWorld } from '../../test/support/fleet-world.ts'
import { watchOver } from '../../test/support/invariants.ts'

const MIB = 2 ** 20

describe('idle pods', () => {
  it('W13: sleep after hibernateAfterMs, down to keepHot, and their node books what they keep', () => {
    const world = worldWith(4, { keepHot: 1, hibernateAfterMs: 5_000 })
    expect(phases(world)).toEqual({ standby: 4, hibernated: 0, active: 0 })
    world.run(5_500)
    expect(phases(world)).toEqual({ standby: 1, hibernated: 3, active: 0 })
    expect(world.fleet.state.groups.booked('node-1')).toEqual({
      cpuMillis: 100,
      memoryBytes: (100 + 3 * 25) * MIB,
      pods: 4,
    })
  })

  it('W15: sessions take the hot one first, and of those that sleep the one that was used last', () => {
    const world = worldWith(3, { keepHot: 1, hibernateAfterMs: 1_000 }, { maxPods: 3 })
    world.run(2_000)
    const hot = podIds(world, 'standby')
    expect(hot).toHaveLength(1)
    const first = world.open('game')
    expect(world.session(first).podId).toBe(hot[0])
    const second = world.open('game')
    world.run(100)
    expect(world.session(second)).toMatchObject({ phase: 'available', start: 'warm' })
    world.close(second)
    world.run(900) // It is hot again, and the last to be used.
    const third = world.open('game')
    expect(world.session(third).podId).toBe(world.session(second).podId)
  })

  it('W14: are woken when fewer than keepHot are left', () => {
    const world = worldWith(4, { keepHot: 2, hibernateAfterMs: 1_000 }, { maxPods: 4 })
    world.run(2_000)
    expect(phases(world)).toEqual({ standby: 2, hibernated: 2, active: 0 })
    world.openMany('game', 2)
    world.run(200)
    expect(phases(world)).toEqual({ standby: 2, hibernated: 0, active: 2 })
  })

  it('are all woken when hibernation is switched off, and none is when it is not wanted', () => {
    const world = worldWith(3, { keepHot: 0, hibernateAfterMs: 500 })
    world.run(1_000)
    expect(phases(world).hibernated).toBe(3)
    world.setPolicy('game', { hibernateAfterMs: null })
    world.run(1_000)
    expect(phases(world)).toEqual({ standby: 3, hibernated: 0, active: 0 })
    world.run(600_000)
    expect(phases(world).hibernated).toBe(0)
  })

  it.each([
    [{ wakeOnTraffic: true }, 5_000],
    [{ wakeOnTraffic: false }, 0],
  ])('W17: with the policy %j a node may let a quiet session sleep after %i ms', (policy, dozeAfterMs) => {
    const world = new FleetWorld(1)
    world.addNode('node-1', { resources: { cpuMillis: 4_000, memoryBytes: 4_000 * MIB, pods: 40 } })
    addApplication(world, 'game', { keepHot: 1, hibernateAfterMs: 5_000, maxPods: 1, idle: 1, ...policy })
    world.run(100)
    world.open('game')
    world.run(60_000)
    const told = world.takeCommands().flatMap(({ command }) => (command.kind === 'startSession' ? [command] : []))
    expect(told).toMatchObject([{ dozeAfterMs }])
    expect(phases(world).active).toBe(1)
    expect(world.fleet.state.groups.booked('node-1').memoryBytes).toBeGreaterThanOrEqual(100 * MIB)
  })

  it('P9: that cannot sleep stay hot, and are asked again after a while, not at once', () => {
    const world = worldWith(2, { keepHot: 0, hibernateAfterMs: 0 })
    const node = world.node('node-1')
    node.sleepless = true
    world.setPolicy('game', { hibernateAfterMs: null })
    world.run(500)
    const fired = world.deadlinesFired
    world.setPolicy('game', { hibernateAfterMs: 0 })
    world.run(SLEEP_AGAIN_MS - 2_000)
    expect(phases(world)).toEqual({ standby: 2, hibernated: 0, active: 0 })
    expect([...world.fleet.state.pods.values()].map(({ hibernation }) => hibernation?.problem)).toEqual([
      'it may not',
      'it may not',
    ])
    expect(world.deadlinesFired - fired).toBeLessThan(60)
    node.sleepless = false
    world.run(SLEEP_AGAIN_MS)
    expect(phases(world).hibernated).toBe(2)
  })

  it('W13: of a new version sleep in time, though one of the old version was used just now', () => {
    const world = worldWith(1, { keepHot: 0, hibernateAfterMs: 300 }, { maxPods: 4 })
    const id = world.open('game')
    world.run(1_000)
    const { version } = world.definition('game')
    world.publish('game')
    world.run(200)
    world.close(id)
    world.run(250)
    const ofVersion = (number: number): readonly string[] =>
      world.pods('game').flatMap((pod) => (pod.version.number === number ? [pod.phase] : []))
    expect(ofVersion(version.number)).toContain('standby')
    expect(ofVersion(version.number + 1)).toEqual(['hibernated'])
  })

  it('are known to sleep after a restart of the core, and book what they keep', () => {
    const world = worldWith(3, { keepHot: 0, hibernateAfterMs: 500 })
    world.run(1_000)
    const before = world.fleet.state.groups.booked('node-1')
    world.restartCore(100)
    world.run(3_000)
    expect(phases(world)).toEqual({ standby: 0, hibernated: 3, active: 0 })
    expect(world.fleet.state.groups.booked('node-1')).toEqual(before)
  })

  it('that were asked to sleep over a connection that broke are asked again', () => {
    const world = worldWith(2, { keepHot: 0, hibernateAfterMs: null })
    world.disconnect('node-1', { losesFrames: true, isNoticed: false, forMs: 3_000 })
    world.setPolicy('game', { hibernateAfterMs: 0 })
    world.run(10_000)
    expect(phases(world)).toEqual({ standby: 0, hibernated: 2, active: 0 })
  })
})

describe('W14: a pod that should be awake', () => {
  it('and had no room to wake wakes as soon as there is room', () => {
    const world = fullWorld(4)
    world.setPolicy('game', { keepHot: 2 })
    world.run(1_000)
    expect(phases(world, 'game')).toMatchObject({ standby: 0, hibernated: 4 })
    world.setPolicy('busy', { target: { kind: 'idleCount', low: 1, high: 1 }, scaleDownDelayMs: 0, maxPods: 1 })
    world.run(1_000)
    expect(phases(world, 'game')).toMatchObject({ standby: 2, hibernated: 2 })
  })
})

describe('W16: where there is no room to wake', () => {
  it('idle pods of the node sleep before their time, and the session gets its pod', () => {
    // Room for one pod that is awake and two that sleep.
    const world = new FleetWorld(1)
    watchOver(world)
    world.addNode('node-1', { resources: { cpuMillis: 1_000, memoryBytes: 160 * MIB, pods: 10 } })
    addApplication(world, 'game', { keepHot: 0, hibernateAfterMs: 100, maxPods: 2, idle: 2 })
    world.run(4_000) // The second has room as soon as the first sleeps.
    expect(phases(world, 'game')).toMatchObject({ hibernated: 2 })
    addApplication(world, 'other', { keepHot: 0, hibernateAfterMs: 60_000, maxPods: 1, idle: 1 })
    world.run(1_000)
    expect(phases(world, 'other')).toMatchObject({ standby: 1 })
    const id = world.open('game')
    expect(world.session(id).phase).toBe('pending')
    world.run(200)
    expect(world.session(id)).toMatchObject({ phase: 'available', start: 'warm' })
    expect(phases(world, 'other')).toMatchObject({ hibernated: 1 })
  })

  it('a pod is made on another node; at the maximum it takes the place of the one that cannot wake', () => {
    const world = new FleetWorld(1)
    watchOver(world)
    const full = world.addNode('node-1', { resources: { cpuMillis: 1_000, memoryBytes: 160 * MIB, pods: 10 } })
    addApplication(world, 'game', { keepHot: 0, hibernateAfterMs: 100, maxPods: 1, idle: 1 })
    world.run(2_000)
    expect(full.pods.size).toBe(1)
    addApplication(world, 'busy', { keepHot: 0, hibernateAfterMs: null, maxPods: 1, idle: 1 })
    world.run(1_000)
    world.addNode('node-2', { resources: { cpuMillis: 1_000, memoryBytes: 160 * MIB, pods: 10 } })
    world.run(500)
    const id = world.open('game')
    world.run(1_000)
    expect(world.session(id)).toMatchObject({ phase: 'available', nodeName: 'node-2' })
  })
})

describe('W16: on a node that is full', () => {
  it('a session looks at the node once, and the next at none of the pods that cannot wake there', () => {
    const world = fullWorld(20)
    const { state } = world.fleet
    world.onRest = () => undefined // Nobody else looks.
    const accounts = vi.spyOn(state.groups, 'account')
    const rooms = vi.spyOn(state.groups, 'hasRoomFor')
    const before = state.changes.count
    const first = world.open('game')
    expect(world.session(first).phase).toBe('pending')
    expect(accounts).toHaveBeenCalledTimes(1)
    expect(state.changes.count - before).toBeLessThanOrEqual(3) // The session, and its application.
    world.close(first)
    world.run(10)
    rooms.mockClear()
    const second = world.open('game')
    expect(world.session(second).phase).toBe('pending')
    expect(rooms).not.toHaveBeenCalled()
  })

  it('pods that cannot wake are still given up when their pool shrinks', () => {
    const world = fullWorld(20)
    world.close(world.open('game'))
    world.run(10)
    world.setPolicy('game', { target: { kind: 'idleCount', low: 5, high: 5 }, scaleDownDelayMs: 0 })
    world.run(1_000)
    expect(phases(world, 'game')).toEqual({ standby: 0, hibernated: 5, active: 0 })
  })

  it('the next session that waits still gets the room of pods that became idle since', () => {
    const world = fullWorld(20)
    world.close(world.open('game'))
    world.run(10)
    world.setPolicy('busy', { hibernateAfterMs: 60_000 })
    world.run(10)
    const id = world.open('game')
    world.run(200)
    expect(world.session(id)).toMatchObject({ phase: 'available', start: 'warm' })
  })
})

/** So many pods sleep on its only node, and none has room to wake. */
function fullWorld(sleeping: number): FleetWorld {
  const world = new FleetWorld(1)
  watchOver(world)
  world.addNode('node-1', { resources: { cpuMillis: 100 * sleeping, memoryBytes: 10_000 * MIB, pods: 100 } })
  addApplication(world, 'game', { keepHot: 0, hibernateAfterMs: 100, maxPods: sleeping, idle: sleeping })
  world.run(5_000)
  addApplication(world, 'busy', { keepHot: 0, hibernateAfterMs: null, maxPods: sleeping, idle: sleeping })
  world.run(5_000)
  expect([phases(world, 'game').hibernated, phases(world, 'busy').standby]).toEqual([sleeping, sleeping])
  return world
}

describe('S14: a pod that does not wake', () => {
  it('is replaced, and its session goes to another one within its deadline', () => {
    const world = worldWith(2, { keepHot: 0, hibernateAfterMs: 500 })
    world.run(1_000)
    const [first = '', second = ''] = podIds(world, 'hibernated')
    for (const podId of [first, second]) world.node('node-1').unwakeable.add(podId)
    const id = world.open('game')
    world.run(2_000)
    const session = world.session(id)
    expect(session).toMatchObject({ phase: 'available' })
    expect([first, second]).not.toContain(session.podId)
    const toNobody = ['podTaken', 'commandSent', 'started', 'givenBack']
    const steps = ['asked', ...toNobody, ...toNobody, 'podTaken', 'commandSent', 'started', 'available']
    expect(session.timeline.map(({ step }) => step)).toEqual(steps)
    expect(session.deadline).toBeNull()
    expect(world.rejected).toEqual([])
    expect(world.didNotWake).toBe(2)
  })

  it('nor does one that died in its sleep, whoever hears of it first', () => {
    const world = worldWith(1, { keepHot: 0, hibernateAfterMs: 500 })
    world.run(1_000)
    const [podId = ''] = podIds(world, 'hibernated')
    world.node('node-1').exitPod(podId)
    const id = world.open('game') // The news is on its way.
    expect(world.session(id).podId).toBe(podId)
    world.run(2_000)
    expect(world.session(id)).toMatchObject({ phase: 'available' })
    expect(world.session(id).podId).not.toBe(podId)
    expect(world.didNotWake).toBe(1)
  })

  it('is not one that ended while nobody woke it, with sessions open or without any', () => {
    const world = worldWith(1, { keepHot: 0, hibernateAfterMs: 60_000 })
    const id = world.open('game')
    world.run(1_000)
    const { podId } = world.session(id)
    if (podId === null) throw new Error('nobody serves the session')
    world.node('node-1').doze(podId)
    world.run(100)
    world.node('node-1').exitPod(podId)
    world.run(100)
    expect(world.session(id)).toMatchObject({ phase: 'closed', closeReason: 'podLost' })
    world.run(120_000)
    const [asleep = ''] = podIds(world, 'hibernated')
    world.node('node-1').exitPod(asleep)
    world.run(100)
    expect(podIds(world, 'hibernated')).toEqual([])
    expect(world.didNotWake).toBe(0)
  })

  it('costs nobody who waits behind it a turn', () => {
    const world = worldWith(1, { keepHot: 0, hibernateAfterMs: 500 }, { maxPods: 1 })
    world.run(1_000)
    const [podId = ''] = podIds(world, 'hibernated')
    world.node('node-1').unwakeable.add(podId)
    const [first = '', second = ''] = world.openMany('game', 2)
    world.run(2_000)
    expect([world.session(first).phase, world.session(second).phase]).toEqual(['available', 'pending'])
  })
})

type Rest = Pick<ScalingPolicy, 'keepHot' | 'hibernateAfterMs'>

function worldWith(idle: number, rest: Rest, policy: Partial<ScalingPolicy> = {}): FleetWorld {
  const world = new FleetWorld(1)
  watchOver(world)
  world.addNode('node-1', { resources: { cpuMillis: 4_000, memoryBytes: 4_000 * MIB, pods: 40 } })
  addApplication(world, 'game', { ...rest, ...policy, maxPods: policy.maxPods ?? 10, idle })
  world.run(100)
  return world
}

function addApplication(
  world: FleetWorld,
  id: string,
  { idle, ...policy }: Partial<ScalingPolicy> & Rest & { readonly maxPods: number; readonly idle: number },
): void {
  world.addApplication(id, {
    policy: { target: { kind: 'idleCount', low: idle, high: idle }, burst: 20, ...policy },
    spec: { cpuMillis: 100, memoryBytes: 100 * MIB },
  })
}

function phases(world: FleetWorld, id = 'game'): { standby: number; hibernated: number; active: number } {
  const { standby = 0, hibernated = 0, active = 0 } = world.fleet.state.applications.get(id)?.counts ?? {}
  return { standby, hibernated, active }
}

function podIds(world: FleetWorld, phase: string): readonly string[] {
  return [...world.fleet.state.pods.values()].filter((pod) => pod.phase === phase).map(({ id }) => id)
}
