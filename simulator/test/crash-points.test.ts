import { beforeAll, expect, it } from 'vitest'
import { CRASH_POINTS, CRASH_SIDES, type CrashPoint } from '../src/crash-points.ts'
import { deathsAt, dieEverywhere, nameOf, type Deaths } from './support/die-everywhere.ts'

/** Points that nobody passes in these worlds, and why. */
const OUT_OF_REACH: Readonly<Partial<Record<CrashPoint, string>>> = {
  'agent.report.epochRefused': 'a core that is behind does not let a node in that knows a later one',
}

/** Passed a few times in a world at the most. */
const RARE: readonly CrashPoint[] = ['core.store.raiseEpochAbove', 'core.store.application', 'core.send.sendState']
const PASSAGES = [1, 2, 5]
const RUNS_MAX = 40

let all: Deaths

beforeAll(async () => {
  const points = CRASH_POINTS.filter((point) => OUT_OF_REACH[point] === undefined)
  const often = points.filter((point) => !RARE.includes(point))
  const deaths = [...deathsAt(points, PASSAGES.slice(0, 1)), ...deathsAt(often, PASSAGES.slice(1))]
  all = await dieEverywhere(deaths, { firstSeed: 1, runsMax: RUNS_MAX })
  console.log(listOf(all))
}, 120_000)

it('nothing that must never happen does, wherever a core or an agent dies', () => {
  expect(all.broken).toEqual([])
})

it('a process dies before and after every crash point there is', () => {
  expect(all.notReached.map(nameOf)).toEqual([])
})

it('no other point than those that are out of reach is passed by nobody', () => {
  const unused = CRASH_POINTS.filter((point) => !all.passages.has(`${point} before`))
  expect(unused).toEqual(Object.keys(OUT_OF_REACH))
})

/** For people: a new point without deaths is seen in it. */
function listOf({ died, passages, runs, steps }: Deaths): string {
  const rows = CRASH_POINTS.map((point) => {
    const [before = 0, after = 0] = CRASH_SIDES.map(
      (side) => died.filter((one) => one.point === point && one.side === side).length,
    )
    const times = String(passages.get(`${point} before`) ?? 0).padStart(7)
    return `  ${point.padEnd(42)}${times} times, ${before} deaths before, ${after} after ${OUT_OF_REACH[point] ?? ''}`
  })
  return [`${died.length} deaths in ${runs} worlds, ${steps} steps:`, ...rows].join('\n')
}
