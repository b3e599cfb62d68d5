/** What can be taken back says so, is taken back, and overwrites nothing that somebody else has done since. */
import { join } from 'node:path'
import { AxeBuilder } from '@axe-core/playwright'
import {
  ApplicationDocument,
  ComputeNodeDocument,
  CordonNodeDocument,
  CreateTenantDocument,
  DeleteTenantDocument,
  SetTenantQuotasDocument,
  UncordonNodeDocument,
  UpdateScalingPolicyDocument,
} from '@fornax/client/generated/documents'
import type { Page } from '@playwright/test'
import { expect, expectLive, test } from './fixtures.ts'
import { defineApplication } from './furnish.ts'
import type { World } from './world.ts'

const NAME = 'taken-back'
const POLICY = { minPods: 0, maxPods: 7, burst: 3, scaleDownDelayMs: 1_250, idlePercent: { low: 10, high: 20 } }

test('a scaling policy is saved, said, and taken back to the last field', async ({ operator, world }) => {
  await using application = await define(world)
  void application
  const before = await policyOf(world)
  await operator.goto(`/applications/${NAME}`)
  await expectLive(operator)
  await savePolicy(operator, '9')
  await expect(said(operator)).toHaveText(`The scaling policy of ${NAME} is saved. Press u to undo it.`)
  await expect(notices(operator)).toContainText(`The scaling policy of ${NAME} is saved.`)
  expect(await policyOf(world)).toEqual({ ...before, maxPods: 9 })
  await expectForEverybody(operator, 'offered')

  // It is there on the next page as well, and one key takes it back.
  await operator.keyboard.press('g')
  await operator.keyboard.press('s')
  await expect(operator.getByRole('heading', { name: 'Sessions', level: 1 })).toBeVisible()
  await operator.keyboard.press('u')
  await expect(said(operator)).toHaveText(`Undone: ${NAME} has the scaling policy that it had before.`)
  expect(await policyOf(world)).toEqual(before)
  await notices(operator).getByRole('button', { name: 'Dismiss' }).click()
  await expect(notices(operator)).toHaveCount(0)
  await expect(said(operator)).toHaveText('')
})

test('what somebody else has done since is not overwritten, and that is said until it was seen', async ({
  operator,
  world,
}) => {
  await using application = await define(world)
  void application
  await operator.goto(`/applications/${NAME}`)
  await expectLive(operator)
  await savePolicy(operator, '9')
  await expect(notices(operator)).toBeVisible()
  const scalingPolicy = { maxPods: 11, idleCount: { low: 0, high: 1 } }
  await world.client.request(UpdateScalingPolicyDocument, { input: { application: NAME, scalingPolicy } })
  const theirs = await policyOf(world)

  // By keys alone, and focus is nowhere lost.
  await notices(operator).getByRole('button', { name: 'Undo' }).press('Enter')
  await expect(said(operator)).toHaveText(`Undo failed: ${NAME} was changed meanwhile, and stays as it is now.`)
  expect(await policyOf(world)).toEqual(theirs)
  await expect(notices(operator).getByRole('button', { name: 'Undo' })).toHaveCount(0)
  await expectForEverybody(operator, 'refused')
  const dismiss = notices(operator).getByRole('button', { name: 'Dismiss' })
  await expect(dismiss).toBeFocused()
  await operator.keyboard.press('Enter')
  await expect(notices(operator)).toHaveCount(0)
  await expect(operator.getByRole('main')).toBeFocused()
})

test('a notice goes by itself, but not from under the pointer or the focus', async ({ operator, world }) => {
  await using application = await define(world)
  void application
  await operator.clock.install()
  await operator.goto(`/applications/${NAME}`)
  await expectLive(operator)
  await savePolicy(operator, '9')
  await notices(operator).hover()
  await operator.clock.fastForward(60_000)
  await expect(notices(operator)).toBeVisible()
  await notices(operator).getByRole('button', { name: 'Undo' }).focus()
  await operator.keyboard.press('Tab')
  await operator.mouse.move(0, 0)
  await operator.clock.fastForward(60_000)
  await expect(notices(operator).getByRole('button', { name: 'Dismiss' })).toBeFocused()
  await operator.getByRole('main').focus()
  await operator.clock.fastForward(60_000)
  await expect(notices(operator)).toHaveCount(0)
})

