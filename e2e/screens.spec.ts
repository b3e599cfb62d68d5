/** Every page in both themes, with the same fleet each time: kept in `e2e/test-results/screens`, for people to look at. */
import { join } from 'node:path'
import { SessionsDocument } from '@fornax/client/generated/documents'
import { expect, expectLive, test } from './fixtures.ts'
import { furnish } from './furnish.ts'

const FOLDER = join(import.meta.dirname, 'test-results/screens')

test('every page, in both themes', async ({ operator, world }) => {
  test.setTimeout(240_000)
  await using simulation = await furnish(world)
  void simulation
  const { page } = await world.client.request(SessionsDocument, { first: 1, where: { application: 'hello' } })
  const session = page.edges[0]?.node.id ?? 'none'
  const pages = {
    fleet: '/',
    nodes: '/nodes?group=label%3Azone&fill=cpu-booked',
    'nodes-drawer': '/nodes?fill=sessions&node=sim-0003',
    'nodes-table': '/nodes?view=table',
    node: '/nodes/sim-0003',
    applications: '/applications',
    application: '/applications/game-server',
    'application-failing': '/applications/image-resizer',
    'new-application': '/new-application',
    pools: '/pools',
    sessions: '/sessions',
    session: `/sessions/${session}`,
    latency: '/latency?span=10m',
    events: '/events',
    audit: '/audit',
    settings: '/settings',
  }
  for (const colorScheme of ['dark', 'light'] as const) {
    await operator.emulateMedia({ colorScheme })
    for (const [name, path] of Object.entries(pages)) {
      await operator.goto(path)
      await expectLive(operator)
      await expect(operator.locator('[aria-busy=true]')).toHaveCount(0)
      await expect(operator.locator('.skeleton')).toHaveCount(0)
      await operator.evaluate('Promise.all(document.getAnimations().map((it) => it.finished.catch(() => null)))')
      await operator.screenshot({ path: join(FOLDER, `${name}-${colorScheme}.png`), animations: 'disabled' })
    }
  }
})
