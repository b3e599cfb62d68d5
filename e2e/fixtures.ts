/** What every test gets: a world for its worker, and a page that must stay without errors. */
import { CloseSessionDocument, SessionsDocument } from '@fornax/client/generated/documents'
import { test as base, expect, type Page } from '@playwright/test'
import { startWorld, type World } from './world.ts'

type TestFixtures = {
  /** No test finds sessions that another one left open. */
  readonly closesItsSessions: void
  /** A page that is logged in. */
  readonly operator: Page
  /** Whether the browser may complain of requests that fail, because a part is down on purpose. */
  readonly mayFailToLoad: boolean
}

export const test = base.extend<TestFixtures, { readonly world: World }>({
  world: [
    // Playwright reads from the pattern what a fixture needs.
    // oxlint-disable-next-line no-empty-pattern
    async ({}, use) => {
      await using world = await startWorld()
      await use(world)
    },
    { scope: 'worker', timeout: 180_000 },
  ],
  closesItsSessions: [
    async ({ world }, use) => {
      await use()
      // A test may have killed the core at its end.
      await expect(() => closeSessions(world)).toPass({ timeout: 15_000 })
    },
    { auto: true },
  ],
  mayFailToLoad: [false, { option: true }],
  baseURL: async ({ world }, use) => use(world.console),
  page: async ({ page, mayFailToLoad }, use) => {
    const complaints: string[] = []
    page.on('pageerror', (error) => complaints.push(error.message))
    page.on('console', (message) => {
      const isOutage = mayFailToLoad && /Failed to load resource|WebSocket connection/.test(message.text())
      // Somebody else on this machine added or removed a network device.
      const isNoise = message.text().includes('net::ERR_NETWORK_CHANGED')
      if (message.type() === 'error' && !isOutage && !isNoise) complaints.push(message.text())
    })
    await use(page)
    expect(complaints, 'the browser had nothing to complain about').toEqual([])
  },
  operator: async ({ page, world }, use) => {
    await logIn(page, world.console, world.token)
    await use(page)
  },
})

/** As the form of the login page does. */
export async function logIn(page: Page, console: string, token: string): Promise<void> {
  const answer = await page.request.post(`${console}/login`, {
    form: { token, next: '/' },
    headers: { origin: console },
    maxRedirects: 0,
  })
  expect(answer.headers()['location']).toBe('/')
}

async function closeSessions({ client }: World): Promise<void> {
  const where = { phases: ['PENDING', 'STARTING', 'AVAILABLE', 'IN_USE'] } as const
  const { page } = await client.request(SessionsDocument, { first: 500, where })
  await Promise.all(page.edges.map(({ node }) => client.request(CloseSessionDocument, { input: { id: node.id } })))
  expect(page.pageInfo.hasNextPage).toBe(false)
}

export { expect } from '@playwright/test'

/** The page says that what it shows is true now. */
export async function expectLive(page: Page): Promise<void> {
  await expect(page.getByRole('status', { name: 'Connection' })).toHaveText('Live')
}
