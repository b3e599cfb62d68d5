/** Several nodes are marked on the map, by mouse and by keys, and steered together; what is foretold happens. */
import { join } from 'node:path'
import {
  ApplicationDocument,
  ComputeNodesDocument,
  OpenSessionsDocument,
  SessionsDocument,
} from '@fornax/client/generated/documents'
import type { Locator, Page } from '@playwright/test'
import { cellPosition, layOut } from '../apps/console/src/canvas/host-map-layout.ts'
import { expect, expectLive, test } from './fixtures.ts'
import { defineApplication } from './furnish.ts'
import { hold } from './held-requests.ts'
import type { World } from './world.ts'

const NODES = 30
const IDLE = 60
const OPEN = 10

test('nodes are marked by mouse and keys, cordoned, uncordoned, drained as foretold, and removed', async ({
  operator,
  world,
}) => {
  test.setTimeout(180_000)
  {
    await using simulation = await world.simulate({ nodes: NODES, cpuMillis: 4_000 })
    void simulation
    await using many = await fill(world)
    void many
    await operator.goto('/nodes')
    await expectLive(operator)
    const filter = operator.getByRole('searchbox', { name: 'Filter nodes' })
    await filter.fill('sim-')
    const map = operator.getByRole('listbox', { name: 'Nodes on the map' })
    await expect(operator.getByRole('img', { name: `${NODES} nodes`, exact: false })).toBeVisible()
    const bar = operator.getByRole('region', { name: 'Marked nodes' })
    const status = operator.getByRole('status', { name: 'Marks' })
    const cell = await cellsOf(map)

    // A button that was let go outside draws nothing when the mouse comes back.
    await press(operator, cell(0))
    await operator.mouse.move(2, 2)
    await operator.mouse.up()
    await move(operator, cell(4))
    // Two by clicks, and one of them back.
    await map.click({ position: cell(0).within, modifiers: ['Shift'] })
    await expect(status).toHaveText('1 node marked')
    await map.click({ position: cell(1).within, modifiers: ['ControlOrMeta'] })
    await expect(status).toHaveText('2 nodes marked')
    await map.click({ position: cell(1).within, modifiers: ['Shift'] })
    await expect(status).toHaveText('1 node marked')
    await expect(operator.getByRole('complementary')).toHaveCount(0)

    // A drag over the first six of a row.
    await press(operator, cell(0))
    await move(operator, cell(5))
    await operator.mouse.up()
    await expect(status).toHaveText('6 nodes marked')
    // What the filter hides is not acted upon, and still marked.
    await filter.fill('sim-0001')
    await expect(status).toHaveText('1 node marked, 5 more are not shown')
    await expect(bar.getByRole('button', { name: 'Cordon 1…' })).toBeVisible()
    await filter.fill('sim-')
    await expect(status).toHaveText('6 nodes marked')
    await operator.screenshot({ path: join(import.meta.dirname, 'test-results/marked-nodes.png') })

    await bar.getByRole('button', { name: 'Cordon 6…' }).click()
    await operator.getByRole('alertdialog').getByRole('button', { name: 'Cordon 6 nodes' }).click()
    await expect.poll(async () => (await cordoned(world)).length).toBe(6)
    await bar.getByRole('button', { name: 'Uncordon 6…' }).click()
    await operator.getByRole('alertdialog').getByRole('button', { name: 'Uncordon 6 nodes' }).click()
    await expect.poll(async () => (await cordoned(world)).length).toBe(0)
    // And back, and back: what was done to many is taken back from all of them.
    const notices = operator.getByRole('region', { name: 'Notices' })
    await notices.getByRole('button', { name: 'Undo' }).last().click()
    await expect(notices).toContainText('Undone: 6 nodes are cordoned.')
    expect(await cordoned(world)).toHaveLength(6)
    await bar.getByRole('button', { name: 'Uncordon 6…' }).click()
    await operator.getByRole('alertdialog').getByRole('button', { name: 'Uncordon 6 nodes' }).click()
    await expect.poll(async () => (await cordoned(world)).length).toBe(0)

    // The same by keys alone.
    await bar.getByRole('button', { name: 'Unmark all' }).press('Enter')
    await expect(bar).toHaveCount(0)
    await expect(status).toHaveText('')
    await expect(map).toBeFocused()
    await operator.keyboard.press('Home')
    await operator.keyboard.press('ControlOrMeta+x')
    await operator.keyboard.press('x')
    await operator.keyboard.press('Shift+ArrowRight')
    await operator.keyboard.press('Shift+ArrowRight')
    await expect(status).toHaveText('3 nodes marked')
    await expect(map.getByRole('option')).toHaveAttribute('aria-selected', 'true')
    await operator.keyboard.press('ControlOrMeta+a')
    await expect(status).toHaveText(`${NODES} nodes marked`)
    await operator.keyboard.press('Escape')
    await expect(bar).toHaveCount(0)
    await operator.keyboard.press('ControlOrMeta+a')

    await bar.getByRole('button', { name: `Drain ${NODES}…` }).click()
    const dialog = operator.getByRole('alertdialog', { name: `Drain ${NODES} nodes?` })
    await dialog.getByLabel('Open sessions may go on for').selectOption({ label: 'no longer: close them now' })
    const preview = dialog.getByRole('region', { name: 'What would happen' })
    await expect(preview).toContainText(`${OPEN} sessions end.`)
    // They are drained together: none has room for the pods of another.
    await expect(preview).toContainText('room elsewhere for 0')
    await operator.screenshot({ path: join(import.meta.dirname, 'test-results/drain-many.png') })
    const drains = await hold(operator, 'DrainNode')
    await dialog.getByRole('button', { name: `Drain ${NODES} nodes` }).click()
    await drains.untilHeld(AT_ONCE)
    // What goes on is not left behind: it is stopped, says how far it came, and goes on with the rest.
    await operator.keyboard.press('Escape')
    await drains.release()
    const rest = operator.getByRole('alertdialog', { name: `Drain ${NODES - AT_ONCE} nodes?` })
    await expect(rest.getByRole('alert')).toHaveText(`Stopped: ${AT_ONCE} of ${NODES} done.`)
    await expect.poll(async () => (await draining(world)).length).toBe(AT_ONCE)
    await rest.getByRole('button', { name: `Drain ${NODES - AT_ONCE} nodes` }).click()
    await expect.poll(() => openOf(world)).toBe(0)
    await expect.poll(() => standbyOf(world)).toBeLessThan(IDLE)
    await expect(rest).toHaveCount(0)
  }

  // They are gone for good: taken out together, in the table, where the marks are the same.
  await operator.keyboard.press('Escape')
  await operator.getByRole('radio', { name: 'Table' }).check({ force: true })
  const bar = operator.getByRole('region', { name: 'Marked nodes' })
  await expect(operator.getByRole('checkbox', { name: 'Mark sim-0001', exact: true })).toBeChecked()
  await bar.getByRole('button', { name: `Remove ${NODES}…` }).click()
  const removal = operator.getByRole('alertdialog', { name: `Remove ${NODES} nodes?` })
  await removal.getByLabel(`Type remove ${NODES} to confirm`).fill(`remove ${NODES}`)
  await removal.getByRole('button', { name: `Remove ${NODES} nodes` }).click()
  await expect(operator.getByText('No node matches')).toBeVisible()
})

