import { expect, it } from 'vitest'
import { AGENT_WAYS, type Way } from './crash-points/agent-ways.ts'
import { deathsAt, describeDeaths, dieAll, REACHABLE_POINTS } from './crash-points/deaths.ts'

const MACHINES = 3
/** Where a point is passed over and over, so that later passages meet the agent in other moments. */
const REPEATING: readonly Way[] = ['churn', 'applications']
const PASSAGES = [1, 2, 3, 5, 8]

it('loses nothing, whichever way and how often an agent came to the point that kills it', async () => {
  const deaths = REACHABLE_POINTS.flatMap((point) =>
    AGENT_WAYS[point].flatMap((way) =>
      (REPEATING.includes(way) ? PASSAGES : [1]).flatMap((nth) => deathsAt(point, way, nth)),
    ),
  )
  const all = await dieAll(deaths, MACHINES)
  console.log(describeDeaths(deaths, all))
  for (const survival of all.survivals.values()) {
    if (survival instanceof Error) throw survival
    expect(survival.broken).toEqual([])
  }
  expect(all.left).toEqual([])
})
