/** Ten thousand clients that want nothing: the core stays up, and answers everybody else. */
import { describe, expect, it } from 'vitest'
import { Cluster } from './cluster.ts'
import { eventually } from './eventually.ts'
import { canHoldCrowd, IdleCrowd } from './idle/idle-crowd.ts'
import { steadyClient } from './idle/steady-client.ts'
import { tokenOfNewTenant } from './idle/tenant-tokens.ts'

const mustRun = process.env['FORNAX_TEST_REQUIRE_ALL'] === '1'
/** Longer than it takes until each socket was asked whether it is there. */
const PACE = { count: 1_200, everyMs: 10 }

describe.skipIf(!canHoldCrowd() && !mustRun)('a core with ten thousand idle clients', () => {
  it('keeps those who said who they are, answers everybody else, and tells a tenant that has too many', async () => {
    await using cluster = await Cluster.start({ nodes: [] })
    const tokens = [await tokenOfNewTenant(cluster, 'acme'), await tokenOfNewTenant(cluster, 'globex')]
    await using crowd = new IdleCrowd(cluster.apiUrl)
    for (const token of tokens) await crowd.open(5_000, token)
    expect(await crowd.count()).toMatchObject({ open: 10_000, lastEnd: null })
    expect((await steadyClient([cluster], PACE)).flat()).toHaveLength(PACE.count)
    expect(await crowd.count()).toMatchObject({ open: 10_000, lastEnd: null })
    expect(await crowd.open(1, tokens[0] ?? null)).toMatchObject({
      open: 10_000,
      lastEnd: 'Your tenant has too many sockets; close some of them.',
    })
    await crowd.close()
    expect(await crowd.open(1, tokens[0] ?? null)).toMatchObject({ open: 1 })
    expect(cluster.isRunning('core')).toBe(true)
  })

  it('closes connections on which nothing is said, and answers everybody else meanwhile', async () => {
    await using cluster = await Cluster.start({ nodes: [] })
    await using crowd = new IdleCrowd(cluster.apiUrl)
    expect(await crowd.open(10_000, null)).toMatchObject({ connected: 10_000 }) // Some may be closed again already.
    expect((await steadyClient([cluster], PACE)).flat()).toHaveLength(PACE.count)
    await eventually(
      () => crowd.count(),
      ({ open }) => open === 0,
    )
    expect(cluster.isRunning('core')).toBe(true)
  })
})
