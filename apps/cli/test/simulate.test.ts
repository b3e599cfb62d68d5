/** Simulated nodes against a real core. */
import { ComputeNodesDocument, CreateApplicationDocument, FleetDocument } from '@fornax/client/generated/documents'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { FornaxWorld } from './fornax-world.ts'

let world: FornaxWorld
beforeAll(async () => {
  world = await FornaxWorld.start()
})
afterAll(() => world[Symbol.asyncDispose]())

it('adds nodes that run pods of applications that tolerate it, until it is stopped', async () => {
  await using client = world.client()
  await using nodes = world.live(['simulate', '--nodes', '3', '--prefix', 'try', '--create-time', '10ms'])
  await nodes.until(({ err }) => err.includes('3 simulated nodes are connected'))
  const { page } = await client.request(ComputeNodesDocument, {})
  expect(page.edges.map(({ node }) => node.name)).toEqual(['try-0001', 'try-0002', 'try-0003'])
  expect(page.edges.map(({ node }) => node.taints.map(({ key }) => key))).toEqual(
    Array.from({ length: 3 }, () => ['fornax/simulated']),
  )
  const input = {
    name: 'toy',
    version: { image: 'simulated', toleratesSimulated: true },
    scalingPolicy: { minPods: 12, maxPods: 12, burst: 12 },
  }
  await client.request(CreateApplicationDocument, { input })
  await expect
    .poll(async () => (await client.request(FleetDocument, {})).fleet.pods.standby, { timeout: 10_000 })
    .toBe(12)
  expect(await nodes.stop('SIGINT')).toBe(130)
  await expect
    .poll(async () => (await client.request(FleetDocument, {})).fleet.nodes.ready, { timeout: 10_000 })
    .toBe(0)
})

it('says when no core answers, and where it looks for one', async () => {
  await using nodes = world.live(['simulate', '--nodes', '1', '--core', '127.0.0.1:9'])
  await nodes.until(({ err }) => err.includes('is there a core at 127.0.0.1:9?'))
  expect(await nodes.stop('SIGTERM')).toBe(143)
})

it('refuses what cannot be', async () => {
  const outcome = await world.cli(['simulate', '--nodes', '0', '--core', 'nowhere'])
  expect(outcome).toMatchObject({ code: 1, out: '' })
  expect(outcome.err).toContain('A whole number from 1 is needed.')
  expect((await world.cli(['simulate', '--core', 'nowhere'])).err).toContain('A host and a port are needed')
})
