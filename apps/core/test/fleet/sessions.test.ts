import { describe, expect, it } from 'vitest'
import type { ScalingPolicy, VersionSpec } from '../../src/applications/application.ts'
import { FleetWorld } from '../support/fleet-world.ts'
import { watchOver } from '../support/invariants.ts'

it('500 sessions on 50 pods: exactly 50 are granted, and the rest in the order of asking as pods come free', () => {
  const world = worldWith({ ...idle(50), minPods: 50, maxPods: 50 }, {}, 20)
  const ids = world.openMany('game', 500, { openTimeoutMs: 120_000 })
  world.run(100)
  const open = (): string[] => ids.filter((id) => world.session(id).phase === 'available')
  expect(open()).toEqual(ids.slice(0, 50))
  expect(new Set(open().map((id) => world.session(id).podId)).size).toBe(50)
  expect(world.reader.queuePosition(ids[50] ?? '')).toBe(0)
  expect(world.reader.queuePosition(ids[499] ?? '')).toBe(449)
  for (let served = 50; served < 500; served += 50) {
    for (const id of ids.slice(served - 50, served)) world.close(id)
    world.run(100)
    expect(open()).toEqual(ids.slice(served, served + 50))
  }
  expect(world.node('node-1').created).toBe(50)
})

it('a session that is opened and closed within 0 to 3 ms, 400 times, leaves nothing behind', () => {
  const world = worldWith({ ...idle(4), maxPods: 8 }, {}, 20)
  for (let turn = 0; turn < 400; turn += 1) {
    const id = world.open('game')
    if (turn % 4 > 0) world.run(turn % 4)
    world.close(id)
    if (turn % 10 === 0) world.run(20)
  }
  world.run(200_000)
  expect(world.counts('game')).toEqual({ idle: 4, active: 0, inFlight: 0, terminating: 0 })
  expect(world.fleet.state.sessions.size).toBe(0)
  expect(world.node('node-1').sessions.size).toBe(0)
  expect([...world.rows.sessions.values()].every(({ phase }) => phase === 'closed')).toBe(true)
})

it('a closed session whose row could not be written stays in memory, and is written again', () => {
  const world = worldWith({ ...idle(1), maxPods: 2 }, {}, 20)
  const id = world.open('game')
  world.run(100)
  world.times.writeMs = Infinity
  world.close(id)
  world.run(61_000)
  expect(world.fleet.state.sessions.get(id)?.phase).toBe('closed')
  world.times.writeMs = 3
  world.run(121_000)
  expect(world.rows.sessions.get(id)?.phase).toBe('closed')
  expect(world.fleet.state.sessions.size).toBe(0)
})

it('an application that is deleted and made again 100 times leaves nothing behind', () => {
  const world = new FleetWorld()
  watchOver(world)
  world.addNode('node-1')
  for (let turn = 0; turn < 100; turn += 1) {
    world.addApplication(`app-${turn}`, { name: 'game', policy: { ...idle(2), maxPods: 4 } })
    world.run(turn % 3 === 0 ? 1 : 100)
    for (let which = 0; which < turn % 4; which += 1)
      world.open(`app-${turn}`, { idempotency: { key: `key-${turn}-${which}`, fingerprint: 'x' } })
    world.run(turn % 5)
    world.deleteApplication(`app-${turn}`)
    world.run(turn % 2)
  }
  expect(world.reader.applicationNamed('ten-1', 'game')).toBeNull()
  world.run(200_000)
  const { state } = world.fleet
  const left = [state.applications, state.applicationIds, state.versions, state.sessions, state.pods, state.short]
  expect(left.map(({ size }) => size)).toEqual([0, 0, 0, 0, 0, 0])
  expect([state.closedSessions, state.recordedSessions, state.forgettable].map(({ size }) => size)).toEqual([0, 0, 0])
  expect([...world.deadlines.keys()].toSorted()).toEqual(['lease:node-1', 'listening'])
  const node = world.node('node-1')
  expect([node.pods.size, node.sessions.size, node.versions.size]).toEqual([0, 0, 0])
  expect(state.groups.booked('node-1')).toEqual({ cpuMillis: 0, memoryBytes: 0, pods: 0 })
})

