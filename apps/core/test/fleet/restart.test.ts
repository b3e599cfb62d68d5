import { describe, expect, it } from 'vitest'
import type { ScalingPolicy, VersionSpec } from '../../src/applications/application.ts'
import { FleetWorld } from '../support/fleet-world.ts'
import { watchOver } from '../support/invariants.ts'
import { sampleSession } from '../support/samples.ts'

describe('when the core starts again', () => {
  it('idle pods are taken over, and none is made or killed', () => {
    const world = worldWith(idle(6))
    world.restartCore()
    world.run(30_000)
    expect(world.counts('game')).toEqual({ idle: 6, active: 0, inFlight: 0, terminating: 0 })
    expect(created(world)).toBe(6)
  })

  it.each(['pending', 'starting', 'available', 'inUse', 'closing'] as const)(
    'a session that is %s goes on',
    (phase) => {
      const world = worldWith({ ...idle(2), maxPods: 2 })
      const id = inPhase(world, phase)
      const { podId } = world.session(id)
      world.run(10) // Its row is written.
      world.restartCore(300)
      world.run(1_000)
      for (const node of world.nodes.values()) Object.assign(node.times, { openMs: 5, closeMs: 5 })
      if (phase === 'pending') for (const other of world.answered) world.close(other)
      world.run(1_000)
      const session = world.session(id)
      if (phase === 'closing') expect(session).toMatchObject({ phase: 'closed', closeReason: 'requested', podId })
      else if (phase === 'pending') expect(session.phase).toBe('available')
      else expect(session).toMatchObject({ podId, phase: phase === 'inUse' ? 'inUse' : 'available' })
      expect(session.timeline.map(({ step }) => step)).toContain(phase === 'pending' ? 'podTaken' : 'recovered')
      expect(created(world)).toBe(2)
    },
  )

  it('a session that an earlier core had closed on request, and could not write that down, did not end by itself', () => {
    const world = worldWith(idle(2))
    const id = world.open('game')
    world.run(100)
    world.times.writeMs = 1_000
    world.close(id)
    world.run(100) // Its node has closed it, and said so to a core that is about to end.
    world.times.writeMs = 5
    world.restartCore()
    world.run(1_000)
    expect(world.session(id)).toMatchObject({ phase: 'closed', closeReason: 'requested' })
  })

  it('a session that was never recorded is closed, and its pod goes with it', () => {
    const world = worldWith(idle(2))
    const id = world.open('game')
    world.run(2) // Its node has begun; its row has not been written.
    world.stopCore()
    world.run(100)
    expect([...allSessions(world)]).toEqual([id])
    world.startCore()
    world.run(10_000)
    expect(world.fleet.state.sessions.has(id)).toBe(false)
    expect([...allSessions(world)]).toEqual([])
    expect(world.counts('game')).toEqual({ idle: 2, active: 0, inFlight: 0, terminating: 0 })
    expect(created(world)).toBe(3)
  })

  it('a session whose grant was never recorded goes on with the pod that it has', () => {
    const world = worldWith({ ...idle(1), maxPods: 1 })
    const first = world.open('game')
    world.run(100)
    const second = world.open('game')
    world.run(100)
    world.node('node-1').exitSession(first)
    world.node('node-2').exitSession(first)
    world.run(2) // The second one has its pod, and nobody wrote that down.
    expect(world.rows.sessions.get(second)?.podId).toBeNull()
    world.restartCore()
    world.run(1_000)
    expect(world.session(second)).toMatchObject({ phase: 'available', podId: world.session(first).podId })
    expect(created(world)).toBe(1)
  })

  it('a session that an older database has on a pod which serves another by now is over', () => {
    const world = worldWith({ ...idle(1), maxPods: 1 })
    for (const node of world.nodes.values()) Object.assign(node.times, { openMs: 200 })
    const [first = '', second = ''] = world.openMany('game', 2)
    world.run(50)
    expect([first, second].map((id) => world.rows.sessions.get(id)?.phase)).toEqual(['starting', 'pending'])
    const backup = [...world.rows.sessions]
    world.run(300)
    world.close(first)
    world.run(500)
    expect(world.session(second)).toMatchObject({ phase: 'available', podId: world.session(first).podId })
    world.stopCore()
    for (const [id, row] of backup) world.rows.sessions.set(id, row)
    world.startCore()
    world.run(1_000)
    expect(world.session(second).phase).toBe('available')
    expect(world.session(first)).toMatchObject({ phase: 'closed', closeReason: 'podLost' })
  })

  it('nor is there room for it where a session is that the older database does not know', () => {
    const world = worldWith({ ...idle(1), maxPods: 1 })
    for (const node of world.nodes.values()) Object.assign(node.times, { openMs: 200 })
    const first = world.open('game')
    world.run(50)
    const backup = [...world.rows.sessions]
    world.run(300)
    world.close(first)
    world.run(500)
    const second = world.open('game')
    world.run(500)
    expect(world.session(second)).toMatchObject({ phase: 'available', podId: world.session(first).podId })
    world.stopCore()
    world.rows.sessions.clear()
    world.answered.delete(second) // What a backup does not hold cannot be promised.
    for (const [id, row] of backup) world.rows.sessions.set(id, row)
    world.startCore()
    world.run(1_000)
    expect(world.session(first)).toMatchObject({ phase: 'closed', closeReason: 'podLost' })
    expect([...allSessions(world)]).toEqual([])
  })

  it('what waits is served by the pods that are there, and no pod is made for it', () => {
    const world = worldWith({ ...idle(4), maxPods: 8 })
    world.stopCore()
    for (let i = 0; i < 4; i += 1) waitingRow(world, `ses-w${i}`)
    world.startCore()
    world.run(5_000)
    const phases = [0, 1, 2, 3].map((i) => world.session(`ses-w${i}`).phase)
    expect(phases).toEqual(Array(4).fill('available'))
    expect(created(world)).toBe(8) // Four behind them, for low.
    expect(world.counts('game')).toEqual({ idle: 4, active: 4, inFlight: 0, terminating: 0 })
  })

  it('one node of three that is gone for good holds up nobody', () => {
    const world = worldWith({ ...idle(9), maxPods: 20 }, {}, 3)
    const ids = world.openMany('game', 6)
    world.run(1_000)
    world.stopCore()
    world.crash('node-3', { forMs: 3_600_000, keepsLedger: true })
    world.startCore()
    world.run(500)
    const fresh = world.open('game')
    world.run(100)
    expect(world.session(fresh)).toMatchObject({ phase: 'available' })
    const onLost = ids.filter((id) => world.session(id).nodeName === 'node-3')
    expect(onLost.length).toBeGreaterThan(0)
    expect(onLost.map((id) => world.session(id).phase)).not.toContain('closed') // Its lease has only begun.
    const before = created(world)
    world.run(9_000)
    expect(created(world)).toBe(before) // W9
    world.run(5_000)
    expect(onLost.map((id) => world.session(id).closeReason)).toEqual(onLost.map(() => 'nodeLost'))
    expect(world.counts('game')).toMatchObject({ idle: 9, active: 7 - onLost.length })
  })

  it('sessions of an application that was deleted meanwhile are closed', () => {
    const world = worldWith(idle(2))
    const [a = ''] = world.openMany('game', 1)
    world.run(100)
    world.stopCore()
    waitingRow(world, 'ses-w')
    world.rows.applications.delete('game')
    world.rows.versions.clear()
    world.startCore()
    world.run(20_000)
    expect([a, 'ses-w'].map((id) => world.session(id).closeReason)).toEqual(Array(2).fill('applicationDeleted'))
    expect([...world.nodes.values()].map(({ pods }) => pods.size)).toEqual([0, 0])
  })

  it('no version is proven because the one before it was, a moment before', () => {
    const world = new FleetWorld()
    watchOver(world)
    world.addNode('node-1').fates.set('ver-game-2', 'cannotStart')
    world.addApplication('game', { policy: idle(1) })
    while (!world.definition('game').isProven) world.run(1)
    world.publish('game') // What is known of the first version has not been written yet.
    world.run(100)
    expect(world.rows.applications.get('game')).toMatchObject({
      isProven: false,
      fallback: { number: 1 },
      version: { number: 2 },
    })
  })

  it('a version whose pods are ready is proven, though nobody wrote that down', () => {
    const world = new FleetWorld()
    watchOver(world)
    world.times.writeMs = 5_000
    world.addNode('node-1')
    world.run(5_100) // The node has its row.
    world.addApplication('game', { policy: idle(1) })
    world.run(3_000)
    expect(world.definition('game').isProven).toBe(true)
    world.restartCore()
    world.run(1_000)
    expect(world.definition('game').isProven).toBe(true)
    expect(world.node('node-1').created).toBe(1)
  })

  it('a session that was never recorded, beside one that was, holds its slot until it is gone', () => {
    const world = worldWith({ minPods: 1, maxPods: 1 }, { sessionsPerPod: 2 }, 1)
    const kept = world.open('game')
    world.run(100)
    world.open('game')
    world.run(2) // Its node has begun; its row has not been written.
    world.node('node-1').times.closeMs = 1_000
    world.restartCore()
    world.run(500)
    const next = world.open('game')
    world.run(300)
    expect([kept, next].map((id) => world.session(id).phase)).toEqual(['available', 'pending'])
    world.run(1_000)
    expect([kept, next].map((id) => world.session(id).phase)).toEqual(['available', 'available'])
    expect(world.node('node-1').created).toBe(1)
  })

  it('a session that got another pod meanwhile is well there, whatever becomes of the first', () => {
    const world = worldWith({ ...idle(2), maxPods: 6 }, { sessionsPerPod: 2 }, 1)
    const kept = world.open('game')
    world.run(100)
    world.times.writeMs = 60_000
    const moved = world.open('game') // It joins the other one, and nobody wrote that down.
    world.run(100)
    world.times.writeMs = 3
    waitingRow(world, moved)
    world.addNode('node-2')
    world.run(1_000)
    world.stopCore()
    world.node('node-1').times.closeMs = 4_000
    world.crash('node-1', { forMs: 3_000, keepsLedger: true })
    world.startCore()
    world.run(2_900)
    expect(world.session(moved)).toMatchObject({ phase: 'available', nodeName: 'node-2' })
    world.run(1_000)
    expect(world.fleet.state.pods.get(world.session(kept).podId ?? '')?.sessionIds.size).toBe(2)
    world.node('node-1').sessions.delete(moved)
    world.disconnect('node-1', { forMs: 100 })
    world.run(1_000)
    expect([kept, moved].map((id) => world.session(id).phase)).toEqual(['available', 'available'])
    expect(world.fleet.state.pods.get(world.session(kept).podId ?? '')?.sessionIds.size).toBe(1)
  })

  it('its lifetime and idle timeout end a session as they would have', () => {
    const world = worldWith(idle(2))
    const [idler = '', user = ''] = world.openMany('game', 2, { idleTimeoutMs: 5_000, maxLifetimeMs: 20_000 })
    world.run(100)
    world.node(world.session(user).nodeName ?? '').countClients(user, 1)
    world.run(10)
    world.restartCore()
    world.run(7_000)
    expect(world.session(idler)).toMatchObject({ phase: 'closed', closeReason: 'idleTimeout' })
    expect(world.session(user).phase).toBe('inUse')
    world.run(14_000)
    expect(world.session(user)).toMatchObject({ phase: 'closed', closeReason: 'lifetimeReached' })
  })
})

