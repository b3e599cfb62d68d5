/** Pictures of the console in use, for the documentation. The sessions and pods in them are real. */
import { join, resolve } from 'node:path'
import {
  ApplicationDocument,
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
  await use(world)
  await expect(operator.getByRole('status', { name: 'Verdict' })).toContainText('browser-sandbox')
  await expect(operator.getByRole('region', { name: 'Warm pools' })).not.toContainText('of 10 idle')
  await expect(operator.getByRole('list', { name: 'Numbers of the fleet' })).toContainText('p50')
  await take(operator, 'console-fleet')

  await operator.goto('/applications?open=browser-sandbox')
  await expect(operator.getByRole('region', { name: 'Problem' })).toBeVisible()

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

const POOLS = { hello: 2, notebook: 6, 'game-server': 9 } as const

/** Applications beside `hello`, with full pools, and one that cannot start. */
async function furnish({ client }: World): Promise<void> {
  const create = async (name: string, low: number, command: readonly string[]): Promise<void> => {
    const version = {
      image: 'host',
      command,
      ports: [{ name: 'web', containerPort: 8080 }],
      usesSessionService: true,
      resources: { cpuMillis: 40, memoryBytes: 64 * 2 ** 20 },
    }
    const scalingPolicy = { maxPods: 40, burst: 20, idleCount: { low, high: low + 2 } }
    await client.request(CreateApplicationDocument, { input: { name, version, scalingPolicy } })
  }
  await create('notebook', POOLS.notebook, HELLO)
  await create('game-server', POOLS['game-server'], HELLO)
  await untilFull(client)
  await create('browser-sandbox', 2, [process.execPath, '/srv/browser-sandbox/main.js'])
}

/** Sessions come and go, each when the pools are full again. */
async function use({ client }: World): Promise<void> {
  const names = ['hello', 'notebook', 'game-server', 'game-server', 'notebook', 'hello', 'game-server'] as const
  const open: string[] = []
  for (const name of [...names, ...names]) {
    await untilFull(client)
    const { openSession } = await client.request(OpenSessionDocument, { input: { application: name } })
    open.push(openSession.session?.id ?? 'none')
    const [oldest] = open
    if (open.length <= 6 || oldest === undefined) continue
    open.shift()
    await client.request(CloseSessionDocument, { input: { id: oldest } })
  }
}

async function untilFull(client: World['client']): Promise<void> {
  for (const [name, low] of Object.entries(POOLS))
    await expect.poll(() => standby(client, name)).toBeGreaterThanOrEqual(low)
}

async function standby(client: World['client'], name: string): Promise<number> {
  const { application } = await client.request(ApplicationDocument, { name })
  return application?.pool.standby ?? 0
}

async function take(page: Page, name: string): Promise<void> {
  await page.mouse.move(0, 0)
  await page.evaluate('Promise.all(document.getAnimations().map((it) => it.finished.catch(() => null)))')
  await page.screenshot({ path: join(ROOT, 'docs/images', `${name}.png`), animations: 'disabled' })
}
