/** The same fleet for every picture: simulated nodes in their zones, applications, sessions, and one that fails. */
import {
  CloseSessionDocument,
  CreateApplicationDocument,
  DrainNodeDocument,
  FleetDocument,
  OpenSessionDocument,
  OpenSessionsDocument,
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

/** Nodes, full pools, sessions that came and went, a node that is drained, one that is cordoned, and a crash. */
export async function furnish(world: World): Promise<AsyncDisposable> {
  const simulation = await world.simulate({ nodes: NODES, cpuMillis: 4_000 })
  const { client } = world
  for (const [name, low] of Object.entries(POOLS)) await createSimulated(world, name, low)
  const wanted = Object.values(POOLS).reduce((sum, low) => sum + low, 0)
  await expect
    .poll(async () => (await client.request(FleetDocument, {})).fleet.pods.standby, { timeout: 60_000 })
    .toBeGreaterThanOrEqual(wanted)
  await useSessions(world)
  await client.request(DrainNodeDocument, { input: { name: 'sim-0017', sessionsMayLastMs: 3_600_000 } })
  await client.request(CreateApplicationDocument, {
    input: {
      name: 'image-resizer',
      version: {
        image: 'host',
        command: ['/bin/sh', '-c', 'echo "loading model"; echo "cannot read /srv/model.bin" >&2; exit 3'],
        usesSessionService: true,
      },
      scalingPolicy: { maxPods: 5, idleCount: { low: 2, high: 3 } },
    },
  })
  return simulation
}

async function createSimulated({ client }: World, name: string, low: number): Promise<void> {
  const version = {
    image: `registry.example/${name}:1.4`,
    toleratesSimulated: true,
    usesSessionService: true,
    ports: [{ name: 'web', containerPort: 8080 }],
    resources: { cpuMillis: 500, memoryBytes: 2 ** 30 },
  }
  const scalingPolicy = { maxPods: 2_000, burst: 200, idleCount: { low, high: low + 30 } }
  await client.request(CreateApplicationDocument, { input: { name, version, scalingPolicy } })
}

const ROUNDS = 40

async function useSessions({ client }: World): Promise<void> {
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
  await client.request(OpenSessionDocument, { input: { application: 'hello' } })
}