test('a cordon is taken back, unless somebody else was there', async ({ operator, world }) => {
  const name = 'e2e'
  await using open = { [Symbol.asyncDispose]: () => uncordon(world, name) }
  void open
  await operator.goto(`/nodes/${name}`)
  await expectLive(operator)
  for (const verb of ['Cordon', 'Uncordon']) {
    await operator.getByRole('button', { name: `${verb}…`, exact: true }).click()
    await operator.getByRole('alertdialog').getByRole('button', { name: verb }).click()
    await expect(notices(operator)).toContainText(`${name} is ${verb.toLowerCase()}ed.`)
    expect(await isCordoned(world, name)).toBe(verb === 'Cordon')
    await notices(operator).getByRole('button', { name: 'Undo' }).click()
    await expect(notices(operator)).toContainText('Undone:')
    expect(await isCordoned(world, name)).toBe(verb !== 'Cordon')
    if (verb === 'Cordon') await world.client.request(CordonNodeDocument, { input: { name } })
  }
  await uncordon(world, name)
  await operator.getByRole('button', { name: 'Cordon…', exact: true }).click()
  await operator.getByRole('alertdialog').getByRole('button', { name: 'Cordon' }).click()
  await expect(notices(operator)).toContainText(`${name} is cordoned.`)
  await uncordon(world, name)
  await notices(operator).getByRole('button', { name: 'Undo' }).click()
  await expect(notices(operator)).toContainText(`Undo failed: ${name} was changed meanwhile`)
  expect(await isCordoned(world, name)).toBe(false)
})

test('quotas and a suspension are taken back, unless somebody else was there', async ({ operator, world }) => {
  const tenant = 'tenant-taken-back'
  await using made = await defineTenant(world, tenant)
  void made
  await operator.goto('/settings')
  await expectLive(operator)
  const row = operator.getByRole('table', { name: 'Tenants' }).getByRole('row').filter({ hasText: tenant })
  const choose = async (item: string): Promise<void> => {
    await row.getByRole('button', { name: `Actions for ${tenant}` }).click()
    await operator.getByRole('menuitem', { name: item }).click()
  }
  await choose('Suspend…')
  await operator.getByRole('alertdialog').getByRole('button', { name: 'Suspend' }).click()
  await expect(row).toContainText('Suspended')
  await notices(operator).getByRole('button', { name: 'Undo' }).click()
  await expect(notices(operator)).toContainText(`Undone: the tenant ${tenant} may open sessions again.`)
  await expect(row).toContainText('Active')

  for (const isTheirs of [false, true]) {
    await choose('Quotas…')
    const dialog = operator.getByRole('alertdialog', { name: `Quotas of ${tenant}` })
    await dialog.getByLabel('Open sessions').fill('40')
    await dialog.getByRole('button', { name: 'Save quotas' }).click()
    await expect(row).toContainText('0 of 40')
    if (isTheirs) await world.client.request(SetTenantQuotasDocument, { input: { tenant, sessions: 77, pods: 5 } })
    await notices(operator).getByRole('button', { name: 'Undo' }).click()
    await expect(notices(operator)).toContainText(isTheirs ? 'Undo failed:' : `Undone: ${tenant} has the quotas`)
    await expect(row).toContainText(isTheirs ? '0 of 77' : '0 of 5')
  }
})

function define(world: World): Promise<AsyncDisposable> {
  const version = { image: 'registry.example/none:1', toleratesSimulated: true }
  return defineApplication(world, { name: NAME, version, scalingPolicy: POLICY })
}

async function savePolicy(page: Page, maxPods: string): Promise<void> {
  await page.getByRole('button', { name: 'Edit', exact: true }).click()
  const dialog = page.getByRole('dialog', { name: `Scaling policy of ${NAME}` })
  await dialog.getByLabel('At most (pods)').fill(maxPods)
  await dialog.getByRole('button', { name: 'Save policy' }).click()
  await expect(dialog).toHaveCount(0)
}

async function policyOf({ client }: World) {
  const { application } = await client.request(ApplicationDocument, { name: NAME })
  return application?.scalingPolicy
}

async function isCordoned({ client }: World, name: string): Promise<boolean | undefined> {
  const { computeNode } = await client.request(ComputeNodeDocument, { name })
  return computeNode?.isCordoned
}

async function uncordon({ client }: World, name: string): Promise<void> {
  await client.request(UncordonNodeDocument, { input: { name } })
}

async function defineTenant({ client }: World, tenant: string): Promise<AsyncDisposable> {
  await client.request(CreateTenantDocument, { input: { name: tenant } })
  await client.request(SetTenantQuotasDocument, { input: { tenant, sessions: 5 } })
  return {
    async [Symbol.asyncDispose]() {
      await client.request(DeleteTenantDocument, { input: { tenant } })
    },
  }
}

function notices(page: Page) {
  return page.getByRole('region', { name: 'Notices' })
}

function said(page: Page) {
  return page.getByRole('status', { name: 'What was done' })
}

/** In both themes; kept as pictures, for people to look at. */
async function expectForEverybody(page: Page, name: string): Promise<void> {
  // It stays while somebody is at it, however long this takes.
  await notices(page).hover()
  for (const colorScheme of ['dark', 'light'] as const) {
    await page.emulateMedia({ colorScheme })
    await page.evaluate('Promise.all(document.getAnimations().map((it) => it.finished.catch(() => null)))')
    await page.screenshot({ path: join(import.meta.dirname, `test-results/undo-${name}-${colorScheme}.png`) })
    const { violations } = await new AxeBuilder({ page }).analyze()
    const grave = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
    expect(grave.map(({ id, nodes }) => ({ id, where: nodes.map(({ html }) => html) }))).toEqual([])
  }
  await page.mouse.move(0, 0)
}
