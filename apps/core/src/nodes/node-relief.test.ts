/** What a node that is short of something gets, gives up and keeps. */
import { describe, expect, it } from 'vitest'
import { FleetWorld } from '../../test/support/fleet-world.ts'
import { watchOver } from '../../test/support/invariants.ts'
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

  it('gets pods again as soon as it has enough', () => {
    const world = worldOfTwo()
    world.fleet.nodePressure('node-2', SHORT)
    world.run(1)
    world.openMany('game', 12)
    world.run(5_000)
    world.fleet.nodePressure('node-2', FINE)
    world.fleet.nodePressure('node-1', { ...FINE, pids: true })
    world.run(1_000)
    expect(world.reader.node('node-2')?.conditions).toEqual([])
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
  it('are those that sleep, then those that have been idle for longest, some at a time', () => {
    const pods = [
      pod('standby', 10),
      pod('hibernated', 30),
      pod('standby', 5),
      pod('active', 1, ['ses-1']),
      pod('creating', 1),
      pod('hibernated', 20),
    ]
    const order: IdleCandidate[] = []
    for (let left = [...pods]; relievingPods(left).length > 0;) {
      const [next] = relievingPods(left)
      if (next === undefined) break
      order.push(next)
      left = left.filter((one) => one !== next)
    }
    expect(order.map(({ phase, phaseSinceMs }) => `${phase} ${phaseSinceMs}`)).toEqual([
      'hibernated 20',
      'hibernated 30',
      'standby 5',
      'standby 10',
    ])
    expect(relievingPods(Array.from({ length: 80 }, (_, at) => pod('standby', at))).length).toBe(10)
  })
})

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
