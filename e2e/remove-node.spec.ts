/** A node that is gone for good is taken out of the list by whoever says its name, and by nobody else. */
import { AuditRecordsDocument, ComputeNodeDocument } from '@fornax/client/generated/documents'
import { expect, expectLive, test } from './fixtures.ts'

test('a node is removed once it is not connected, after its name was typed, and joins again as a new one', async ({
  operator,
  world,
}) => {
  test.setTimeout(120_000)
  {
    await using simulation = await world.simulate({ nodes: 2 })
    void simulation
    await operator.goto('/nodes/sim-0001')
    await expectLive(operator)
    const remove = operator.getByRole('button', { name: 'Remove…' })
    await expect(remove).toHaveAttribute('aria-disabled', 'true')
    await expect(remove).toHaveAccessibleDescription('It is connected: drain it, then stop its agent.')
  }
  await expect(operator.getByRole('status', { name: 'Phase' })).toContainText(/Disconnected|Lost/)
  await operator.getByRole('button', { name: 'Remove…' }).click()
  const dialog = operator.getByRole('alertdialog', { name: 'Remove sim-0001?' })
  const confirm = dialog.getByRole('button', { name: 'Remove' })
  await expect(confirm).toHaveAttribute('aria-disabled', 'true')
  await dialog.getByLabel('Type sim-0001 to confirm').fill('sim-0001')
  await confirm.click()
  await expect(operator).toHaveURL(/\/nodes$/)
  await operator.goto('/nodes?view=table')
  const table = operator.getByRole('table', { name: 'Nodes' })
  await expect(table).toContainText('sim-0002')
  await expect(table).not.toContainText('sim-0001')
  const { computeNode } = await world.client.request(ComputeNodeDocument, { name: 'sim-0001' })
  expect(computeNode).toBeNull()
  await expect
    .poll(async () => {
      const where = { action: 'removeNode', object: 'node/sim-0001' }
      const { auditRecords } = await world.client.request(AuditRecordsDocument, { first: 1, where })
      return auditRecords.edges[0]?.node.outcome
    })
    .toBe('DONE')

  // The open table hears of who comes back, and of who goes.
  await using again = await world.simulate({ nodes: 1 })
  void again
  await expect(table).toContainText('sim-0001')
})
