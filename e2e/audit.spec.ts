/** What was done is seen as it is done, and found by the time at which it was. */
import { AuditRecordsDocument, CordonNodeDocument, UncordonNodeDocument } from '@fornax/client/generated/documents'
import { expect, expectLive, test } from './fixtures.ts'
import type { World } from './world.ts'

test('a record comes to the open page by itself, and is found by its object and by its minute', async ({
  operator,
  world,
}) => {
  await operator.goto('/audit')
  await expectLive(operator)
  const list = operator.getByRole('list', { name: 'Records, newest first' })
  await expect(list.getByRole('listitem').first()).toBeVisible()
  const before = await newestNumber(world)
  await world.client.request(CordonNodeDocument, { input: { name: 'e2e' } })
  const cordon = await newRecord(world, 'cordonNode', before)
  await expect(list.getByRole('button', { name: new RegExp(`^Cordon node\\s*, record ${cordon}$`) })).toBeVisible()
  await world.client.request(UncordonNodeDocument, { input: { name: 'e2e' } })
  const uncordon = await newRecord(world, 'uncordonNode', before)
  await expect(list.getByRole('button', { name: new RegExp(`^Uncordon node\\s*, record ${uncordon}$`) })).toBeVisible()

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
  // Without a pointer, as a screen reader does.
  await operator.getByRole('button', { name: 'All of it' }).click()
  await busy.last().dispatchEvent('click')
  await expect(operator).toHaveURL(/from=\d+/)
  // Dragging over a quiet part chooses it, and shows that nothing was done then.
  const bars = strip.getByRole('button')
  await bars.nth(3).hover()
  await operator.mouse.down()
  await bars.nth(10).hover()
  await operator.mouse.up()
  await expect(operator.getByText('No record matches')).toBeVisible()
  await operator.getByRole('button', { name: 'All of it' }).click()
  await expect(list.getByRole('listitem').first()).toBeVisible()
  // A drag that is let go beside the strip is over, and chooses nothing.
  await bars.nth(3).hover()
  await operator.mouse.down()
  await bars.nth(5).hover()
  await operator.getByRole('heading', { level: 1 }).hover()
  await operator.mouse.up()
  await bars.nth(10).hover()
  await expect(strip.getByRole('button', { pressed: true })).toHaveCount(0)
  await expect(operator).not.toHaveURL(/from=\d+/)
})

async function newestNumber({ client }: World, action?: string): Promise<number> {
  const where = action === undefined ? {} : { action, object: 'node/e2e' }
  const { auditRecords } = await client.request(AuditRecordsDocument, { first: 1, where })
  return Number(auditRecords.edges[0]?.node.number ?? 0)
}

/** The number of the record that came since: other tests did the same before, in the same world. */
async function newRecord(world: World, action: string, before: number): Promise<number> {
  await expect.poll(() => newestNumber(world, action)).toBeGreaterThan(before)
  return await newestNumber(world, action)
}
