/** People who log in with a password: invited, given another role, locked out, and removed. */
import type { Page } from '@playwright/test'
import { expect, expectLive, test } from './fixtures.ts'
import { hold } from './held-requests.ts'

const PASSWORD = 'a long enough password of mine'

test('a user is invited, logs in, gets another role, is locked out, and is removed', async ({
  operator,
  browser,
  world,
}) => {
  test.setTimeout(120_000)
  await operator.goto('/settings')
  await expectLive(operator)
  const users = operator.getByRole('table', { name: 'Users' })
  await operator.getByRole('button', { name: 'Invite user' }).click()
  const form = operator.getByRole('dialog', { name: 'Invite user' })
  await form.getByLabel('Name').fill('ada@example.org')
  await form.getByLabel('Role').selectOption('viewer')
  await form.getByRole('button', { name: 'Invite', exact: true }).click()
  const invitation = await secretOf(operator, 'Invitation for ada@example.org')
  const row = users.getByRole('row').filter({ hasText: 'ada@example.org' })
  await expect(row).toContainText('Invited')

  const hers = await (await browser.newContext({ baseURL: world.console })).newPage()
  await hers.goto('/register')
  await hers.getByLabel('Invitation').fill(invitation)
  await hers.getByLabel('Password', { exact: true }).fill(PASSWORD)
  await hers.getByLabel('Password again').fill(PASSWORD)
  await hers.getByRole('button', { name: 'Set password' }).click()
  await expect(hers.getByRole('heading', { level: 1 })).toBeVisible()
  await expect(hers).not.toHaveURL(/register/)
  await expect(row).toContainText('Has a password', { timeout: 20_000 })

  await choose(operator, 'Change role…')
  const role = operator.getByRole('alertdialog', { name: 'Change the role of ada@example.org' })
  await expect(role.getByRole('button', { name: 'Change role' })).toHaveAccessibleDescription(
    'Choose another role first.',
  )
  await role.getByLabel('Role').selectOption('developer')
  await role.getByRole('button', { name: 'Change role' }).click()
  await expect(row).toContainText('developer')
  // Her login of before had the other role: it is over, and the page that she has open says so by itself.
  await expect(hers).toHaveURL(/\/login/)

  await choose(operator, 'Reset password…')
  const reset = operator.getByRole('alertdialog', { name: 'Reset the password of ada@example.org?' })
  const resets = await hold(operator, 'ResetUserPassword')
  await reset.getByRole('button', { name: 'Reset password' }).click()
  await resets.untilHeld(1)
  // What comes of it must be said to somebody: the question does not go before.
  await operator.keyboard.press('Escape')
  await expect(reset.getByRole('button', { name: 'Cancel' })).toHaveAccessibleDescription('It is being done.')
  await resets.release()
  expect(await secretOf(operator, 'Invitation for ada@example.org')).not.toBe(invitation)
  await expect(row).toContainText('Invited')

  await choose(operator, 'Remove…')
  const removal = operator.getByRole('alertdialog', { name: 'Remove ada@example.org?' })
  await removal.getByLabel('Type ada@example.org to confirm').fill('ada@example.org')
  await removal.getByRole('button', { name: 'Remove', exact: true }).click()
  await expect(operator.getByText('Nobody logs in with a password.')).toBeVisible()
  await hers.context().close()
})

async function choose(page: Page, action: string): Promise<void> {
  await page.getByRole('button', { name: 'Actions for ada@example.org' }).click()
  await page.getByRole('menuitem', { name: action }).click()
}

async function secretOf(page: Page, title: string): Promise<string> {
  const dialog = page.getByRole('alertdialog', { name: title })
  const secret = (await dialog.getByText(/^fxi_/).textContent()) ?? ''
  await dialog.getByRole('button', { name: 'I have kept it' }).click()
  return secret
}
