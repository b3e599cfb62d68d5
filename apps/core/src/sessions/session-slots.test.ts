/** Who gets which slot, and when it is free again, in a whole fleet. */
import { describe, expect, it } from 'vitest'
import { FleetWorld } from '../../test/support/fleet-world.ts'
import { watchOver } from '../../test/support/invariants.ts'

describe('S11: the slot of a closed session', () => {
  it('is given to nobody before its node has let go of it', () => {
    const world = worldWith({ pods: 1 })
    world.node('node-1').times.openMs = Infinity
    world.node('node-1').times.closeMs = 1_000
    const cancelled = world.open('game')
    world.run(100)
    world.close(cancelled)
    expect(world.session(cancelled).phase).toBe('closed')
    const next = world.open('game')
    world.run(900)
    expect(world.session(next).phase).toBe('pending')
    world.node('node-1').times.openMs = 5
    world.run(300)
    expect(world.session(next)).toMatchObject({ phase: 'available', podId: world.session(cancelled).podId })
  })

  it('is waited for only so long: a node that says nothing loses the pod', () => {
    const world = worldWith({ pods: 1 })
    world.node('node-1').times.openMs = Infinity
    const cancelled = world.open('game')
    world.run(100)
    const { podId } = world.session(cancelled)
    world.node('node-1').sessions.delete(cancelled)
    world.node('node-1').silentAbout.add(cancelled) // It will never say a word of it again.
    world.close(cancelled)
    world.node('node-1').times.openMs = 5
    const next = world.open('game', { openTimeoutMs: 60_000 })
    world.run(25_000)
    expect(world.session(next).phase).toBe('available')
    expect(world.session(next).podId).not.toBe(podId)
  })

  it('of a pod with others is asked for again, and the others stay', () => {
    const world = worldWith({ pods: 1, slots: 2 })
    const other = world.open('game')
    world.run(100)
    world.node('node-1').times.openMs = Infinity
    const cancelled = world.open('game')
    world.run(100)
    const forgotten = world.node('node-1').sessions.get(cancelled)
    world.node('node-1').sessions.delete(cancelled)
    world.node('node-1').silentAbout.add(cancelled)
    world.close(cancelled)
    world.run(25_000)
    expect(world.session(other).phase).toBe('available')
    expect(world.pods('game')[0]?.sessionIds.size).toBe(2)
    world.node('node-1').silentAbout.clear()
    if (forgotten) world.node('node-1').sessions.set(cancelled, forgotten)
    world.run(40_000)
    expect(world.pods('game')[0]?.sessionIds.size).toBe(1)
  })

  it('is free when its node says that it does not know the session, and the others stay', () => {
    const world = worldWith({ pods: 1, slots: 2 })
    const other = world.open('game')
    world.run(100)
    world.node('node-1').times.openMs = Infinity
    const cancelled = world.open('game')
    world.run(100)
    world.node('node-1').sessions.delete(cancelled)
    world.close(cancelled)
    world.run(100)
    expect(world.pods('game')[0]).toMatchObject({ phase: 'active', sessionIds: new Set([other]) })
    expect(world.session(other).phase).toBe('available')
  })

  it('is free at once when its node does not know a session that is closing', () => {
    const world = worldWith({ pods: 1 })
    const forgotten = world.open('game')
    world.run(100)
    world.node('node-1').sessions.delete(forgotten)
    world.close(forgotten)
    world.run(100)
    expect(world.session(forgotten)).toMatchObject({ phase: 'closed', closeReason: 'requested' })
    expect(world.pods('game')[0]?.sessionIds.size).toBe(0)
  })

  it('S3: takes nobody along when its node says once more that a session has left, which was to take the pod along', () => {
    const world = worldWith({ pods: 1, slots: 2 })
    const other = world.open('game')
    const exiting = world.open('game', { killPodOnClose: true })
    world.run(100)
    world.times.writeMs = Infinity // Its row is not durable, and so its node keeps it.
    world.node('node-1').exitSession(exiting)
    world.run(100)
    world.disconnect('node-1', { forMs: 100 })
    world.run(1_000)
    expect(world.session(other).phase).toBe('available')
    expect(world.pods('game')[0]).toMatchObject({ phase: 'active', sessionIds: new Set([other]) })
  })
})

it('S12: sessions get pods in the order in which they asked', () => {
  const world = worldWith({ pods: 2 })
  const ids = [0, 1, 2, 3, 4, 5, 6, 7].map(() => {
    world.run(3)
    return world.open('game', { openTimeoutMs: 120_000 })
  })
  const served: string[] = []
  for (let turn = 0; turn < 8; turn += 1) {
    world.run(50)
    const open = ids.filter((id) => world.session(id).phase === 'available')
    served.push(...open.filter((id) => !served.includes(id)))
    world.close(open[0] ?? '')
  }
  expect(served).toEqual(ids)
})

it('S12: one that gives up loses its place, and nobody else does', () => {
  const world = worldWith({ pods: 1 })
  const [first = '', second = '', third = ''] = world.openMany('game', 3)
  world.run(50)
  world.close(second)
  world.close(first)
  world.run(100)
  expect([first, second, third].map((id) => world.session(id).phase)).toEqual(['closed', 'closed', 'available'])
  expect(world.session(second)).toMatchObject({ closeReason: 'requested', podId: null })
})

describe('S13: a session after which there shall be no other in its pod', () => {
  it.each(['the core', 'the application', 'a core before this one'])(
    'leaves its neighbours alone: ended by %s',
    (by) => {
      const world = worldWith({ pods: 1, slots: 3 })
      const neighbour = world.open('game')
      const last = world.open('game', { killPodOnClose: true })
      world.run(1_000)
      const { podId } = world.session(neighbour)
      expect(world.session(last).podId).toBe(podId)
      if (by === 'the application') world.node('node-1').exitSession(last)
      else world.close(last)
      world.run(1_000)
      if (by === 'a core before this one') world.restartCore()
      world.run(2_000)
      expect(world.session(neighbour)).toMatchObject({ phase: 'available', podId })
      const next = world.open('game', { openTimeoutMs: 500 })
      world.run(1_000)
      expect(world.session(next).podId).not.toBe(podId)
      world.close(neighbour)
      world.run(2_000)
      expect(world.node('node-1').pods.has(podId ?? '')).toBe(false)
      expect(world.pods('game').map(({ isSpent }) => isSpent)).toEqual([false])
    },
  )
})

function worldWith({ pods, slots = 1 }: { pods: number; slots?: number }): FleetWorld {
  const world = new FleetWorld()
  watchOver(world)
  world.addNode('node-1')
  world.run(10)
  const policy = { minPods: pods, maxPods: pods }
  world.addApplication('game', { policy, spec: { sessionsPerPod: slots } })
  world.run(1_000)
  return world
}
