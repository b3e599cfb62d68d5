/**
 * What ten thousand idle clients cost a well-behaved one: two cores at once, of which one has them, asked in turns a few
 * milliseconds apart, so that whatever else the machine does falls on both; then the other one has them.
 * docs/security.md shows what this prints.
 */
import { expect, it } from 'vitest'
import { Cluster } from './cluster.ts'
import { canHoldCrowd, IdleCrowd } from './idle/idle-crowd.ts'
import { quantile, steadyClient } from './idle/steady-client.ts'
import { tokenOfNewTenant } from './idle/tenant-tokens.ts'

const mustRun = process.env['FORNAX_TEST_REQUIRE_ALL'] === '1'
/** Each core is asked every 4 ms, for three times as long as it takes until every idle socket was asked. */
const PACE = { count: 12_000, everyMs: 2 }
/** Requests to each, some five seconds. */
const WINDOW = 1_200
/** A core that has just started, or has just let go of a crowd, is slower. */
const WARM_UP = { count: 2_000, everyMs: 2 }

it.skipIf(!canHoldCrowd() && !mustRun)(
  'ten thousand idle clients cost others no more than a fifth of their p99',
  async () => {
    await using one = await Cluster.start({ nodes: [] })
    await using other = await Cluster.start({ nodes: [] })
    const first = await amongAndAlone(one, other)
    const second = await amongAndAlone(other, one)
    const among = [...first.among, ...second.among]
    const alone = [...first.alone, ...second.alone]
    const figures = {
      p99: [quantile(among, 0.99), quantile(alone, 0.99)],
      p50: [quantile(among, 0.5), quantile(alone, 0.5)],
      ratioOfWindows: medianRatio(among, alone),
    }
    process.stdout.write(`${JSON.stringify(figures)}\n`)
    expect(figures.ratioOfWindows).toBeLessThan(1.2)
  },
)

/** Of the p99 of both in the same seconds: what held the machine up for a moment spoils a window and not the run. */
function medianRatio(among: readonly number[], alone: readonly number[]): number {
  const ratios: number[] = []
  for (let from = 0; from + WINDOW <= Math.min(among.length, alone.length); from += WINDOW) {
    const p99Of = (values: readonly number[]): number => quantile(values.slice(from, from + WINDOW), 0.99)
    ratios.push(p99Of(among) / p99Of(alone))
  }
  return quantile(ratios, 0.5)
}

type Times = { readonly among: readonly number[]; readonly alone: readonly number[] }

/** What requests took at a core with a crowd, and at the same time at one without. */
async function amongAndAlone(crowded: Cluster, empty: Cluster): Promise<Times> {
  await using crowd = new IdleCrowd(crowded.apiUrl)
  for (const name of ['acme', 'globex']) await crowd.open(5_000, await tokenOfNewTenant(crowded, name))
  await steadyClient([crowded, empty], WARM_UP)
  const [among = [], alone = []] = await steadyClient([crowded, empty], PACE)
  expect(await crowd.count()).toMatchObject({ open: 10_000, lastEnd: null })
  return { among, alone }
}
