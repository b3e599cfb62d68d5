/** Pictures of the console in use, for the documentation. Its fleet is simulated; everything else in them is real. */
import { join, resolve } from 'node:path'
import type { Page } from '@playwright/test'
import { expect, expectLive, test } from './fixtures.ts'
import { furnish } from './furnish.ts'

const IMAGES = resolve(import.meta.dirname, '../docs/images')

test('pictures', async ({ operator, world }) => {
  await using simulation = await furnish(world)
  void simulation
  await operator.goto('/')
  await expectLive(operator)
  await expect(operator.getByRole('status', { name: 'Verdict' })).toContainText('image-resizer')
  await expect(operator.getByRole('img', { name: /^\d+ nodes/ })).toBeVisible()
  await take(operator, 'console-fleet')

  await operator.goto('/nodes?group=label%3Azone&fill=cpu-booked&node=sim-0003')
  await expectLive(operator)
  await expect(operator.getByRole('complementary', { name: 'Node sim-0003' })).toBeVisible()
  await expect(operator.getByRole('img', { name: /^\d+ nodes/ })).toBeVisible()
  await take(operator, 'console-nodes')

  await operator.goto('/applications/game-server')
  await expect(operator.getByRole('img', { name: /^Pods of the pool/ })).toBeVisible()
  await take(operator, 'console-application')

  await operator.goto('/latency?span=10m')
  await expect(operator.getByRole('img', { name: 'Sessions by time and latency' })).toBeVisible()
  await expect(operator.getByRole('img', { name: /^Percentiles over time/ })).toBeVisible()
  await take(operator, 'console-latency')
})

async function take(page: Page, name: string): Promise<void> {
  await page.mouse.move(0, 0)
  await expect(page.locator('.skeleton')).toHaveCount(0)
  await page.evaluate('Promise.all(document.getAnimations().map((it) => it.finished.catch(() => null)))')
  await page.screenshot({ path: join(IMAGES, `${name}.png`), animations: 'disabled' })
}