describe('a pod with three slots', () => {
  it('takes three sessions before another one is touched', () => {
    const world = worldWith({ ...idle(2), maxPods: 9 }, { sessionsPerPod: 3 })
    const ids = world.openMany('game', 4)
    world.run(1_000)
    const pods = ids.map((id) => world.session(id).podId)
    expect(new Set(pods.slice(0, 3)).size).toBe(1)
    expect(pods[3]).not.toBe(pods[0])
    expect(world.counts('game')).toMatchObject({ active: 2, idle: 2 })
  })

  it('is free again when the last of them has closed, and serves on when one exits', () => {
    const world = worldWith({ ...idle(1), maxPods: 9 }, { sessionsPerPod: 3 })
    const [a = '', b = '', c = ''] = world.openMany('game', 3)
    world.run(1_000)
    world.node('node-1').exitSession(a)
    world.close(b)
    world.run(1_000)
    expect(world.session(a)).toMatchObject({ phase: 'closed', closeReason: 'exited', closeMessage: 'done' })
    expect(world.session(c).phase).toBe('available')
    expect(world.counts('game')).toMatchObject({ active: 1 })
    world.close(c)
    world.run(1_000)
    expect(world.counts('game')).toMatchObject({ active: 0, idle: 1 })
  })

  it('makes one pod for three sessions that wait', () => {
    const world = worldWith(idle(0), { sessionsPerPod: 3 })
    const ids = world.openMany('game', 7)
    world.run(1_000)
    expect(ids.map((id) => world.session(id).phase)).toEqual(Array(7).fill('available'))
    expect(world.node('node-1').created).toBe(3)
  })
})

describe('the end of a session', () => {
  it('kills its pod when that was asked for', () => {
    const world = worldWith({ ...idle(1), maxPods: 2 })
    const id = world.open('game', { killPodOnClose: true })
    world.run(1_000)
    world.close(id)
    world.run(1_000)
    expect(world.session(id).closeReason).toBe('requested')
    expect(world.pods('game').map((pod) => pod.id)).not.toContain(world.session(id).podId)
    expect(world.counts('game')).toMatchObject({ idle: 1, active: 0 })
  })

  it('kills its pod when the application does not let go of it in its grace', () => {
    const world = worldWith({ ...idle(1), maxPods: 2 })
    const id = world.open('game', { closeGraceMs: 3_000 })
    world.run(1_000)
    world.node('node-1').times.closeMs = Infinity
    world.close(id)
    world.run(2_900)
    expect(world.session(id).phase).toBe('closing')
    world.run(300)
    expect(world.session(id)).toMatchObject({ phase: 'closed', closeReason: 'requested' })
    world.run(1_000)
    expect(world.pods('game').map((pod) => pod.id)).not.toContain(world.session(id).podId)
  })

  it('is its idle timeout when nobody comes, and its lifetime when somebody stays', () => {
    const world = worldWith({ ...idle(2), maxPods: 4 })
    const [left = '', used = ''] = world.openMany('game', 2, { idleTimeoutMs: 5_000, maxLifetimeMs: 20_000 })
    world.run(100)
    world.node('node-1').countClients(used, 1)
    world.run(6_000)
    expect(world.session(left)).toMatchObject({ phase: 'closed', closeReason: 'idleTimeout' })
    expect(world.session(used)).toMatchObject({ phase: 'inUse', clientCount: 1 })
    world.run(15_000)
    expect(world.session(used)).toMatchObject({ phase: 'closed', closeReason: 'lifetimeReached' })
  })

  it('gets its data to the application byte for byte, and then forgets it', () => {
    const world = worldWith({ ...idle(1), maxPods: 2 })
    const data = Uint8Array.from({ length: 65_536 }, (_, i) => i % 251)
    const id = world.open('game', { data, env: { TOKEN: 'x' } })
    world.run(1_000)
    expect(world.node('node-1').delivered.get(id)).toEqual({ data, env: { TOKEN: 'x' } })
    world.close(id)
    world.run(1_000)
    expect(world.session(id).request).toMatchObject({ data: new Uint8Array(0), env: {} })
  })
})

