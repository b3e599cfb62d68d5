import { expect, it } from 'vitest'
import { CRASH_POINTS } from '../src/crash-points.ts'
import { deathsAt, dieEverywhere } from './support/die-everywhere.ts'

const PASSAGES = [1, 2, 3, 4, 6, 8, 11, 15, 20]
const FIRST_SEED = 100_000
const RUNS = 150

it('nothing that must never happen does in many more worlds, however often a point was passed before', async () => {
  const all = await dieEverywhere(deathsAt(CRASH_POINTS, PASSAGES), { firstSeed: FIRST_SEED, runsMax: RUNS })
  console.log(`${all.died.length} deaths in ${all.runs} worlds, ${all.steps} steps`)
  expect(all.broken).toEqual([])
})
