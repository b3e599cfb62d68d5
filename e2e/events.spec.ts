/** What happened is found by its minute, and the numbers that people look at lead to what they count. */
import {
  CloseSessionDocument,
  CordonNodeDocument,
  OpenSessionDocument,
  UncordonNodeDocument,
} from '@fornax/client/generated/documents'
import { expect, expectLive, test } from './fixtures.ts'

test('a minute that is chosen above the events shows what happened in it, and the address says so', async ({
  operator,
  world,
}) => {
  await world.client.request(CordonNodeDocument, { input: { name: 'e2e' } })
  await world.client.request(UncordonNodeDocument, { input: { name: 'e2e' } })
  await operator.goto('/events')
  await expectLive(operator)
  const list = operator.getByRole('list', { name: 'Events' })
  await expect(list).toContainText('Node uncordoned')
  const strip = operator.getByRole('group', { name: 'Events of the last hour, by minute' })
  const bars = strip.getByRole('button')
  // Nothing had happened an hour ago: dragging over that chooses nothing that is there.
  await bars.nth(2).hover()
  await operator.mouse.down()
  await bars.nth(8).hover()
  await operator.mouse.up()
  await expect(operator.getByText('No event matches')).toBeVisible()
  await expect(operator).toHaveURL(/from=\d+/)
  await operator.reload()
  await expect(operator.getByText('No event matches')).toBeVisible()
  await operator.getByRole('button', { name: 'All of it' }).click()
  await strip
    .getByRole('button', { name: /: [1-9]\d* events?$/ })
    .last()
    .click()
  await expect(list).toContainText('Node uncordoned')
})

test('each number of the fleet leads to the list that it counts', async ({ operator }) => {
  const leads = {
    'Nodes ready': /\/nodes$/,
    'Sessions open': /\/sessions\?phase=/,
    'Opened per second': /\/sessions$/,
    'Warm start, p99': /\/latency\?start=WARM$/,
    'Cold start, p99': /\/latency\?start=COLD$/,
    'Served warm': /\/pools$/,
  }
  for (const [name, address] of Object.entries(leads)) {
    await operator.goto('/')
    await expectLive(operator)
    await operator.getByRole('list', { name: 'Numbers of the fleet' }).getByRole('link', { name }).click()
    await expect(operator).toHaveURL(address)
  }
})

test('the page of a session tells every step of its opening, where it runs, and why', async ({ operator, world }) => {
  const { openSession } = await world.client.request(OpenSessionDocument, { input: { application: 'hello' } })
  const id = openSession.session?.id ?? 'none'
  await operator.goto(`/sessions/${id}`)
  await expectLive(operator)
  const steps = operator.getByRole('table', { name: 'Opening, step by step' })
  for (const step of ['Asked', 'Pod taken', 'Command sent', 'Started', 'Available'])
    await expect(steps.getByRole('rowheader', { name: step, exact: false }).first()).toBeVisible()
  // Each step but the first says what it took, and all say when it was.
  await expect(steps.getByRole('row').last()).toContainText(/\+\d+(\.\d+)? (µs|ms|s).*\d+(\.\d+)? (µs|ms|s)/)
  await expect(operator.getByRole('region', { name: 'Why here, and why so fast' })).toContainText('Its pod: ')
  await world.client.request(CloseSessionDocument, { input: { id } })
})
