import { AxeBuilder } from '@axe-core/playwright'
import { OpenSessionDocument } from '@fornax/client/generated/documents'
import type { Page } from '@playwright/test'
import { expect, expectLive, test } from './fixtures.ts'

const PATHS = [
  '/',
  '/nodes',
  '/nodes?view=table',
  '/nodes?group=phase&node=e2e',
  '/nodes/e2e',
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

for (const colorScheme of ['dark', 'light'] as const) {
  test.describe(`in ${colorScheme}`, () => {
    test.use({ colorScheme })

    test('the login page is for everybody', async ({ page }) => {
      await page.goto('/login?problem=refused')
      await expect(page.getByLabel('Token')).toBeVisible()
      await expectForEverybody(page)
    })

    for (const path of PATHS)
      test(`${path} is for everybody`, async ({ operator }) => {
        await operator.goto(path)
        await expectLive(operator)
        await expectForEverybody(operator)
      })

    test('a session, and the dialogs on the way to it, are for everybody', async ({ operator, world }) => {
      const { openSession } = await world.client.request(OpenSessionDocument, { input: { application: 'hello' } })
      await operator.goto('/sessions')
      await operator.getByRole('button', { name: 'Open session' }).click()
      await expect(operator.getByRole('dialog')).toBeVisible()
      await expectForEverybody(operator)
      await operator.goto(`/sessions/${openSession.session?.id}`)
      await expect(operator.getByRole('status', { name: 'Phase' })).toContainText('Available')
      await expectForEverybody(operator)
      await operator.getByRole('button', { name: 'Close session' }).click()
      await expect(operator.getByRole('alertdialog')).toBeVisible()
      await expectForEverybody(operator)
    })
  })
}

async function expectForEverybody(page: Page): Promise<void> {
  // What fades in has, for a moment, less contrast than it will have.
  await page.evaluate('Promise.all(document.getAnimations().map((it) => it.finished.catch(() => null)))')
  const { violations } = await new AxeBuilder({ page }).analyze()
  const grave = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
  expect(grave.map(({ id, nodes }) => ({ id, where: nodes.map(({ html }) => html) }))).toEqual([])
}
