/** Several nodes are marked on the map, by mouse and by keys, and steered together; what is foretold happens. */
import { join } from 'node:path'
import {
  ComputeNodesDocument,
  CreateApplicationDocument,
  FleetDocument,
  OpenSessionsDocument,
} from '@fornax/client/generated/documents'
import { expect, expectLive, test } from './fixtures.ts'
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
    await fill(world)
    await operator.goto('/nodes')
    await expectLive(operator)
    await operator.getByRole('searchbox', { name: 'Filter nodes' }).fill('sim-')
    const map = operator.getByRole('listbox', { name: 'Nodes on the map' })
    await expect(operator.getByRole('img', { name: `${NODES} nodes`, exact: false })).toBeVisible()
    const bar = operator.getByRole('region', { name: 'Marked nodes' })
    const status = bar.getByRole('status')

    // Two by clicks, and one of them back.
    await map.click({ position: { x: 12, y: 12 }, modifiers: ['Shift'] })
    await expect(status).toHaveText('1 node marked')
    await map.click({ position: { x: 60, y: 12 }, modifiers: ['ControlOrMeta'] })
    await expect(status).toHaveText('2 nodes marked')
    await map.click({ position: { x: 60, y: 12 }, modifiers: ['Shift'] })
    await expect(status).toHaveText('1 node marked')
    await expect(operator.getByRole('complementary')).toHaveCount(0)

    // A drag over the first six of a row.
    const { x, y } = (await map.boundingBox()) ?? { x: 0, y: 0 }
    await operator.mouse.move(x + 2, y + 2)
    await operator.mouse.down()
    await operator.mouse.move(x + 5 * 44 + 20, y + 30, { steps: 8 })
    await operator.mouse.up()
    await expect(status).toHaveText('6 nodes marked')
    await operator.screenshot({ path: join(import.meta.dirname, 'test-results/marked-nodes.png') })

    await bar.getByRole('button', { name: 'Cordon 6…' }).click()
    await operator.getByRole('alertdialog').getByRole('button', { name: 'Cordon 6 nodes' }).click()
    await expect.poll(async () => (await cordoned(world)).length).toBe(6)
    await bar.getByRole('button', { name: 'Uncordon 6…' }).click()
    await operator.getByRole('alertdialog').getByRole('button', { name: 'Uncordon 6 nodes' }).click()
    await expect.poll(async () => (await cordoned(world)).length).toBe(0)

    // The same by keys alone.
    await bar.getByRole('button', { name: 'Unmark all' }).click()
    await expect(bar).toHaveCount(0)
    await map.focus()
    await operator.keyboard.press('Home')
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
    await dialog.getByRole('button', { name: `Drain ${NODES} nodes` }).click()
    await expect.poll(async () => (await fleetOf(world)).sessionsOpen).toBe(0)
    await expect.poll(async () => (await fleetOf(world)).pods.standby).toBeLessThan(IDLE)
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

async function fill({ client }: World): Promise<void> {
  const version = { image: 'registry.example/many:1', toleratesSimulated: true, usesSessionService: true }
  const scalingPolicy = { maxPods: 200, burst: 100, idleCount: { low: IDLE, high: IDLE } }
  await client.request(CreateApplicationDocument, { input: { name: 'many', version, scalingPolicy } })
  await expect
    .poll(async () => (await client.request(FleetDocument, {})).fleet.pods.standby, { timeout: 30_000 })
    .toBeGreaterThanOrEqual(IDLE)
  const sessions = Array.from({ length: OPEN }, () => ({ application: 'many' }))
  await client.request(OpenSessionsDocument, { input: { sessions } })
}

async function fleetOf({ client }: World) {
  return (await client.request(FleetDocument, {})).fleet
}

async function cordoned({ client }: World): Promise<readonly string[]> {
  const { page } = await client.request(ComputeNodesDocument, { first: 100 })
  return page.edges.flatMap(({ node }) => (node.isCordoned ? [node.name] : []))
}
