import { describe, expect, it, onTestFinished } from 'vitest'
import { LargeFleet } from '../../test/support/large-fleet.ts'
import type { FleetState } from '../fleet/fleet-state.ts'
import type { Pod } from '../pods/pod.ts'
import { Auditor } from './auditor.ts'
import type { Violation } from './evidence.ts'
import { INVARIANTS } from './invariants.ts'

describe('the auditor', () => {
  it('sees within a second what is wrong with something that changed', () => {
    const { world, found } = audited()
    world.run(200)
    const pod = anyPod(world)
    pod.sessionIds.add('ses-x')
    world.state.podChanged(pod, false)
    world.run(799)
    expect(found).toEqual([])
    world.run(1)
    expect(found.map(({ invariant }) => invariant)).toContain('I1')
  })

  it('sees within a minute what is wrong with something that did not', () => {
    const { world, found } = audited()
    world.run(100)
    anyPod(world).sessionIds.add('ses-x')
    rest(world, 59_000)
    expect(found).toEqual([])
    rest(world, 2_000)
    expect(found.map(({ invariant }) => invariant)).toContain('I1')
  })

  it('looks at everything when more changed than the log remembers', () => {
    const { world, found } = audited({ changeLogCapacity: 64 })
    world.run(100)
    anyPod(world).sessionIds.add('ses-x')
    world.churn(40)
    world.run(1_500)
    expect(found.map(({ invariant }) => invariant)).toContain('I1')
  })

  it('says the same again each time that it finds it', () => {
    const { world, found } = audited()
    anyPod(world).sessionIds.add('ses-x')
    rest(world, 61_000)
    const once = found.length
    rest(world, 60_000)
    expect(found.length).toBe(2 * once)
  })

  it('finds nothing in a fleet where sessions come and go, pods are made and nodes are lost', () => {
    const { world, found } = audited()
    for (let second = 0; second < 130; second += 1) {
      world.churn(20)
      if (second % 2 === 0 && (second < 60 || second > 90)) world.beat()
      world.run(1_000)
    }
    expect(found).toEqual([])
    expect([...world.state.nodes.values()].map(({ phase }) => phase)).toContain('ready')
  })

  it('does not count a deadline that fires although late', () => {
    const { world, found } = audited({ laterMs: 300 })
    world.run(900)
    world.churn(5)
    world.clock.leap(20_000) // The auditor comes next, and finds the leases of all nodes overdue.
    world.run(3_000)
    expect(found).toEqual([])
    expect(world.state.nodes.get('node-0')?.phase).toBe('ready')
  })

  it('counts a deadline that is still overdue a second later', () => {
    const { world, found } = audited()
    const atMs = world.clock.nowMs() + 100
    world.hang('lease:node-0', atMs)
    world.run(500)
    world.state.nodeChanged(anyNode(world.state))
    world.run(1_000)
    expect(found).toEqual([])
    world.run(1_000)
    expect(found).toMatchObject([{ invariant: 'I8', evidence: { key: 'lease:node-0', dueAtMs: atMs } }])
  })

  it('goes on when the clock of the machine is put back', () => {
    const { world, found, wall } = audited()
    world.run(5_000)
    wall.aheadMs = -3_600_000
    anyPod(world).sessionIds.add('ses-x')
    world.state.podChanged(anyPod(world), false)
    world.run(2_000)
    expect(found.length).toBeGreaterThan(0)
  })

  it('leaves no timer when it is disposed', () => {
    const { world, auditor } = audited()
    const before = world.clock.waiting
    auditor[Symbol.dispose]()
    expect(world.clock.waiting).toBe(before - 1)
  })
})

