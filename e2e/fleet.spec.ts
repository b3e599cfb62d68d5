import { OpenSessionDocument } from '@fornax/client/generated/documents'
import { expect, expectLive, test } from './fixtures.ts'

test('the fleet shows its node, its warm pool and that all is well', async ({ operator }) => {
  await operator.goto('/')
  await expectLive(operator)
  await expect(operator.getByRole('status', { name: 'Verdict' })).toHaveText('Everything is as it was asked to be.')
  const numbers = operator.getByRole('list', { name: 'Numbers of the fleet' })
  await expect(numbers.getByRole('listitem').filter({ hasText: 'Nodes ready' })).toContainText('1 of 1')
  const pools = operator.getByRole('region', { name: 'Warm pools' })
  await expect(pools.getByRole('img', { name: /^Pods of hello: \d+ standby/ })).toBeVisible()
})

test('keys lead to every page, and the sheet lists them', async ({ operator }) => {
  await operator.goto('/')
  await expectLive(operator)
  for (const [key, page] of [
    ['n', 'Nodes'],
    ['a', 'Applications'],
    ['p', 'Warm pools'],
    ['s', 'Sessions'],
    ['l', 'Latency'],
    ['e', 'Events'],
    ['u', 'Audit'],
    ['t', 'Settings'],
    ['f', 'Fleet'],
  ] as const) {
    await operator.keyboard.press('g')
    await operator.keyboard.press(key)
    await expect(operator.getByRole('heading', { name: page, level: 1 })).toBeVisible()
  }
  await operator.keyboard.press('?')
  await expect(operator.getByRole('dialog', { name: 'Keyboard shortcuts' })).toBeVisible()
  await operator.keyboard.press('Escape')
  await operator.keyboard.press('g')
  await operator.keyboard.press('n')
  await expect(operator.getByRole('heading', { name: 'Nodes', level: 1 })).toBeVisible()
  await operator.keyboard.press('/')
  await expect(operator.getByRole('searchbox', { name: 'Filter nodes' })).toBeFocused()
})

test('a node is cordoned and uncordoned, each after a question', async ({ operator }) => {
  await operator.goto('/nodes?view=table')
  const row = operator.getByRole('row').filter({ hasText: 'e2e' })
  await expect(row).toContainText('Ready')
  for (const [verb, then] of [
    ['Cordon', 'Cordoned'],
    ['Uncordon', 'Ready'],
  ] as const) {
    await row.getByRole('button', { name: 'Actions for e2e' }).click()
    await operator.getByRole('menuitem', { name: `${verb}…` }).click()
    await operator
      .getByRole('alertdialog', { name: `${verb} e2e?` })
      .getByRole('button', { name: verb, exact: true })
      .click()
    await expect(row).toContainText(then)
    await expect(operator.getByRole('alertdialog')).toBeHidden()
  }
})

test('an application has a page with its pool, policy, versions and events, and its address leads there', async ({
  operator,
}) => {
  await operator.goto('/applications')
  await operator.getByRole('link', { name: 'hello' }).click()
  await expect(operator).toHaveURL('/applications/hello')
  await expect(operator.getByRole('region', { name: 'Scaling policy' })).toContainText('2–4 idle')
  await expect(operator.getByRole('table', { name: 'Versions of hello' })).toContainText('v1')
  await expect(operator.getByRole('region', { name: 'Events', exact: true })).toContainText('Application created')
  await operator.reload()
  await expect(operator.getByRole('region', { name: 'Scaling policy' })).toBeVisible()
})

test('the palette finds pages, applications and nodes, and does what the open page can do', async ({ operator }) => {
  await operator.goto('/')
  await expectLive(operator)
  await operator.keyboard.press('Control+k')
  await operator.getByRole('combobox', { name: 'Find anything' }).fill('hel')
  await expect(operator.getByRole('option', { name: /^hello/ })).toBeVisible()
  await operator.keyboard.press('Enter')
  await expect(operator).toHaveURL('/applications/hello')
  await expect(operator.getByRole('region', { name: 'Scaling policy' })).toBeVisible()
  await operator.keyboard.press('Control+k')
  await operator.getByRole('combobox', { name: 'Find anything' }).fill('policy')
  await operator.keyboard.press('Enter')
  await expect(operator.getByRole('dialog', { name: 'Scaling policy of hello' })).toBeVisible()
})

test('a policy is checked while it is typed, shown against the last hour, and saved', async ({ operator }) => {
  await operator.goto('/applications/hello')
  await operator.getByRole('button', { name: 'Edit' }).click()
  const dialog = operator.getByRole('dialog', { name: 'Scaling policy of hello' })
  await dialog.getByLabel('Shrink above (pods)').fill('1')
  await expect(dialog).toContainText('Not more than the upper bound.')
  await dialog.getByLabel('Shrink above (pods)').fill('5')
  await expect(dialog.getByRole('table', { name: 'What the policy would have done' })).toContainText('Cold starts')
  await dialog.getByRole('button', { name: 'Save policy' }).click()
  await expect(dialog).toBeHidden()
  await expect(operator.getByRole('region', { name: 'Scaling policy' })).toContainText('2–5 idle')
})

test('what is shown can be frozen, and shows all of it afterwards', async ({ operator, world }) => {
  await operator.goto('/sessions')
  await expectLive(operator)
  await operator.keyboard.press('p')
  await expect(operator.getByRole('status', { name: 'Connection' })).toHaveText('Paused')
  const { openSession } = await world.client.request(OpenSessionDocument, { input: { application: 'hello' } })
  const row = operator.getByRole('row').filter({ hasText: openSession.session?.id ?? 'none' })
  await expect(operator.getByRole('button', { name: /changes wait/ })).not.toContainText(/\b0 changes/)
  await expect(row).toBeHidden()
  await operator.keyboard.press('p')
  await expect(row).toBeVisible()
})
