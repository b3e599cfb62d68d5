import type { ScalingPolicy } from '../../src/applications/application.ts'
/** What a fleet says of its past. */
import { describe, expect, it } from 'vitest'
import type { LatencyReport } from '../../src/history/latency-report.ts'
import type { WindowAsked } from '../../src/history/time-grid.ts'
import { HistoryWorld } from '../support/history-world.ts'

const HOUR: WindowAsked = { fromMs: null, untilMs: null, stepMs: null }
const ALL = { kind: 'all' } as const

describe('latencies', () => {
  it('are those of each start, split into its phases: a warm one has a command, a cold one waits for its pod', async () => {
    const past = await pastOf({ low: 1, high: 1 })
    past.world.open('game')
    past.world.open('game') // No pod is left: one is made.
    await past.run(2_000)
    const warm = await past.history.latency({ kind: 'application', id: 'game' }, 'warm', HOUR)
    expect(phasesOf(warm)).toEqual({ command: 0, ready: warm.total.p50Ms })
    const cold = await past.history.latency({ kind: 'application', id: 'game' }, 'cold', HOUR)
    const phases = phasesOf(cold)
    expect(cold.total.count).toBe(1)
    expect(phases['create']).toBeGreaterThanOrEqual(50) // As long as the node takes to make one.
    expect(sum(Object.values(phases))).toBe(cold.total.p50Ms)
  })

  it('are in the slice of time and in the row of the heatmap in which they were', async () => {
    const past = await pastOf({ low: 5, high: 5 })
    await past.run(60_000)
    const atMs = past.world.nowMs
    past.world.open('game')
    await past.run(30_000)
    const { slices, rows, grid, total } = await past.history.latency(ALL, null, HOUR)
    const found = slices.filter(({ percentiles }) => percentiles.count > 0)
    expect(found).toHaveLength(1)
    const [slice] = found
    expect(slice?.atMs).toBeLessThanOrEqual(atMs)
    expect((slice?.atMs ?? 0) + grid.stepMs).toBeGreaterThan(atMs)
    const row = rows[slice?.cells.indexOf(1) ?? -1]
    expect(row?.fromMs).toBeLessThanOrEqual(total.p50Ms ?? -1)
    expect(row?.toMs ?? Infinity).toBeGreaterThan(total.p50Ms ?? Infinity)
  })

  it('of another tenant are not in those of one', async () => {
    const past = await pastOf({ low: 5, high: 5 })
    past.world.open('game')
    await past.run(20_000)
    const count = async (id: string): Promise<number> =>
      (await past.history.latency({ kind: 'tenant', id }, null, HOUR)).total.count
    expect([await count('ten-1'), await count('ten-2')]).toEqual([1, 0])
  })

  it('are there at once, before the step in which they were is over', async () => {
    const past = await pastOf({ low: 5, high: 5 })
    past.world.open('game')
    past.world.run(100)
    expect((await past.history.latency(ALL, null, HOUR)).total.count).toBe(1)
    expect(past.history.applicationLatencies(ALL, (await past.history.latency(ALL, null, HOUR)).grid)).toMatchObject([
      { applicationName: 'game', warm: { count: 1 }, cold: { count: 0 } },
    ])
  })

  it('of an application that is gone stay those of its tenant and of the fleet', async () => {
    const past = await pastOf({ low: 5, high: 5 })
    past.world.open('game')
    await past.run(1_000)
    past.world.deleteApplication('game')
    await past.run(120_000)
    expect((await past.history.latency(ALL, null, HOUR)).total.count).toBe(1)
    expect((await past.history.latency({ kind: 'application', id: 'game' }, null, HOUR)).total.count).toBe(0)
  })

  it('are kept over a restart of the core, in steps of five minutes, each once', async () => {
    const past = await pastOf({ low: 5, high: 5 })
    past.world.open('game')
    await past.run(400_000)
    past.world.open('game')
    await past.run(1_000)
    await past.restart()
    await past.run(2_000)
    past.world.open('game')
    await past.run(1_000)
    const { total, grid, slices } = await past.history.latency(ALL, null, HOUR)
    expect(total.count).toBe(3)
    expect(grid.stepMs).toBe(300_000)
    expect(sum(slices.map(({ percentiles }) => percentiles.count))).toBe(3)
  })

  it('of more than an hour ago come from the database, and those of the last hour are not counted twice', async () => {
    const past = await pastOf({ low: 3, high: 3 })
    for (let hour = 0; hour < 3; hour += 1) {
      past.world.open('game')
      await past.run(3_600_000)
    }
    const day: WindowAsked = { fromMs: past.world.nowMs - 86_400_000, untilMs: null, stepMs: null }
    expect((await past.history.latency(ALL, null, day)).total.count).toBe(3)
    expect((await past.history.latency(ALL, null, HOUR)).total.count).toBeLessThanOrEqual(1)
  })
})

