import { seededRandom } from '@fornax/kernel/random'
import { describe, expect, it } from 'vitest'
import { FleetWorld } from '../../test/support/fleet-world.ts'
import { sampleApplication } from '../../test/support/samples.ts'
import type { Pod } from '../pods/pod.ts'
import { QueueRanks } from './queue-ranks.ts'

const NODES = ['node-1', 'node-2', 'node-3']
const NAMES = ['game', 'notebook']

describe('a list that looks near a name or a node', () => {
  it('misses nothing that a look at everything would find', () => {
    const world = busyWorld()
    const { reader } = world
    expect([...reader.sessions(null)].length).toBeGreaterThan(20)
    for (const application of [...NAMES, 'hello']) {
      // As sessions of these worlds call theirs.
      const sessions = [...reader.sessions({ application, node: null })]
      const all = [...reader.sessions(null)].filter(({ applicationName }) => applicationName === application)
      expect(idsOf(sessions)).toEqual(idsOf(all))
      const pods = [...reader.pods({ application, node: null })]
      expect(idsOf(pods)).toEqual(idsOf([...reader.pods(null)].filter((pod) => pod.applicationName === application)))
    }
    for (const node of NODES) {
      const there = [...reader.pods({ application: null, node })].filter(({ nodeName }) => nodeName === node)
      expect(idsOf(there)).toEqual(idsOf([...reader.pods(null)].filter(({ nodeName }) => nodeName === node)))
      expect(there.some(({ phase }) => phase === 'failed')).toBe(true)
    }
    expect([...reader.pods({ application: 'nobody', node: null })]).toEqual([])
  })

  it('leaves nothing behind of applications and sessions that have gone', () => {
    const world = busyWorld()
    for (const { id } of [...world.fleet.state.applications.values()].map(({ definition }) => definition))
      world.deleteApplication(id)
    world.run(120_000)
    const { named, sessionsNamed, sessions } = world.fleet.state
    expect([named.size, sessionsNamed.size, sessions.size]).toEqual([0, 0, 0])
  })
})

it('knows what each tenant has of a node without looking at the pods there', () => {
  const { reader, fleet } = busyWorld()
  for (const name of NODES) {
    const pods = [...fleet.state.pods.values()].filter((pod) => pod.nodeName === name && pod.phase !== 'failed')
    for (const tenantId of ['ten-1', 'ten-2', 'ten-3']) {
      const own = pods.filter((pod) => pod.tenantId === tenantId)
      expect(reader.nodeShare(name, tenantId)).toEqual(own.length === 0 ? null : shareOf(own))
    }
    const { podCount, sessionCount } = shareOf(pods)
    expect(reader.node(name)).toMatchObject({ podCount, sessionCount })
  }
})

it('says who stands where in a queue, whoever is asked about first', () => {
  const ranks = new QueueRanks(['a', 'b', 'c'])
  expect([ranks.of('b'), ranks.of('a'), ranks.of('c'), ranks.of('d'), ranks.of('b')]).toEqual([1, 0, 2, null, 1])
  const world = new FleetWorld()
  world.addApplication('game')
  const [first, second, third] = world.openMany('game', 3)
  const positions = () => [first, second, third].map((id) => world.reader.queuePosition(id ?? ''))
  expect(positions()).toEqual([0, 1, 2])
  world.close(second ?? '')
  expect(positions()).toEqual([0, null, 1])
})

/** Two tenants with applications of one name, sessions that come and go, pods that fail. */
function busyWorld(): FleetWorld {
  const world = new FleetWorld(3)
  const random = seededRandom(5)
  for (const name of NODES) world.addNode(name)
  const ids = ['ten-1', 'ten-2'].flatMap((tenantId) => NAMES.map((name) => add(world, { tenantId, name })))
  world.run(1_000)
  for (let step = 0; step < 60; step += 1) {
    const id = ids[random.nextInt(ids.length)] ?? ''
    const open = [...(world.fleet.state.applications.get(id)?.openSessions ?? [])]
    if (step % 3 < 2) world.open(id)
    else world.close(open[0] ?? '')
    const pods = world.pods(id).filter(({ nodeName }) => nodeName === NODES[step % NODES.length])
    if (step % 10 === 9) world.node(NODES[step % NODES.length] ?? '').exitPod(pods[0]?.id ?? '')
    world.run(50)
  }
  return world
}

function add(world: FleetWorld, { tenantId, name }: { tenantId: string; name: string }): string {
  const id = `${tenantId}-${name}`
  const policy = { target: { kind: 'idleCount', low: 6, high: 8 } } as const
  const { scalingPolicy } = sampleApplication({ policy })
  world.addApplication(id, { tenantId, name, scalingPolicy })
  return id
}

function shareOf(pods: readonly Pod[]) {
  return {
    booked: {
      cpuMillis: pods.reduce((sum, pod) => sum + pod.version.spec.cpuMillis, 0),
      memoryBytes: pods.reduce((sum, pod) => sum + pod.version.spec.memoryBytes, 0),
      pods: pods.length,
    },
    podCount: pods.length,
    sessionCount: pods.reduce((sum, pod) => sum + pod.sessionIds.size, 0),
  }
}

function idsOf(objects: readonly { readonly id: string }[]): readonly string[] {
  return objects.map(({ id }) => id).toSorted()
}
