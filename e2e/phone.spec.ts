/** A phone: nothing is wider than the page, every page can be reached, and what can be pressed can be hit. */
import { join } from 'node:path'
import { SessionsDocument } from '@fornax/client/generated/documents'
import type { Page } from '@playwright/test'
import { expect, expectLive, test } from './fixtures.ts'
import { defineApplication, furnish } from './furnish.ts'

const FOLDER = join(import.meta.dirname, 'test-results/phone')
/** As long as a name may be. */
const LONG = 'an-application-of-a-name-that-is-as-long-as-names-may-ever-be-x'
const PLACES = ['Fleet', 'Nodes', 'Applications', 'Warm pools', 'Sessions', 'Latency', 'Events', 'Audit', 'Settings']

test.use({ viewport: { width: 390, height: 844 }, hasTouch: true })

test('no page is wider than a phone, however long the names on it are', async ({ operator, world }) => {
  test.setTimeout(240_000)
  await using simulation = await furnish(world)
  void simulation
  const version = { image: `registry.example/${'long-'.repeat(20)}:1`, toleratesSimulated: true }
  await using long = await defineApplication(world, { name: LONG, version })
  void long
  const { page } = await world.client.request(SessionsDocument, { first: 1, where: { application: 'hello' } })
  const pages = {
    fleet: '/',
    nodes: '/nodes',
    'nodes-drawer': '/nodes?fill=sessions&node=sim-0003',
    'nodes-table': '/nodes?view=table',
    node: '/nodes/sim-0003',
    applications: '/applications',
    application: '/applications/game-server',
    'application-long': `/applications/${LONG}`,
    'application-failing': '/applications/image-resizer',
    'new-application': '/new-application',
    pools: '/pools',
    sessions: '/sessions',
    session: `/sessions/${page.edges[0]?.node.id ?? 'none'}`,
    latency: '/latency?span=10m',
    events: '/events',
    audit: '/audit',
    settings: '/settings',
  }
  const tooWide: string[] = []
  for (const [name, path] of Object.entries(pages)) {
    await operator.goto(path)
    await expectLive(operator)
    await expect(operator.locator('[aria-busy=true]')).toHaveCount(0)
    await expect(operator.locator('.skeleton')).toHaveCount(0)
    await operator.screenshot({ path: join(FOLDER, `${name}.png`), animations: 'disabled' })
    tooWide.push(...(await overflowOf(operator)).map((what) => `${path}: ${what}`))
  }
  expect(tooWide).toEqual([])
})

test('every page is reached by touch', async ({ operator }) => {
  await operator.goto('/')
  await expectLive(operator)
  for (const place of PLACES) {
    const link = operator.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: place })
    await link.tap()
    await expect(link).toHaveAttribute('aria-current', 'page')
    await expect(operator.getByRole('heading', { level: 1 })).toBeInViewport()
  }
})

/** What makes the page scroll sideways, and what of it reaches beyond its right edge without scrolling in itself. */
const OVERFLOW = `(() => {
  const found = []
  const { scrollWidth, clientWidth } = document.documentElement
  if (scrollWidth > clientWidth) found.push('the document has ' + scrollWidth + ' px')
  const main = document.querySelector('main')
  if (main.scrollWidth > main.clientWidth) found.push('the page has ' + main.scrollWidth + ' px')
  const isCut = (element) => {
    for (let at = element.parentElement; at !== null && at !== main; at = at.parentElement)
      if (getComputedStyle(at).overflowX !== 'visible') return true
    return false
  }
  for (const element of main.querySelectorAll('*'))
    if (element.getBoundingClientRect().right > clientWidth + 1 && !isCut(element) && !element.closest('.sr-only'))
      found.push(element.tagName + ' ' + (element.textContent ?? '').slice(0, 40))
  return found.slice(0, 6)
})()`

async function overflowOf(page: Page): Promise<string[]> {
  return page.evaluate<string[]>(OVERFLOW)
}
