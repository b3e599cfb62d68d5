/** Pictures of the console in use, for the documentation. The sessions and pods in them are real. */
import { join, resolve } from 'node:path'
import {
  CloseSessionDocument,
  CreateApplicationDocument,
  OpenSessionDocument,
} from '@fornax/client/generated/documents'
import type { Page } from '@playwright/test'
import { expect, expectLive, test } from './fixtures.ts'
import type { World } from './world.ts'

const ROOT = resolve(import.meta.dirname, '..')
const HELLO = [process.execPath, join(ROOT, 'examples/hello/src/main.ts')]

test('pictures', async ({ operator, world }) => {
  await furnish(world)
  await operator.goto('/')
  await expectLive(operator)
  await expect(operator.getByRole('status', { name: 'Verdict' })).toContainText('browser-sandbox')
  await expect(operator.getByRole('list', { name: 'Numbers of the fleet' })).toContainText('p50')
  await take(operator, 'console-fleet')

  await operator.goto('/applications?open=browser-sandbox')
  await expect(operator.getByRole('region', { name: 'Problem' })).toBeVisible()
  await take(operator, 'console-applications')

  await operator.goto('/sessions')
  await expectLive(operator)
  await take(operator, 'console-sessions')

  await operator.goto('/sessions?phase=AVAILABLE')
  await operator.getByRole('row').filter({ hasText: 'hello' }).first().getByRole('link').click()
  await expect(operator.getByRole('table', { name: 'Opening, step by step' })).toBeVisible()
  await expect(operator.getByRole('region', { name: 'Lines of the log' })).toBeVisible()
  await take(operator, 'console-session')

  await operator.goto('/nodes')
  await expectLive(operator)
  await take(operator, 'console-nodes')
})

async function furnish({ client }: World): Promise<void> {
  const open = async (application: string): Promise<string> => {
    const { openSession } = await client.request(OpenSessionDocument, { input: { application } })
    return openSession.session?.id ?? 'none'
  }
  const ports = [{ name: 'web', containerPort: 8080 }]
  const create = async (name: string, low: number, command: readonly string[]): Promise<void> => {
    const version = { image: 'host', command, ports, usesSessionService: true }
    const scalingPolicy = { maxPods: 40, burst: 20, idleCount: { low, high: low + 2 } }
    await client.request(CreateApplicationDocument, { input: { name, version, scalingPolicy } })
  }
  await create('notebook', 6, HELLO)
  await create('game-server', 10, HELLO)
  await create('browser-sandbox', 2, [process.execPath, '/srv/browser-sandbox/main.js'])
  const ids: string[] = []
  for (const name of [
    'hello',
    'notebook',
    'game-server',
    'notebook',
    'hello',
    'game-server',
    'game-server',
    'notebook',
  ])
    ids.push(await open(name))
  for (const id of [ids[1], ids[4], ids[6]]) await client.request(CloseSessionDocument, { input: { id: id ?? 'none' } })
  for (const name of ['game-server', 'hello', 'notebook', 'game-server']) await open(name)
}

async function take(page: Page, name: string): Promise<void> {
  await page.mouse.move(0, 0)
  await page.evaluate('Promise.all(document.getAnimations().map((it) => it.finished.catch(() => null)))')
  await page.screenshot({ path: join(ROOT, 'docs/images', `${name}.png`), animations: 'disabled' })
}
