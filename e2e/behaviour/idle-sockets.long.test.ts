/**
 * What ten thousand idle clients cost a well-behaved one: windows with and without them in one run, side by side, so
 * that whatever else the machine does falls on both; docs/security.md shows what this prints.
 */
import { expect, it } from 'vitest'
import { Cluster } from './cluster.ts'
import { canHoldCrowd, IdleCrowd } from './idle/idle-crowd.ts'
import { quantile, steadyClient } from './idle/steady-client.ts'
import { tokenOfNewTenant } from './idle/tenant-tokens.ts'

const mustRun = process.env['FORNAX_TEST_REQUIRE_ALL'] === '1'
const ROUNDS = 12
/** Each window is as long as it takes until each idle socket was asked whether it is there. */
const PACE = { count: 2_500, everyMs: 4 }
/** Until the core has let go of what it had for those who left. */
const SETTLE = { count: 500, everyMs: 4 }

it.skipIf(!canHoldCrowd() && !mustRun)(
  'ten thousand idle clients cost others no more than a fifth of their p99',
  async () => {
    await using cluster = await Cluster.start({ nodes: [] })
    const tokens = [await tokenOfNewTenant(cluster, 'acme'), await tokenOfNewTenant(cluster, 'globex')]
    await using crowd = new IdleCrowd(cluster.apiUrl)
    const among: number[][] = []
    const alone: number[][] = []
    const measure = async (isCrowded: boolean): Promise<void> => {
      if (isCrowded) for (const token of tokens) await crowd.open(5_000, token)
      else await crowd.close()
      await steadyClient(cluster, SETTLE)
      const tookMs = [...(await steadyClient(cluster, PACE))]
      expect((await crowd.count()).open).toBe(isCrowded ? 10_000 : 0)
      if (isCrowded) among.push(tookMs)
      else alone.push(tookMs)
    }
    await steadyClient(cluster, PACE) // A core that has just started is slower.
    for (let round = 0; round < ROUNDS; round += 1) await measure(round % 2 === 0)
    const figures = { among: p99Of(among), alone: p99Of(alone), p50: { among: p50Of(among), alone: p50Of(alone) } }
    process.stdout.write(`${JSON.stringify(figures)}\n`)
    expect(figures.among / figures.alone).toBeLessThan(1.2)
  },
)

function p99Of(windows: readonly (readonly number[])[]): number {
  return quantile(
    windows.map((window) => quantile(window, 0.99)),
    0.5,
  )
}

function p50Of(windows: readonly (readonly number[])[]): number {
  return quantile(windows.flat(), 0.5)
}
