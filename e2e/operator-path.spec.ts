/** A new operator's path, from the login to the end of a first session; and the same with the keyboard alone. */
import { join, resolve } from 'node:path'
import { CloseSessionDocument, OpenSessionDocument } from '@fornax/client/generated/documents'
import { expect, expectLive, test } from './fixtures.ts'

const HELLO = join(resolve(import.meta.dirname, '..'), 'examples/hello/src/main.ts')

test('log in, see the fleet, define an application, watch its pool fill, open a session, reach it, close it', async ({
  page,
  request,
  world,
}) => {
  await page.goto('/')
  await page.getByLabel('Token').fill(world.token)
  await page.getByRole('button', { name: 'Log in' }).click()
  await expect(page.getByRole('status', { name: 'Verdict' })).toBeVisible()
  await expectLive(page)

  await page.getByRole('link', { name: 'Applications', exact: true }).click()
  await page.getByRole('button', { name: 'New application' }).click()
  await page.getByRole('button', { name: 'Create application' }).click()
  await expect(page.getByText('Name an image')).toBeVisible()
  await page.getByLabel('Name', { exact: true }).fill('first-steps')
  await page.getByLabel('Image').fill('host')
  await page.getByLabel('Command').fill(`${process.execPath} '${HELLO}'`)
  await page
    .getByLabel('A pod is ready')
    .selectOption({ label: 'when its session service connects, or its process runs' })
  await page.getByLabel('It speaks through the session service').check()
  await page.getByRole('button', { name: 'Create application' }).click()

  await expect(page).toHaveURL('/applications/first-steps')
  await expect(page.getByRole('status', { name: 'State' })).toContainText('2 of 2 idle')

  await page.getByRole('button', { name: 'Open session' }).click()
  const dialog = page.getByRole('dialog', { name: 'Open a session' })
  await expect(dialog.getByLabel('Application')).toHaveValue('first-steps')
  await dialog.getByRole('button', { name: 'Open session' }).click()
  const phase = page.getByRole('status', { name: 'Phase' })
  await expect(phase).toContainText('Available')
  await expect(page.getByRole('region', { name: 'Why here, and why so fast' })).toContainText(/stood by/i)

  const address = await page.getByRole('link', { name: 'Open web' }).getAttribute('href')
  expect((await request.get(address ?? '')).ok()).toBe(true)

  await page.getByRole('button', { name: 'Close session' }).click()
  await page.getByRole('alertdialog').getByRole('button', { name: 'Close session' }).click()
  await expect(phase).toContainText('Closed')

  await page.goto('/applications/first-steps')
  await page.getByRole('button', { name: 'Delete…' }).click()
  const question = page.getByRole('alertdialog', { name: 'Delete first-steps?' })
  await expect(question.getByRole('button', { name: 'Delete' })).toHaveAttribute('aria-disabled', 'true')
  await question.getByLabel('Type first-steps to confirm').fill('first-steps')
  await question.getByRole('button', { name: 'Delete' }).click()
  await expect(page).toHaveURL('/applications')
  await expect(page.getByRole('link', { name: 'first-steps' })).toBeHidden()
})

test('the main path needs no mouse', async ({ operator }) => {
  await operator.goto('/')
  await expectLive(operator)
  await operator.keyboard.press('g')
  await operator.keyboard.press('n')
  const map = operator.getByRole('listbox', { name: 'Nodes on the map' })
  await expect(map).toBeAttached()
  for (let tabs = 0; tabs < 40; tabs += 1) {
    if (await map.evaluate((element) => element === element.ownerDocument.activeElement)) break
    await operator.keyboard.press('Tab')
  }
  await expect(map).toBeFocused()
  await expect(map.getByRole('option')).toContainText('e2e, Ready')
  await operator.keyboard.press('Enter')
  await expect(operator.getByRole('complementary', { name: 'Node e2e' })).toBeFocused()
  await operator.keyboard.press('Escape')
  await expect(operator.getByRole('complementary', { name: 'Node e2e' })).toBeHidden()

  await operator.keyboard.press('v')
  await expect(operator.getByRole('table', { name: 'Nodes' })).toBeVisible()
  await operator.keyboard.press('j')
  await operator.keyboard.press('Enter')
  await expect(operator).toHaveURL('/nodes/e2e')

  await operator.keyboard.press('g')
  await operator.keyboard.press('s')
  await expect(operator.getByRole('heading', { name: 'Sessions', level: 1 })).toBeVisible()
  await operator.keyboard.press('o')
  const dialog = operator.getByRole('dialog', { name: 'Open a session' })
  await expect(dialog.getByLabel('Application')).toBeFocused()
  await expect(dialog.getByLabel('Application')).toHaveValue('hello')
  await operator.keyboard.press('Tab')
  await operator.keyboard.type('typed without a mouse')
  // Past the rare fields and the way out.
  for (let tabs = 0; tabs < 3; tabs += 1) await operator.keyboard.press('Tab')
  await expect(dialog.getByRole('button', { name: 'Open session' })).toBeFocused()
  await operator.keyboard.press('Enter')
  await expect(operator.getByRole('status', { name: 'Phase' })).toContainText('Available')
})

test('marked sessions are closed together, after a question that says how many', async ({ operator, world }) => {
  const ids: string[] = []
  while (ids.length < 2) {
    const { openSession } = await world.client.request(OpenSessionDocument, { input: { application: 'hello' } })
    ids.push(openSession.session?.id ?? 'none')
  }
  await operator.goto('/sessions?phase=AVAILABLE')
  for (const id of ids) await operator.getByRole('checkbox', { name: `Mark ${id}` }).check()
  await expect(operator.getByRole('region', { name: 'Marked sessions' })).toContainText('2 sessions marked')
  await operator.getByRole('button', { name: 'Close 2 sessions…' }).click()
  await operator
    .getByRole('alertdialog', { name: 'Close 2 sessions?' })
    .getByRole('button', { name: 'Close 2 sessions' })
    .click()
  await expect(operator.getByRole('region', { name: 'Marked sessions' })).toBeHidden()
  for (const id of ids) await expect(operator.getByRole('checkbox', { name: `Mark ${id}` })).toBeHidden()
  const { closeSession } = await world.client.request(CloseSessionDocument, { input: { id: ids[0] ?? '' } })
  expect(closeSession.session?.closeReason).toBe('REQUESTED')
})
