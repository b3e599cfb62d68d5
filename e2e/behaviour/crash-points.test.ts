import { CRASH_POINTS } from '@fornax/simulator/crash-points'
import { beforeAll, describe, expect, it } from 'vitest'
import { AGENT_WAYS, OUT_OF_REACH } from './crash-points/agent-ways.ts'
import { deathsAt, describeDeaths, dieAll, nameOf, REACHABLE_POINTS, type Deaths } from './crash-points/deaths.ts'

/** Each with a core of its own: an agent that starts, or waits for its heartbeat, leaves the processor to the others. */
const MACHINES = 3

const deaths = REACHABLE_POINTS.flatMap((point) => deathsAt(point, AGENT_WAYS[point][0]))

describe('an agent that is killed at a crash point', () => {
  let all: Deaths

  beforeAll(async () => {
    all = await dieAll(deaths, MACHINES)
    console.log(describeDeaths(deaths, all))
  }, 240_000)

  it('is killed before and after every place where it writes its ledger, calls its runtime or reports', () => {
    const points = CRASH_POINTS.filter((point) => point.startsWith('agent.'))
    expect([...REACHABLE_POINTS, ...Object.keys(OUT_OF_REACH)].toSorted()).toEqual(points.toSorted())
    const outOfReach = ['agent.report.epochRefused', 'agent.report.image', 'agent.report.heartbeat']
    expect(Object.keys(OUT_OF_REACH)).toEqual(outOfReach)
  })

  it.each(deaths.map((death) => [nameOf(death)]))('loses nothing: %s', (name) => {
    const survival = all.survivals.get(name)
    if (survival === undefined || survival instanceof Error) throw survival ?? new Error('it was not tried')
    expect(survival.broken).toEqual([])
  })

  it('leaves nothing behind when everything has ended in order', () => {
    expect(all.left).toEqual([])
  })
})
