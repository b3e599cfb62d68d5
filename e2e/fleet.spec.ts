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
    ['s', 'Sessions'],
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
  await operator.goto('/nodes')
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

test('an application unfolds into its policy and versions, and its address does too', async ({ operator }) => {
  await operator.goto('/applications')
  await operator.getByRole('button', { name: 'hello' }).click()
  await expect(operator.getByRole('region', { name: 'Scaling policy' })).toContainText('2–4 idle')
  await expect(operator.getByRole('table', { name: 'Versions of hello' })).toContainText('v1')
  await operator.reload()
  await expect(operator.getByRole('region', { name: 'Scaling policy' })).toBeVisible()
})
