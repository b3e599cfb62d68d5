/** The short forms of real-faults.long.test.ts. */
import { describe, expect, it } from 'vitest'
import { Cluster } from './cluster.ts'
import {
  agentKills,
  coreKills,
  frozenCore,
  frozenNode,
  fullDatabaseDisk,
  fullLedgerDisk,
  packetLoss,
  partition,
} from './faults/cases.ts'
import { canUse } from './faults/owner.ts'
import { realPodsOf } from './faults/real-pods.ts'
import { DISK_TOOLS, ScratchDisk } from './faults/scratch-disk.ts'
import { create, idle, sleeper } from './steps.ts'

const canMount = canUse(...DISK_TOOLS) || process.env['FORNAX_TEST_REQUIRE_ALL'] === '1'
const NOTHING = { lost: 0, lostHow: [], podsTooMany: 0 }
const ANY = expect.any(Number) as unknown
const NO_NODE = { ...NOTHING, lostNodes: [], processesTooMany: 0 }

it('a partition that is shorter than the lease costs nothing', async () => {
  expect(await partition({ lastsMs: 2_000 })).toMatchObject(NO_NODE)
})
it('a partition that is shorter than the lease costs nothing, behind a proxy', async () => {
  expect(await partition({ lastsMs: 2_000, network: 'proxies' })).toMatchObject(NO_NODE)
})
/** Side by side: both mostly wait for a lease to end. */
describe.concurrent('for longer than a lease', () => {
  it('a partition costs what was on the node, and its sessions say so', async () => {
    expect(await partition({ lastsMs: 12_000 })).toMatchObject({ ...NOTHING, lostNodes: ['node-b'] })
  })
  it('a frozen core costs nothing', async () => {
    expect(await frozenCore({ lastsMs: 12_000 })).toMatchObject(NO_NODE)
  })
})
it('no session is lost silently while 30 % of the packets of a node are', async () => {
  expect(await packetLoss({ lastsMs: 4_000, percent: 30 })).toMatchObject(NOTHING)
})
it('a node that is frozen for less than its lease costs nothing', async () => {
  expect(await frozenNode({ lastsMs: 3_000 })).toMatchObject(NO_NODE)
})
it('a core that is killed three times under 200 sessions a second costs nothing', async () => {
  const { wereNodesInTime, ...cost } = await coreKills({ times: 3 })
  expect(cost).toMatchObject(wereNodesInTime ? NO_NODE : { ...NO_NODE, podsTooMany: ANY, processesTooMany: ANY })
})
it('an agent that is killed every 2 s costs nothing', async () => {
  expect(await agentKills({ times: 2, everyMs: 2_000 })).toMatchObject(NO_NODE)
})
it.runIf(canMount)('a disk that is full under a ledger costs nothing', async () => {
  expect(await fullLedgerDisk({ lastsMs: 3_000 })).toMatchObject(NO_NODE)
})
it.runIf(canMount)('a disk that is full under the database costs nothing that was answered', async () => {
  expect(await fullDatabaseDisk({ lastsMs: 2_000 })).toMatchObject(NO_NODE)
})

it.runIf(canMount)(
  'an agent ends its pods when it is told to, though there is no room to write that down',
  async () => {
    using disk = new ScratchDisk(16)
    {
      await using cluster = await Cluster.start({ folders: { 'node-a': disk.path } })
      await create(cluster, 'game', sleeper, { minPods: 4, maxPods: 4 })
      await idle(cluster, 'game', 4)
      disk.fill()
      expect(realPodsOf(disk.path).size).toBe(4)
    }
    expect(realPodsOf(disk.path).size).toBe(0)
  },
)
