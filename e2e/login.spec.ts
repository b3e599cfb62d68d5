import { expect, expectLive, test } from './fixtures.ts'

test('a wrong token is refused with words, and the right one leads to where one was heading', async ({
  page,
  world,
}) => {
  await page.goto('/nodes')
  await expect(page.getByRole('heading', { name: 'Log in to Fornax' })).toBeVisible()

  await page.getByLabel('Token').fill('not-the-token-of-this-fornax')
  await page.getByRole('button', { name: 'Log in' }).click()
  await expect(page.getByRole('alert').filter({ hasText: 'The core does not know this token.' })).toBeVisible()

  await page.getByLabel('Token').fill(world.token)
  await page.getByRole('button', { name: 'Log in' }).click()
  await expect(page).toHaveURL('/nodes')
  await expect(page.getByRole('heading', { name: 'Nodes', level: 1 })).toBeVisible()
  await expectLive(page)
})

test('no script can read the token', async ({ operator, context, world }) => {
  await operator.goto('/')
  expect(await operator.evaluate<string>('document.cookie')).not.toContain(world.token)
  const cookies = await context.cookies()
  expect(cookies.filter(({ value }) => value === world.token)).toMatchObject([{ httpOnly: true, sameSite: 'Strict' }])
  expect(await operator.content()).not.toContain(world.token)
})

test.describe('the end of a login', () => {
  // What the page asks in its last moment is refused, as it should be.
  test.use({ mayFailToLoad: true })

  test('logging out ends the login of this browser', async ({ operator }) => {
    await operator.goto('/')
    await operator.getByRole('button', { name: 'Log out' }).click()
    await expect(operator).toHaveURL('/login')
    await operator.goto('/sessions')
    await expect(operator.getByLabel('Token')).toBeVisible()
  })

  test('a login that ended leads to the login, from an open page as well', async ({ operator, context, page }) => {
    await operator.goto('/applications')
    await expectLive(operator)
    await context.clearCookies()
    await page.getByRole('link', { name: 'Nodes' }).click()
    await expect(page.getByLabel('Token')).toBeVisible()
  })
})
