import { expect, it } from 'vitest'
import type { FleetHistoryQuery } from '../graphql/generated/documents.ts'
import { fleetNumbers } from './fleet-trend.ts'

type Point = FleetHistoryQuery['fleetHistory']['now']

const FLEET = {
  nodes: { disconnected: 0, lost: 0, ready: 2, total: 2 },
  readAt: '2026-01-01T12:00:00Z',
  sessionsOpen: 7,
  sessionsOpenedCold: 1,
  sessionsOpenedWarm: 3,
  sessionsWaiting: 0,
  startedAt: '2026-01-01T00:00:00Z',
}

it('says the last minute, and when nothing was opened in it, the newest that was', () => {
  expect(numberOf('Warm start, p99', history([point({ warmP99Ms: 9 })], point({ warmP99Ms: 8.1 })))).toMatchObject({
    value: '8.1 ms',
    note: 'should be ≤ 50 ms',
  })
  const older = history([point({ at: '2026-01-01T11:40:00Z', warmP99Ms: 9.5 })], point({}))
  expect(numberOf('Warm start, p99', older)).toMatchObject({ value: '9.5 ms', note: '20 min ago' })
  expect(numberOf('Cold start, p99', older)).toMatchObject({ value: '–', note: 'no cold start this hour' })
})

it('says what is not as it should be', () => {
  const now = point({ warmP99Ms: 51, coldP99Ms: 1_500, poolHitRate: 0.5 })
  const bad = fleetNumbers({ ...FLEET, sessionsWaiting: 1 }, history([], now))
  expect(bad.filter(({ isBad }) => isBad).map(({ name }) => name)).toEqual([
    'Sessions open',
    'Warm start, p99',
    'Served warm',
  ])
})

it('has no number that nobody measured: without a history there is none but the counts', () => {
  expect(fleetNumbers(FLEET, null).map(({ value }) => value)).toEqual(['2', '7', '–', '–', '–', '–'])
})

it('leaves out of a trend the steps of which nothing is known', () => {
  const known = history([point({ warmP99Ms: 1 }), point({}), point({ warmP99Ms: 3 })], point({}))
  expect(numberOf('Warm start, p99', known)?.trend.map(({ y }) => y)).toEqual([1, 3])
})

function numberOf(name: string, known: FleetHistoryQuery['fleetHistory']) {
  return fleetNumbers(FLEET, known).find((number) => number.name === name)
}

function history(points: readonly Point[], now: Point): FleetHistoryQuery['fleetHistory'] {
  return { now, objectives: { coldP99Ms: 1_500, poolHitRate: 0.95, warmP99Ms: 50 }, points }
}

function point(change: Partial<Point>): Point {
  return {
    at: '2026-01-01T11:59:00Z',
    coldP99Ms: null,
    nodesLost: 0,
    nodesReady: 2,
    opensPerSecond: 0,
    poolHitRate: null,
    sessionsOpen: 0,
    warmP99Ms: null,
    ...change,
  }
}