describe('a large fleet', () => {
  it('is looked at a little at a time, and other turns pass meanwhile', () => {
    const { world, slices } = audited({ pods: 4_000, nodes: 20, stepMs: 0.25 })
    rest(world, 62_000)
    const busy = slices.filter((slice) => slice.lengthMs > 0.5)
    expect(busy.length).toBeGreaterThan(20)
    expect(Math.max(...slices.map(({ lengthMs }) => lengthMs))).toBeLessThanOrEqual(2)
    expect(Math.min(...busy.slice(1).map(({ atMs }, at) => atMs - (busy[at]?.atMs ?? 0)))).toBeGreaterThanOrEqual(8)
  })

  it('may change while it is looked at', () => {
    const { world, found } = audited({ pods: 3_000, nodes: 20, stepMs: 0.05 })
    rest(world, 59_900)
    for (let step = 0; step < 300; step += 1) {
      world.churn(step % 7)
      world.run(10)
    }
    expect(found).toEqual([])
  })

  it('with more pods of one application than are counted at once is counted bit by bit', () => {
    const { world, found } = audited({ pods: 3_000, nodes: 20, applications: 1 })
    const [entry] = world.state.applications.values()
    if (entry) entry.counts.hibernated += 1
    if (entry) entry.counts.standby -= 1
    rest(world, 62_000)
    expect(found.map(({ what }) => what)).toContain('pods that are standby are counted wrongly')
  })

  it('is not held to a sum that changed while it was taken', () => {
    const { world, found } = audited({ pods: 3_000, nodes: 20, applications: 1, stepMs: 0.05 })
    rest(world, 59_900)
    for (let step = 0; step < 200; step += 1) {
      world.churn(3)
      world.run(10)
    }
    expect(found).toEqual([])
  })

  it('is not forgotten piece by piece: what is remembered is bounded by what exists', () => {
    const { world, found } = audited()
    for (let round = 0; round < 3; round += 1) {
      for (const id of world.state.applications.keys()) world.fleet.deleteApplication(id)
      rest(world, 61_000)
    }
    expect(world.state.applications.size).toBe(0)
    expect(found).toEqual([])
  })
})

it('knows every invariant of the list', () => {
  const ids = INVARIANTS.map(({ id }) => id)
  expect(ids).toEqual(['I1', 'I2', 'I3', 'I4', 'I5', 'I6', 'I7', 'I8', 'I9', 'I10', 'I11', 'books'])
})

type Slice = { readonly atMs: number; readonly lengthMs: number }

type Size = {
  readonly pods?: number
  readonly nodes?: number
  readonly applications?: number
  readonly changeLogCapacity?: number
  /** After the fleet, so that their timers are apart. */
  readonly laterMs?: number
  /** How much the stopwatch goes on between two looks at it. */
  readonly stepMs?: number
}

/** A stopwatch of its own: it goes on by as much with each look at it as a busy machine would need. */
function audited({ pods = 40, nodes = 2, applications = 4, stepMs = 0.1, laterMs = 0, ...log }: Size = {}): {
  world: LargeFleet
  auditor: Auditor
  found: Violation[]
  slices: Slice[]
  /** What the clock of the machine says, beside the time that has passed. */
  wall: { aheadMs: number }
} {
  const world = new LargeFleet({ pods, nodes, applications, ...log })
  world.run(laterMs)
  const found: Violation[] = []
  const slices: Slice[] = []
  let watchMs = 0
  const wall = { aheadMs: 0 }
  const clock = {
    nowMs: () => world.clock.nowMs() + wall.aheadMs,
    schedule: (delayMs: number, work: () => void) =>
      world.clock.schedule(delayMs, () => {
        const beganMs = watchMs
        work()
        slices.push({ atMs: world.clock.nowMs(), lengthMs: watchMs - beganMs })
      }),
  }
  const auditor = new Auditor({
    state: world.state,
    deadlines: world,
    clock,
    stopwatch: () => (watchMs += stepMs),
    found: (violation) => found.push(violation),
  })
  onTestFinished(() => {
    auditor[Symbol.dispose]()
    world[Symbol.dispose]()
  })
  return { world, auditor, found, slices, wall }
}

/** Lets time pass in which nodes are heard, and nothing else happens. */
function rest(world: LargeFleet, ms: number): void {
  for (let left = ms; left > 0; left -= 2_000) {
    world.beat()
    world.run(Math.min(left, 2_000))
  }
}

function anyPod({ state }: LargeFleet): Pod {
  for (const pod of state.pods.values()) return pod
  throw new Error('there are pods')
}

function anyNode({ nodes }: FleetState): Parameters<FleetState['nodeChanged']>[0] {
  for (const node of nodes.values()) return node
  throw new Error('there are nodes')
}