describe('the past of a pool', () => {
  it('shows its pods against its policy, its hits, and the worst second of each step', async () => {
    const past = await pastOf({ low: 2, high: 4 })
    await past.run(20_000)
    past.world.openMany('game', 3)
    await past.run(30_000)
    const { points, hitRate } = await past.history.pool('game', HOUR)
    expect(points[0]).toMatchObject({ low: 2, high: 4 })
    expect(sum(points.map(({ openedWarm }) => openedWarm))).toBe(2)
    expect(sum(points.map(({ openedCold }) => openedCold))).toBe(1)
    expect(hitRate).toBeCloseTo(2 / 3)
    expect(points.at(-1)).toMatchObject({ standby: 2, claimed: 3, waiting: 0, creating: 0 })
  })

  it('takes as much memory for a thousand sessions as for one', async () => {
    const past = await pastOf({ low: 5, high: 5 })
    await past.run(1_000)
    const record = past.history.recorder.application('game')
    const before = record?.pool.at(past.history.recorder.step).buffer.byteLength
    for (let round = 0; round < 100; round += 1) {
      past.world.openMany('game', 10)
      past.world.run(100)
    }
    await past.run(1_000)
    expect(past.history.recorder.application('game')).toBe(record)
    expect(record?.pool.at(past.history.recorder.step).buffer.byteLength).toBe(before)
  })

  it('is kept over a restart', async () => {
    const past = await pastOf({ low: 2, high: 4 })
    await past.run(600_000)
    await past.restart()
    await past.run(30_000)
    const { points, grid } = await past.history.pool('game', HOUR)
    expect(grid.stepMs).toBe(300_000)
    expect(points.length).toBeGreaterThanOrEqual(3)
    for (const point of points.slice(1, -1)) expect(point.standby).toBeCloseTo(2)
  })
})

describe('the past of the fleet', () => {
  it('counts nodes, sessions and opens, and a tenant sees its own part', async () => {
    const past = await pastOf({ low: 20, high: 40 })
    await past.run(30_000)
    for (let second = 0; second < 60; second += 1) {
      past.world.open('game')
      await past.run(1_000)
    }
    const { now, points } = await past.history.fleet(null, HOUR)
    expect(now).toMatchObject({ nodesReady: 1, nodesLost: 0, poolHitRate: 1 })
    expect(now.opensPerSecond).toBeGreaterThan(0.7)
    expect(now.opensPerSecond).toBeLessThanOrEqual(1.1)
    expect(now.sessionsOpen).toBeGreaterThan(20)
    expect(now.warmP99Ms).toBeGreaterThan(0)
    expect(points.length).toBeGreaterThan(2)
    const theirs = await past.history.fleet('ten-1', HOUR)
    expect(theirs.now).toMatchObject({ nodesReady: null, nodesLost: null, poolHitRate: 1 })
    expect(theirs.now.sessionsOpen).toBeCloseTo(now.sessionsOpen)
    const nobodys = await past.history.fleet('ten-2', HOUR)
    expect(nobodys.now).toMatchObject({ sessionsOpen: 0, opensPerSecond: 0, warmP99Ms: null })
  })

  it('counts no opens when a tenant is forgotten, and forgets what was counted of that tenant', async () => {
    const past = await pastOf({ low: 20, high: 40 })
    past.world.openMany('game', 20)
    await past.run(30_000)
    expect([...past.history.recorder.tenants()].map(([id]) => id)).toEqual(['ten-1'])
    past.world.fleet.forgetTenant('ten-1')
    past.history.recorder.forgetTenant('ten-1')
    await past.run(30_000)
    const { points } = await past.history.fleet(null, HOUR)
    expect(Math.max(...points.map(({ opensPerSecond }) => opensPerSecond ?? 0))).toBeLessThan(20)
    expect([...past.history.recorder.tenants()]).toEqual([])
  })

  it('remembers when a node was lost', async () => {
    const past = await pastOf({ low: 2, high: 4 })
    await past.run(60_000)
    past.world.disconnect('node-1')
    await past.run(60_000)
    const { points } = await past.history.fleet(null, HOUR)
    expect(points.at(-1)).toMatchObject({ nodesLost: 1, nodesReady: 0 })
    expect(points.some(({ nodesReady }) => nodesReady === 1)).toBe(true)
  })
})

