/**
 * What is done to real processes on one machine. The short forms are part of every test run, the long ones of
 * `npm run test:long`; docs/faults.md shows what they measured.
 */
import { setTimeout as after } from 'node:timers/promises'
import type { Cluster } from '../cluster.ts'
import { eventually } from '../eventually.ts'
import { nodes } from '../steps.ts'
import type { FaultNetwork } from './fault-network.ts'
import { createFaultNetwork } from './network.ts'
import { realPodsOf, signalPods } from './real-pods.ts'
import { ScratchDisk } from './scratch-disk.ts'
import { underFault, type FaultReport } from './under-fault.ts'
import type { Pool } from './verdict.ts'

/** The core gives up a node that it has not heard for so long. */
export const LEASE_MS = 10_000

const NODES = ['node-a', 'node-b']
/** The one that is broken. */
const VICTIM = 'node-b'
const POOL: Pool = { maxPods: 90, idleCount: { low: 12, high: 24 } }
const CLIENTS = { perSecond: 30, heldMs: 1_000 }

type Lasting = { readonly lastsMs: number }
type OverNetwork = Lasting & { readonly network?: FaultNetwork['kind'] }

/** Nothing reaches a node, and nothing of it arrives. */
export function partition({ lastsMs, network }: OverNetwork): Promise<FaultReport> {
  const honest = { lostNodes: lastsMs > LEASE_MS ? [VICTIM] : [] }
  return onNetwork(`partition for ${seconds(lastsMs)}`, { network, honest }, async (net) => {
    net.cut(VICTIM)
    await after(lastsMs)
    net.heal(VICTIM)
  })
}

/** A share of the packets of a node gets lost, both ways. */
export function packetLoss({ lastsMs, network, percent }: OverNetwork & { percent: number }): Promise<FaultReport> {
  const name = `${percent} % of packets lost for ${seconds(lastsMs)}`
  return onNetwork(name, { network, honest: { lostNodes: [VICTIM] } }, async (net) => {
    net.drop(VICTIM, percent)
    await after(lastsMs)
    net.heal(VICTIM)
  })
}

/** Agent and pods of a node stand still, and go on as if nothing had been. */
export function frozenNode({ lastsMs }: Lasting): Promise<FaultReport> {
  return underFault({
    name: `node frozen for ${seconds(lastsMs)}`,
    cluster: { nodes: NODES },
    pool: POOL,
    clients: CLIENTS,
    honest: { lostNodes: lastsMs > LEASE_MS ? [VICTIM] : [] },
    fault: async (cluster) => {
      cluster.signal(VICTIM, 'SIGSTOP')
      const pods = realPodsOf(cluster.folderOf(VICTIM))
      signalPods(pods, 'SIGSTOP')
      await after(lastsMs)
      signalPods(pods, 'SIGCONT')
      cluster.signal(VICTIM, 'SIGCONT')
    },
  })
}

/** The core stands still, and goes on as if nothing had been. No node is lost for that. */
export function frozenCore({ lastsMs }: Lasting): Promise<FaultReport> {
  return underFault({
    name: `core frozen for ${seconds(lastsMs)}`,
    cluster: { nodes: NODES },
    pool: POOL,
    clients: CLIENTS,
    fault: async (cluster) => {
      cluster.signal('core', 'SIGSTOP')
      await after(lastsMs)
      cluster.signal('core', 'SIGCONT')
    },
  })
}

const BUSY_POOL: Pool = { maxPods: 120, idleCount: { low: 60, high: 80 } }
const BUSY_CLIENTS = { perSecond: 200, heldMs: 100 }
const BETWEEN_CORE_KILLS_MS = 2_000
/** A core takes longer than that to start, so it dies on the way. */
const STARTING_MS = 400

/** For so long a core that has just started makes no pods, because its nodes are about to come back (W9 of the pools). */
const NODES_BACK_WITHIN_MS = 2_000

export type CoreKillsReport = FaultReport & {
  /** Whether all nodes were back, each time, before the core did without them: on a machine that is busy they are not. */
  readonly wereNodesInTime: boolean
}

