import { CloseSessionDocument, OpenSessionDocument } from '@fornax/client/generated/documents'
import { expect, expectLive, test } from './fixtures.ts'

/** The server renders the first two hundred. */
const MORE_THAN_A_PAGE = 201

test('a session is opened from the browser, comes up live, is reached, and is closed', async ({
  operator,
  request,
}) => {
  await operator.goto('/sessions')
  await operator.getByRole('button', { name: 'Open session' }).click()
  const dialog = operator.getByRole('dialog', { name: 'Open a session' })
  await dialog.getByLabel('Application').selectOption('hello') // Other tests may have left applications.
  await dialog.getByLabel('Data').fill('level seven, Grüße')
  await dialog.getByRole('button', { name: 'Open session' }).click()

  await expect(operator).toHaveURL(/\/sessions\/ses-/)
  const phase = operator.getByRole('status', { name: 'Phase' })
  await expect(phase).toContainText('Available')
  const steps = operator.getByRole('table', { name: 'Opening, step by step' })
  for (const step of ['Asked', 'Pod taken', 'Command sent', 'Available'])
    await expect(steps.getByRole('rowheader', { name: step })).toBeVisible()

  const open = operator.getByRole('link', { name: 'Open web' })
  const address = await open.getAttribute('href')
  expect(await (await request.get(address ?? '')).text()).toContain('level seven, Grüße')

  await operator.getByRole('button', { name: 'Close session' }).click()
  await operator.getByRole('alertdialog').getByRole('button', { name: 'Close session' }).click()
  await expect(phase).toContainText('Closed')
  await expect(phase).toContainText('requested')
  await expect(open).toBeHidden()
  await expect(operator.getByRole('table', { name: 'Closing, step by step' })).toBeVisible()
})

test('a session that somebody else opens and closes appears without a reload', async ({ operator, world }) => {
  await operator.goto('/sessions')
  await expectLive(operator)
  const input = { application: 'hello' }
  const { openSession } = await world.client.request(OpenSessionDocument, { input })
  const id = openSession.session?.id ?? 'none'
  const row = operator.getByRole('row').filter({ hasText: id })
  await expect(row).toContainText('Available')
  await world.client.request(CloseSessionDocument, { input: { id } })
  await expect(row).toContainText('Closed')
})

test('the list is narrowed by phase and words, and a pasted address shows the same', async ({ operator, world }) => {
  const { openSession } = await world.client.request(OpenSessionDocument, { input: { application: 'hello' } })
  const id = openSession.session?.id ?? 'none'
  await operator.goto('/sessions')
  const row = operator.getByRole('row').filter({ hasText: id })
  await expect(row).toBeVisible()

  await operator.getByRole('button', { name: 'Available' }).click()
  await expect(operator).toHaveURL(/phase=AVAILABLE/)
  await expect(row).toBeVisible()
  await operator.getByRole('searchbox', { name: 'Filter sessions' }).fill(id)
  await expect(operator.getByRole('table', { name: 'Sessions' }).getByRole('row')).toHaveCount(2)
  await operator.reload()
  await expect(row).toBeVisible()
  await expect(operator.getByRole('button', { name: 'Available' })).toHaveAttribute('aria-pressed', 'true')

  await world.client.request(CloseSessionDocument, { input: { id } })
  await expect(row).toBeHidden()
  await expect(operator.getByText('No session matches')).toBeVisible()
})

test('rows do not move under the pointer: what is new waits, and says so', async ({ operator, world }) => {
  const first = await world.client.request(OpenSessionDocument, { input: { application: 'hello' } })
  await operator.goto('/sessions?phase=AVAILABLE') // Few: the server has rendered all of them.
  await expectLive(operator)
  await operator
    .getByRole('row')
    .filter({ hasText: first.openSession.session?.id ?? 'none' })
    .hover()
  const second = await world.client.request(OpenSessionDocument, { input: { application: 'hello' } })
  const id = second.openSession.session?.id ?? 'none'
  const row = operator.getByRole('row').filter({ hasText: id })
  await operator.getByRole('button', { name: 'Show 1 new row' }).click()
  await expect(row).toBeVisible()
})

test('what completes the list while somebody points at it is not new', async ({ operator, world }) => {
  const input = { application: 'hello' }
  for (let count = 0; count < MORE_THAN_A_PAGE; count += 1) {
    const { openSession } = await world.client.request(OpenSessionDocument, { input })
    await world.client.request(CloseSessionDocument, { input: { id: openSession.session?.id ?? 'none' } })
  }
  const gate = Promise.withResolvers<void>()
  await operator.routeWebSocket(/graphql/, (page) => {
    const server = page.connectToServer()
    server.onMessage((message) => void gate.promise.then(() => page.send(message)))
  })
  await operator.goto('/sessions')
  await operator.getByRole('row').nth(3).hover()
  const table = operator.getByRole('table', { name: 'Sessions' })
  await expect(table).toHaveAttribute('aria-rowcount', '201')
  gate.resolve()
  await expect(table).not.toHaveAttribute('aria-rowcount', '201')
  const { openSession } = await world.client.request(OpenSessionDocument, { input })
  await operator.getByRole('button', { name: 'Show 1 new row' }).click()
  await expect(operator.getByRole('row').filter({ hasText: openSession.session?.id ?? 'none' })).toBeVisible()
})

test('a session that does not exist says so', async ({ operator }) => {
  await operator.goto('/sessions/ses-0000000000000000')
  await expect(operator.getByText('No session has that id')).toBeVisible()
})