it('the core and all agents die at once, over and over: answered sessions live on', () => {
  const world = worldWith({ ...idle(4), maxPods: 12 })
  for (let turn = 0; turn < 10; turn += 1) {
    world.openMany('game', 1)
    world.run(turn)
    world.stopCore()
    for (const name of ['node-1', 'node-2']) world.crash(name, { forMs: 40 * turn, keepsLedger: true })
    world.run(20 * turn)
    world.startCore()
    world.run(1_000)
  }
  world.run(20_000)
  expect(world.answered.size).toBeGreaterThan(3)
  for (const id of world.answered) expect(world.session(id).phase).toBe('available')
})

function inPhase(world: FleetWorld, phase: 'pending' | 'starting' | 'available' | 'inUse' | 'closing'): string {
  const slow = (times: { openMs?: number; closeMs?: number }): void => {
    for (const node of world.nodes.values()) Object.assign(node.times, times)
  }
  if (phase === 'pending') world.openMany('game', 2)
  if (phase === 'starting') slow({ openMs: 2_000 })
  if (phase === 'closing') slow({ closeMs: 2_000 })
  const id = world.open('game')
  world.run(100)
  if (phase === 'inUse') world.node(world.session(id).nodeName ?? '').countClients(id, 1)
  if (phase === 'closing') world.close(id)
  world.run(2)
  expect(world.session(id).phase).toBe(phase)
  return id
}

/** A session that was recorded before it had a pod. */
function waitingRow(world: FleetWorld, id: string): void {
  const request = { ...sampleSession({ id, applicationId: 'game' }), createdAtMs: world.nowMs }
  world.rows.sessions.set(id, { ...request, deadline: { atMs: world.nowMs + 10_000, reason: 'openTimedOut' } })
}

function* allSessions(world: FleetWorld): Iterable<string> {
  for (const node of world.nodes.values()) yield* node.sessions.keys()
}

function created(world: FleetWorld): number {
  return [...world.nodes.values()].reduce((sum, node) => sum + node.created, 0)
}

function idle(count: number): Partial<ScalingPolicy> {
  return { target: { kind: 'idleCount', low: count, high: count } }
}

function worldWith(policy: Partial<ScalingPolicy>, spec: Partial<VersionSpec> = {}, nodes = 2): FleetWorld {
  const world = new FleetWorld()
  watchOver(world)
  for (let i = 1; i <= nodes; i += 1) world.addNode(`node-${i}`)
  world.run(10)
  world.addApplication('game', { policy, spec })
  world.run(2_000)
  return world
}
