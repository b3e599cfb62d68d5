/** The same fleet for every picture: simulated nodes in their zones, applications, sessions, and one that fails. */
import {
  CloseSessionDocument,
  CreateApplicationDocument,
  DeleteApplicationDocument,
  DrainNodeDocument,
  FleetDocument,
  OpenSessionDocument,
  OpenSessionsDocument,
  type CreateApplicationInput,
} from '@fornax/client/generated/documents'
import { expect } from './fixtures.ts'
import type { World } from './world.ts'

const NODES = 240
const POOLS = { notebook: 120, 'game-server': 180, 'code-runner': 60, 'browser-sandbox': 30 } as const
type Name = keyof typeof POOLS
const NAMES: readonly Name[] = ['notebook', 'game-server', 'code-runner', 'browser-sandbox']

/** What chance there is comes from here: the same each time. */
function chance(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

/** An application of one test: other tests use the same world, so it is deleted when it is disposed. */
export async function defineApplication(
  { client }: World,
  input: CreateApplicationInput & { readonly name: string },
): Promise<AsyncDisposable> {
  const { createApplication } = await client.request(CreateApplicationDocument, { input })
  expect(createApplication.problem).toBeNull()
  return {
    async [Symbol.asyncDispose]() {
      await client.request(DeleteApplicationDocument, { input: { application: input.name } })
    },
  }
}

/**
 * Nodes, full pools, sessions that came and went, a node that is drained, one that is cordoned, and a crash. What it
 * made is deleted when it is disposed, and its simulated nodes end.
 */
export async function furnish(world: World): Promise<AsyncDisposable> {
  await using made = new AsyncDisposableStack()
  made.use(await world.simulate({ nodes: NODES, cpuMillis: 4_000 }))
  const { client } = world
  for (const [name, low] of Object.entries(POOLS)) made.use(await createSimulated(world, name, low))
  const wanted = Object.values(POOLS).reduce((sum, low) => sum + low, 0)
  await expect
    .poll(async () => (await client.request(FleetDocument, {})).fleet.pods.standby, { timeout: 60_000 })
    .toBeGreaterThanOrEqual(wanted)
  made.use(await useSessions(world))
  await client.request(DrainNodeDocument, { input: { name: 'sim-0017', sessionsMayLastMs: 3_600_000 } })
  const version = {
    image: 'host',
    command: ['/bin/sh', '-c', 'echo "loading model"; echo "cannot read /srv/model.bin" >&2; exit 3'],
    usesSessionService: true,
  }
  const scalingPolicy = { maxPods: 5, idleCount: { low: 2, high: 3 } }
  made.use(await defineApplication(world, { name: 'image-resizer', version, scalingPolicy }))
  return made.move()
}

async function createSimulated(world: World, name: string, low: number): Promise<AsyncDisposable> {
  const version = {
    image: `registry.example/${name}:1.4`,
    toleratesSimulated: true,
    usesSessionService: true,
    ports: [{ name: 'web', containerPort: 8080 }],
    resources: { cpuMillis: 500, memoryBytes: 2 ** 30 },
  }
  const scalingPolicy = { maxPods: 2_000, burst: 200, idleCount: { low, high: low + 30 } }
  return await defineApplication(world, { name, version, scalingPolicy })
}

const ROUNDS = 40

/** Disposed, it closes the one session that it leaves with an application of the world itself. */
async function useSessions({ client }: World): Promise<AsyncDisposable> {
  const next = chance(7)
  const open: string[] = []
  for (let round = 0; round < ROUNDS; round += 1) {
    const application = NAMES[Math.floor(next() * NAMES.length)] ?? 'notebook'
    const count = 1 + Math.floor(next() * 8)
    const sessions = Array.from({ length: count }, () => ({ application }))
    const { openSessions } = await client.request(OpenSessionsDocument, { input: { sessions } })
    for (const { session } of openSessions.results) if (session) open.push(session.id)
    while (open.length > 90) await client.request(CloseSessionDocument, { input: { id: open.shift() ?? '' } })
  }
  const { openSession } = await client.request(OpenSessionDocument, { input: { application: 'hello' } })
  return {
    async [Symbol.asyncDispose]() {
      await client.request(CloseSessionDocument, { input: { id: openSession.session?.id ?? '' } })
    },
  }
}
