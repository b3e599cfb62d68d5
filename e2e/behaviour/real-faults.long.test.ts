/** What is done to real processes, for as long as it takes; docs/faults.md shows what these print. */
import { expect, it } from 'vitest'
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
import { DISK_TOOLS } from './faults/scratch-disk.ts'

const canMount = canUse(...DISK_TOOLS) || process.env['FORNAX_TEST_REQUIRE_ALL'] === '1'
const NOTHING = { lost: 0, lostHow: [], podsTooMany: 0 }
const ANY = expect.any(Number) as unknown
const NO_NODE = { ...NOTHING, lostNodes: [], processesTooMany: 0 }
const ONE_NODE = { ...NOTHING, lostNodes: ['node-b'] }

it('a partition of 3 s costs nothing', async () => {
  expect(await partition({ lastsMs: 3_000 })).toMatchObject(NO_NODE)
})
it('a partition of 3 s costs nothing, behind a proxy', async () => {
  expect(await partition({ lastsMs: 3_000, network: 'proxies' })).toMatchObject(NO_NODE)
})
it('a partition of 20 s costs what was on the node, and its sessions say so', async () => {
  expect(await partition({ lastsMs: 20_000 })).toMatchObject(ONE_NODE)
})
it('a partition of 20 s costs what was on the node, and its sessions say so, behind a proxy', async () => {
  expect(await partition({ lastsMs: 20_000, network: 'proxies' })).toMatchObject(ONE_NODE)
})
it('no session is lost silently while 30 % of the packets of a node are', async () => {
  expect(await packetLoss({ lastsMs: 60_000, percent: 30 })).toMatchObject(NOTHING)
})
it('no session is lost silently while 30 % of the packets of a node are, behind a proxy', async () => {
  expect(await packetLoss({ lastsMs: 60_000, percent: 30, network: 'proxies' })).toMatchObject(NOTHING)
})
it('a node that is frozen for 20 s costs what was on it, and its sessions say so', async () => {
  expect(await frozenNode({ lastsMs: 20_000 })).toMatchObject(ONE_NODE)
})
it('a core that is frozen for 20 s costs nothing', async () => {
  expect(await frozenCore({ lastsMs: 20_000 })).toMatchObject(NO_NODE)
})
it('a core that is killed twenty times under 200 sessions a second costs nothing', async () => {
  const { wereNodesInTime, ...cost } = await coreKills({ times: 20 })
  expect(cost).toMatchObject(wereNodesInTime ? NO_NODE : { ...NO_NODE, podsTooMany: ANY, processesTooMany: ANY })
})
it('an agent that is killed every 2 s for a minute costs nothing', async () => {
  expect(await agentKills({ times: 30, everyMs: 2_000 })).toMatchObject(NO_NODE)
})
it.runIf(canMount)('a disk that is full under a ledger for 20 s costs nothing', async () => {
  expect(await fullLedgerDisk({ lastsMs: 20_000 })).toMatchObject(NO_NODE)
})
it.runIf(canMount)('a disk that is full under the database for 20 s costs nothing that was answered', async () => {
  expect(await fullDatabaseDisk({ lastsMs: 20_000 })).toMatchObject(NO_NODE)
})