/** The core is killed again and again, every fourth time while it starts. */
export async function coreKills({ times }: { readonly times: number }): Promise<CoreKillsReport> {
  let slowestMs = 0
  const report = await underFault({
    name: `core killed ${times} times`,
    cluster: { nodes: NODES },
    pool: BUSY_POOL,
    clients: BUSY_CLIENTS,
    fault: async (cluster) => {
      for (let kills = 0; kills < times;) {
        const nodesAwayMs = untilNodesAreBack(cluster)
        await after(Math.random() * BETWEEN_CORE_KILLS_MS)
        slowestMs = Math.max(slowestMs, nodesAwayMs())
        await cluster.kill('core')
        kills += 1
        if (kills % 4 === 3 && kills < times) {
          await killWhileStarting(cluster)
          kills += 1
        }
        await cluster.startCore()
      }
      const nodesAwayMs = untilNodesAreBack(cluster)
      await eventually(
        () => nodes(cluster),
        (all) => all.every(({ phase }) => phase === 'READY'),
      )
      slowestMs = Math.max(slowestMs, nodesAwayMs())
    },
  })
  console.log(`with every core, its nodes were back within ${Math.round(slowestMs)} ms`)
  return { ...report, wereNodesInTime: slowestMs < NODES_BACK_WITHIN_MS }
}

async function killWhileStarting(cluster: Cluster): Promise<void> {
  const started = cluster.startCore().catch(() => undefined)
  await after(Math.random() * STARTING_MS)
  await cluster.kill('core')
  await started
}

/** From now on: how long the nodes have taken to come back, or take already, in milliseconds. */
function untilNodesAreBack(cluster: Cluster): () => number {
  const readyMs = performance.now()
  let backMs: number | null = null
  const noteBack = async (): Promise<void> => {
    await eventually(
      () => nodes(cluster),
      (all) => all.every(({ phase }) => phase === 'READY'),
    )
    backMs = performance.now() - readyMs
  }
  noteBack().catch(() => undefined) // The core was killed before.
  return () => backMs ?? performance.now() - readyMs
}

/** The agent of one node is killed every so often, and started again at once. */
export function agentKills({ times, everyMs }: { times: number; everyMs: number }): Promise<FaultReport> {
  return underFault({
    name: `agent killed ${times} times, every ${seconds(everyMs)}`,
    cluster: { nodes: NODES },
    pool: POOL,
    clients: CLIENTS,
    fault: async (cluster) => {
      for (let kill = 1; kill <= times; kill += 1) {
        const next = after(everyMs)
        await cluster.kill(VICTIM)
        await cluster.startAgent(VICTIM)
        await next
      }
    },
  })
}

const DISK_MIB = 16

/** The disk under the ledger of one node is full; on top of that, its agent is killed meanwhile. Needs root. */
export async function fullLedgerDisk({ lastsMs }: Lasting): Promise<FaultReport> {
  using disk = new ScratchDisk(DISK_MIB)
  return await underFault({
    name: `disk full under the ledger for ${seconds(lastsMs)}`,
    cluster: { nodes: NODES, folders: { [VICTIM]: disk.path } },
    pool: POOL,
    clients: CLIENTS,
    fault: async (cluster) => {
      disk.fill()
      await restarting(cluster, VICTIM, lastsMs / 2)
      await cluster.kill(VICTIM)
      await restarting(cluster, VICTIM, lastsMs / 2)
      disk.free()
      if (!cluster.isRunning(VICTIM)) await cluster.startAgent(VICTIM)
    },
  })
}

/** The disk under the database is full. The core is killed right after, so that only what was written counts. */
export async function fullDatabaseDisk({ lastsMs }: Lasting): Promise<FaultReport> {
  using disk = new ScratchDisk(DISK_MIB)
  return await underFault({
    name: `disk full under the database for ${seconds(lastsMs)}`,
    cluster: { nodes: NODES, databaseUrl: `file:${disk.path}/fornax.db` },
    pool: POOL,
    clients: CLIENTS,
    fault: async (cluster, load) => {
      disk.fill()
      await after(lastsMs)
      disk.free()
      await load.stop()
      await cluster.kill('core')
      await cluster.startCore()
    },
  })
}

/** Starts a part again whenever it has died, as whoever supervises it does, for so long. */
async function restarting(cluster: Cluster, name: string, lastsMs: number): Promise<void> {
  const endMs = performance.now() + lastsMs
  while (performance.now() < endMs) {
    if (!cluster.isRunning(name)) await cluster.startAgent(name).catch(() => undefined)
    await after(RESTART_PAUSE_MS)
  }
}

const RESTART_PAUSE_MS = 250

async function onNetwork(
  what: string,
  { network: kind, honest }: { network: FaultNetwork['kind'] | undefined; honest: { lostNodes: readonly string[] } },
  fault: (network: FaultNetwork) => Promise<void>,
): Promise<FaultReport> {
  await using network = await createFaultNetwork(NODES, kind)
  return await underFault({
    name: `${what} (${network.kind})`,
    cluster: { nodes: NODES, network },
    pool: POOL,
    clients: CLIENTS,
    honest,
    fault: () => fault(network),
  })
}

function seconds(ms: number): string {
  return `${ms / 1_000} s`
}