describe('a preview of a scaling policy', () => {
  it('replays the demand of the last hour: a larger pool would have had more ready', async () => {
    const past = await pastOf({ low: 1, high: 1 })
    await past.run(10_000)
    for (let minute = 0; minute < 10; minute += 1) {
      for (const id of past.world.openMany('game', 5)) past.world.clock.schedule(30_000, () => past.world.close(id))
      await past.run(60_000)
    }
    const policy = past.world.definition('game').scalingPolicy
    const larger = { ...policy, target: { kind: 'idleCount', low: 5, high: 5 } } as const
    const { current, proposed, sessionCount } = previewOf(past, larger)
    expect(sessionCount).toBe(50)
    expect(proposed).toMatchObject({ warmStarts: 50, coldStarts: 0, hitRate: 1 })
    expect(current.warmStarts + current.coldStarts).toBe(50)
    expect(current.coldStarts).toBeGreaterThan(20)
    expect(proposed.idleMemoryBytes).toBeGreaterThan(current.idleMemoryBytes)
    const real = await past.history.pool('game', HOUR)
    expect(current.hitRate).toBeCloseTo(real.hitRate ?? -1, 1) // What really happened, within a tenth.
  })

  it('of a pool that may have one pod lets sessions wait', async () => {
    const past = await pastOf({ low: 4, high: 4 })
    await past.run(10_000)
    past.world.openMany('game', 4)
    await past.run(10_000)
    const policy = past.world.definition('game').scalingPolicy
    const target = { kind: 'idleCount', low: 1, high: 1 } as const
    const preview = past.history.previewPolicy('game', { ...policy, maxPods: 1, target })
    expect(preview?.proposed).toMatchObject({ warmStarts: 1, waitingMax: 3, podsMax: 1 })
  })
})

function previewOf({ history }: HistoryWorld, policy: ScalingPolicy) {
  const preview = history.previewPolicy('game', policy)
  if (preview === null) throw new Error('the application is gone')
  return preview
}

async function pastOf(target: { low: number; high: number }): Promise<HistoryWorld> {
  const past = new HistoryWorld()
  past.world.addNode('node-1')
  past.world.run(10)
  past.world.addApplication('game', { policy: { target: { kind: 'idleCount', ...target } } })
  await past.run(3_000)
  return past
}

/** The median of each phase that was gone through. */
function phasesOf({ phases }: LatencyReport): Record<string, number | null> {
  const through = phases.filter(({ percentiles }) => percentiles.count > 0)
  return Object.fromEntries(through.map(({ phase, percentiles }) => [phase, percentiles.p50Ms]))
}

function sum(numbers: readonly (number | null)[]): number {
  return numbers.reduce<number>((total, number) => total + (number ?? 0), 0)
}
