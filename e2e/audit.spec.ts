/** What was done is seen as it is done, and found by the time at which it was. */
import { CordonNodeDocument, UncordonNodeDocument } from '@fornax/client/generated/documents'
import { expect, expectLive, test } from './fixtures.ts'

test('a record comes to the open page by itself, and is found by its object and by its minute', async ({
  operator,
  world,
}) => {
  await operator.goto('/audit')
  await expectLive(operator)
  const list = operator.getByRole('list', { name: 'Records, newest first' })
  await expect(list.getByRole('listitem').first()).toBeVisible()
  await world.client.request(CordonNodeDocument, { input: { name: 'e2e' } })
  await expect(list.getByRole('button', { name: /^Cordon node/ })).toBeVisible()
  await world.client.request(UncordonNodeDocument, { input: { name: 'e2e' } })
  await expect(list.getByRole('button', { name: /^Uncordon node/ })).toBeVisible()

  await list.getByRole('button', { name: 'Only node/e2e' }).first().click()
  await expect(operator).toHaveURL(/object=node%2Fe2e|object=node\/e2e/)
  await expect(list.getByRole('button', { name: /node\s*, record/ }).first()).toBeVisible()

  const strip = operator.getByRole('group', { name: 'Records of the last hour' })
  const busy = strip.getByRole('button', { name: /: [1-9]\d* records?$/ })
  await expect(busy.last()).toBeVisible()
  await busy.last().click()
  await expect(operator).toHaveURL(/from=\d+&until=\d+|until=\d+&from=\d+/)
  await expect(busy.last()).toHaveAttribute('aria-pressed', 'true')
  await expect(list.getByRole('listitem').first()).toBeVisible()
  // Dragging over a quiet part chooses it, and shows that nothing was done then.
  const bars = strip.getByRole('button')
  await bars.nth(3).hover()
  await operator.mouse.down()
  await bars.nth(10).hover()
  await operator.mouse.up()
  await expect(operator.getByText('No record matches')).toBeVisible()
  await operator.getByRole('button', { name: 'All of it' }).click()
  await expect(list.getByRole('listitem').first()).toBeVisible()
})
