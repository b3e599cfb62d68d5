/** Who may only look sees no button that would fail; who belongs to one tenant finds nothing of another. */
import {
  CreateApiTokenDocument,
  CreateApplicationDocument,
  CreateTenantDocument,
  OpenSessionDocument,
} from '@fornax/client/generated/documents'
import type { Page } from '@playwright/test'
import { expect, expectLive, logIn, test } from './fixtures.ts'
import type { World } from './world.ts'

const PAGES = [
  '/',
  '/nodes/e2e',
  '/nodes?view=table',
  '/applications',
  '/applications/hello',
  '/new-application',
  '/pools',
  '/sessions',
  '/latency',
  '/events',
  '/audit',
  '/settings',
] as const

/** What changes something. Everything else only shows. */
const ACTS =
  /^(invite user|remove|open session|new application|create application|roll out|roll back|delete|edit|close session|cordon|uncordon|drain|new token|new tenant|revoke|verify)/i

test('a viewer sees no button that would fail: each that changes something says why it cannot', async ({
  page,
  world,
}) => {
  const { openSession } = await world.client.request(OpenSessionDocument, { input: { application: 'hello' } })
  await logIn(page, world.console, await tokenOf(world, 'VIEWER'))
  const refused = refusalsOn(page)
  for (const path of [...PAGES, `/sessions/${openSession.session?.id}`]) {
    await page.goto(path)
    await expectLive(page)
    for (const button of await page.getByRole('button', { name: ACTS }).all()) {
      await expect(button, `${path}: ${await button.textContent()}`).toHaveAttribute('aria-disabled', 'true')
      await expect(button, `${path} says why`).toHaveAccessibleDescription(/your token|only an?/i)
    }
  }
  expect(refused).toEqual([])
})

test('an administrator reads the audit, and is told why it is not theirs to verify', async ({ page, world }) => {
  await logIn(page, world.console, await tokenOf(world, 'ADMIN'))
  const refused = refusalsOn(page)
  await page.goto('/audit')
  await expectLive(page)
  await expect(page.getByRole('list', { name: 'Records, newest first' })).toBeVisible()
  const verify = page.getByRole('button', { name: 'Verify' })
  await expect(verify).toHaveAttribute('aria-disabled', 'true')
  await expect(verify).toHaveAccessibleDescription('Only an operator of the platform may verify the audit.')
  expect(refused).toEqual([])
})

test('a developer of one tenant finds nothing of another, by no address', async ({ page, world }) => {
  await world.client.request(CreateTenantDocument, { input: { name: 'tenant-b' } })
  const version = { image: 'host', command: ['/bin/sleep', '1000'] }
  await world.client.request(CreateApplicationDocument, { input: { name: 'secret-of-a', version } })
  const { openSession } = await world.client.request(OpenSessionDocument, { input: { application: 'hello' } })
  const id = openSession.session?.id ?? 'none'
  await logIn(page, world.console, await tokenOf(world, 'DEVELOPER', 'tenant-b'))
  const paths = [...PAGES, `/sessions/${id}`, '/applications/secret-of-a?tenant=default', `/events?object=hello`]
  for (const path of paths) {
    await page.goto(path)
    await expect(page.getByRole('heading', { level: 1 }).or(page.getByText('No session has that id'))).toBeVisible()
    await settled(page)
    const text = (await page.getByRole('main').textContent()) ?? ''
    const shown = path.includes('secret-of-a') ? text.replaceAll('secret-of-a', '') : text
    expect(shown, path).not.toContain('secret-of-a')
    // The name that is in the address is said back, and nothing else of it.
    if (!path.includes('hello')) expect(shown, path).not.toMatch(/\bhello\b/)
    if (!path.includes(id)) expect(shown, path).not.toContain(id)
  }
  await page.goto('/applications/hello')
  await expect(page.getByText('No application is named hello')).toBeVisible()
})

/** What the API refuses to the page, from now on. */
function refusalsOn(page: Page): readonly string[] {
  const refused: string[] = []
  page.on('response', async (answer) => {
    if (!answer.url().endsWith('/graphql')) return
    const text = await answer.text().catch(() => '')
    if (text.includes('NotAllowed') || text.includes('FORBIDDEN')) refused.push(text)
  })
  return refused
}

/** Nothing is loading any more. */
async function settled(page: Page): Promise<void> {
  await expect(page.locator('[aria-busy=true]')).toHaveCount(0)
}

async function tokenOf(world: World, role: 'ADMIN' | 'VIEWER' | 'DEVELOPER', tenant?: string): Promise<string> {
  const input = { name: `test-${role.toLowerCase()}`, role, ...(tenant === undefined ? {} : { tenant }) }
  const { createApiToken } = await world.client.request(CreateApiTokenDocument, { input })
  expect(createApiToken.problem).toBeNull()
  return createApiToken.secret ?? ''
}