it('closed sessions whose rows are not written are bounded in memory, and written later', () => {
  const world = worldWith({ ...idle(4), maxPods: 8 }, {}, 50)
  world.times.writeMs = 3_600_000
  for (let turn = 0; turn < 2_100; turn += 1) {
    const id = world.open('game')
    world.run(12)
    world.close(id)
    world.run(8)
  }
  const { sessions, closedSessions, forgettable } = world.fleet.state
  expect(Math.max(sessions.size, closedSessions.size, forgettable.size)).toBeLessThan(2_010) // Four times the bound of others.
  world.times.writeMs = 3
  world.run(200_000)
  expect([sessions.size, closedSessions.size, forgettable.size]).toEqual([0, 0, 0])
  expect([...world.rows.sessions.values()].filter(({ phase }) => phase === 'closed').length).toBeGreaterThan(1_990)
})

it('a pod that its node ends by itself takes no more sessions', () => {
  const world = worldWith({ ...idle(1), maxPods: 4 }, { sessionsPerPod: 3 })
  Object.assign(world.node('node-1').times, { stopMs: 2_000, closeMs: Infinity })
  const first = world.open('game')
  const stubborn = world.open('game', { closeGraceMs: 50 })
  world.run(100)
  expect(world.session(first).podId).toBe(world.session(stubborn).podId)
  world.close(stubborn)
  world.run(200)
  const next = world.open('game')
  world.run(1_000)
  expect(world.session(next)).toMatchObject({ phase: 'available' })
  expect(world.session(next).podId).not.toBe(world.session(first).podId)
  world.run(5_000)
  expect(world.session(first)).toMatchObject({ phase: 'closed', closeReason: 'podLost' })
})

it('a session that its node no longer knows has ended, and its pod is free', () => {
  const world = worldWith({ minPods: 1, maxPods: 1 })
  const id = world.open('game')
  world.run(100)
  const node = world.node('node-1')
  const pod = node.pods.get(world.session(id).podId ?? '')
  node.sessions.delete(id)
  if (pod) node.pods.set(pod.podId, { ...pod, phase: 'standby' })
  world.disconnect('node-1', { forMs: 100 })
  world.run(1_000)
  expect(world.session(id)).toMatchObject({ phase: 'closed', closeReason: 'podLost' })
  expect(world.counts('game')).toMatchObject({ idle: 1, active: 0 })
})

it('closed sessions are bounded in memory, and those that hold a slot stay until it is free', () => {
  const world = worldWith({ ...idle(2), maxPods: 2 }, {}, 20)
  world.node('node-1').times.openMs = Infinity
  const held = world.open('game')
  world.run(50)
  world.close(held)
  for (let turn = 0; turn < 700; turn += 1) world.close(world.open('game'))
  world.run(50) // They are written down.
  expect(world.fleet.state.closedSessions.size).toBeLessThanOrEqual(502)
  expect(world.fleet.state.sessions.has(held)).toBe(true)
  world.run(200_000)
  expect(world.fleet.state.sessions.size).toBe(0)
  expect(world.counts('game')).toMatchObject({ idle: 2, active: 0 })
})

function idle(count: number): Partial<ScalingPolicy> {
  return { target: { kind: 'idleCount', low: count, high: count } }
}

function worldWith(policy: Partial<ScalingPolicy>, spec: Partial<VersionSpec> = {}, lookEvery = 1): FleetWorld {
  const world = new FleetWorld()
  watchOver(world, lookEvery)
  world.addNode('node-1')
  world.addApplication('game', { policy, spec })
  world.run(2_000)
  return world
}
