import { OpenSessionDocument } from '@fornax/client/generated/documents'
import { expect, expectLive, test } from './fixtures.ts'

test.use({ mayFailToLoad: true })

test('a core that dies is said, what was shown stays, and the truth follows when it is back', async ({
  operator,
  world,
}) => {
  const { openSession } = await world.client.request(OpenSessionDocument, { input: { application: 'hello' } })
  const id = openSession.session?.id ?? 'none'
  await operator.goto('/sessions')
  await expectLive(operator)
  const row = operator.getByRole('row').filter({ hasText: id })
  await expect(row).toContainText('Available')

  // Gone after a reload.
  await operator.evaluate("document.body.dataset['here'] = 'since the beginning'")
  world.killCore()
  await expect(operator.getByRole('alert').filter({ hasText: 'What you see is from then' })).toBeVisible()
  await expect(operator.getByRole('status', { name: 'Connection' })).toContainText('Reconnecting')
  await expect(row).toContainText('Available')

  await expect(operator.getByRole('status', { name: 'Connection' })).toHaveText('Live', { timeout: 30_000 })
  await expect(row).toContainText('Available')
  await row.getByRole('button', { name: `Close session ${id}` }).click()
  await operator.getByRole('alertdialog').getByRole('button', { name: 'Close session' }).click()
  await expect(row).toContainText('Closed')

  const later = await world.client.request(OpenSessionDocument, { input: { application: 'hello' } })
  const laterRow = operator.getByRole('row').filter({ hasText: later.openSession.session?.id ?? 'none' })
  // The pointer is on the table: what is new waits until it leaves.
  await operator.mouse.move(5, 5)
  await expect(laterRow).toContainText('Available')
  expect(await operator.evaluate("document.body.dataset['here']")).toBe('since the beginning')
})
