/** What a drain would do is what it then does. */
import { assert, integer, property, record } from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { DrainPlan } from '../../src/fleet/drain-plan.ts'
import { FleetWorld } from '../support/fleet-world.ts'

const SESSIONS_MAY_LAST_MS = 20_000

describe('the preview of a drain', () => {
  it('equals what then happens: which pods stop at once, which sessions close when and why, which pods end with them', () => {
    const shape = record({
      idle: integer({ min: 0, max: 6 }),
      open: integer({ min: 0, max: 6 }),
      seed: integer({ min: 1, max: 50 }),
    })
    assert(
      property(shape, ({ idle, open, seed }) => {
        const world = worldWith({ idle, open, seed })
        const plan = planOf(world)
        world.turn((fleet) => fleet.drain('node-1', SESSIONS_MAY_LAST_MS))
        const stopping = world.pods('game').filter(({ phase }) => phase === 'terminating')
        expect(idsOf(stopping)).toEqual(podsOf(plan, 'stopsNow'))
        const ends = watchEnds(world, plan)
        for (const { sessionId, closesAtMs, endsByMs, reason } of plan.sessions) {
          const end = ends.get(sessionId)
          expect(end?.reason).toBe(reason)
          expect(end?.closingAtMs).toBeLessThanOrEqual(closesAtMs + 100)
          expect(end?.closingAtMs).toBeGreaterThanOrEqual(Math.min(closesAtMs, endsByMs))
          expect(end?.closedAtMs).toBeLessThanOrEqual(endsByMs + 1_000)
        }
        expect(world.reader.node('node-1')?.podCount).toBe(0)
      }),
      { numRuns: 30 },
    )
  })

  it('says so when a session ends earlier for a reason of its own', () => {
    const world = worldWith({ idle: 0, open: 1, seed: 1 })
    const shortLived = world.open('game', { maxLifetimeMs: 8_000 })
    world.run(1_000)
    const session = planOf(world).sessions.find(({ sessionId }) => sessionId === shortLived)
    expect(session?.reason).toBe('lifetimeReached')
    world.turn((fleet) => fleet.drain('node-1', SESSIONS_MAY_LAST_MS))
    world.run(15_000)
    expect(world.session(shortLived).closeReason).toBe('lifetimeReached')
  })

  it('counts the room that other nodes have', () => {
    const world = worldWith({ idle: 4, open: 0, seed: 1 })
    expect(world.reader.roomBeside(new Set(['node-1']), 'game', 4)).toBe(0)
    world.addNode('node-2', { resources: { cpuMillis: 300, memoryBytes: 2 ** 40, pods: 100 } })
    world.run(100)
    expect(world.reader.roomBeside(new Set(['node-1']), 'game', 4)).toBe(3)
    expect(world.reader.roomBeside(new Set(['node-1']), 'game', 2)).toBe(2)
    // What is drained together is no room for each other.
    expect(world.reader.roomBeside(new Set(['node-1', 'node-2']), 'game', 4)).toBe(0)
  })

  it('of a node that is not there is nothing', () => {
    expect(worldWith({ idle: 0, open: 0, seed: 1 }).reader.drainPlan('nobody', 0)).toBeNull()
  })
})

function worldWith({ idle, open, seed }: { idle: number; open: number; seed: number }): FleetWorld {
  const world = new FleetWorld(seed)
  world.addNode('node-1')
  world.run(10)
  world.addApplication('game', { policy: { target: { kind: 'idleCount', low: idle, high: idle } } })
  world.run(2_000)
  world.openMany('game', open, { closeGraceMs: 5_000 })
  world.run(3_000)
  return world
}

function planOf(world: FleetWorld): DrainPlan {
  const plan = world.reader.drainPlan('node-1', SESSIONS_MAY_LAST_MS)
  if (plan === null) throw new Error('the node is not there')
  return plan
}

function podsOf(plan: DrainPlan, wanted: string): string[] {
  return plan.pods.filter(({ fate }) => fate === wanted).map(({ podId }) => podId)
}

function idsOf(pods: readonly { readonly id: string }[]): string[] {
  return pods.map(({ id }) => id)
}

type End = { readonly closingAtMs: number; readonly closedAtMs: number; readonly reason: string | null }

function watchEnds(world: FleetWorld, plan: DrainPlan): Map<string, End> {
  world.run(SESSIONS_MAY_LAST_MS + 10_000)
  const ends = new Map<string, End>()
  for (const { sessionId } of plan.sessions) {
    const { timeline, closedAtMs, closeReason } = world.session(sessionId)
    const closing = timeline.find(({ step }) => step === 'closing') ?? timeline.at(-1)
    ends.set(sessionId, { closingAtMs: closing?.atMs ?? 0, closedAtMs: closedAtMs ?? Infinity, reason: closeReason })
  }
  return ends
}