/** As many as the console asks for at the same time. */
const AT_ONCE = 8

async function fill(world: World): Promise<AsyncDisposable> {
  const version = { image: 'registry.example/many:1', toleratesSimulated: true, usesSessionService: true }
  const scalingPolicy = { maxPods: 200, burst: 100, idleCount: { low: IDLE, high: IDLE } }
  const many = await defineApplication(world, { name: 'many', version, scalingPolicy })
  await expect.poll(() => standbyOf(world), { timeout: 30_000 }).toBeGreaterThanOrEqual(IDLE)
  const sessions = Array.from({ length: OPEN }, () => ({ application: 'many' }))
  await world.client.request(OpenSessionsDocument, { input: { sessions } })
  return many
}

async function standbyOf({ client }: World): Promise<number> {
  const { application } = await client.request(ApplicationDocument, { name: 'many' })
  return application?.pool.standby ?? 0
}

/** Other tests leave sessions of other applications in the same world. */
async function openOf({ client }: World): Promise<number> {
  const phases = ['PENDING', 'STARTING', 'AVAILABLE', 'IN_USE', 'CLOSING'] as const
  const { page } = await client.request(SessionsDocument, { first: 100, where: { application: 'many', phases } })
  return page.edges.length
}

async function cordoned({ client }: World): Promise<readonly string[]> {
  const { page } = await client.request(ComputeNodesDocument, { first: 100 })
  return page.edges.flatMap(({ node }) => (node.isCordoned ? [node.name] : []))
}

async function draining({ client }: World): Promise<readonly string[]> {
  const { page } = await client.request(ComputeNodesDocument, { first: 100 })
  return page.edges.flatMap(({ node }) => (node.drainDeadline === null ? [] : [node.name]))
}

type Point = { readonly x: number; readonly y: number }
type Cell = { readonly within: Point; readonly onPage: Point }

/** Where the middle of each cell is: the map says its size, and the layout of it follows from that. */
async function cellsOf(map: Locator): Promise<(index: number) => Cell> {
  const box = await map.boundingBox()
  if (box === null) throw new Error('the map is not in sight')
  const layout = layOut([NODES], box, false)
  return (index) => {
    const { x, y } = cellPosition(layout, index)
    const within = { x: x + layout.cell / 2, y: y + layout.cell / 2 }
    return { within, onPage: { x: box.x + within.x, y: box.y + within.y } }
  }
}

async function move(page: Page, { onPage }: Cell): Promise<void> {
  await page.mouse.move(onPage.x, onPage.y, { steps: 8 })
}

async function press(page: Page, cell: Cell): Promise<void> {
  await move(page, cell)
  await page.mouse.down()
}
