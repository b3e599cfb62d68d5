/** Opens the runtimes that a node offers, by the settings. */
import { existsSync, readdirSync } from 'node:fs'
import type { Clock } from '@fornax/kernel/clock'
import type { Log } from '@fornax/kernel/log'
import { probeBubblewrap } from './bubblewrap/bubblewrap-probe.ts'
import { createBubblewrapRuntime } from './bubblewrap/bubblewrap-runtime.ts'
import { openContainerdRuntimes, removeContainers } from './containerd/open-containerd.ts'
import { podsFolderOf } from './pod-folder.ts'
import { createProcessRuntime } from './process/process-runtime.ts'
import type { Runtime } from './runtime.ts'
import { stockBounds } from './stock/stock-plan.ts'
import { createSimulatedRuntime, SimulatedMachine } from './simulated/simulated-runtime.ts'

type HostRuntimeChoice = 'auto' | 'bubblewrap' | 'process' | 'simulated'

/** `containerd`: nothing but containers. The others run pods on the node's own root file system, or none at all. */
export type RuntimeChoice = HostRuntimeChoice | 'containerd'

/** Started, empty sandboxes, also when nothing was made for long: each is two sleeping shells and a network. */
const STOCK_LEAST = 2

export type RuntimesWorld = {
  readonly dataDir: string
  /** Where clients of this node reach pods. */
  readonly host: string
  /** Where pods look for commands. */
  readonly path: string
  /** What no pod may see. */
  readonly hiddenFolders: readonly string[]
  /** Null: there are no containers. */
  readonly containerdSocket: string | null
  /** How many sandboxes each runtime keeps ready at most. Default: none. */
  readonly sandboxStockMax?: number
  readonly clock: Clock
  readonly log: Log
}

/** Those of containerd where there is one, and the one for pods without images. */
export async function openRuntimes(choice: RuntimeChoice, world: RuntimesWorld): Promise<readonly Runtime[]> {
  await using opened = new AsyncDisposableStack()
  const { containerdSocket } = world
  const containers = containerdSocket === null ? [] : await openContainerdRuntimes(containerdSocket, world)
  for (const runtime of containers) opened.use(runtime)
  const host = choice === 'containerd' ? [] : [await openHostRuntime(choice, world)]
  opened.move() // They are the caller's.
  return [...containers, ...host]
}

/** `auto` takes bubblewrap where it works, else plain processes. */
async function openHostRuntime(choice: HostRuntimeChoice, world: RuntimesWorld): Promise<Runtime> {
  const { clock, log, path, host, dataDir, hiddenFolders, sandboxStockMax = 0 } = world
  const options = { clock, log, path, host, podsFolder: podsFolderOf(dataDir, choice) }
  switch (choice) {
    case 'bubblewrap':
      return await createBubblewrapRuntime({
        ...options,
        hiddenFolders,
        stock: stockBounds(STOCK_LEAST, sandboxStockMax),
      })
    case 'process':
      return createProcessRuntime(options)
    case 'simulated':
      return createSimulatedRuntime(new SimulatedMachine(clock))
    default: {
      const probe = await probeBubblewrap(path)
      if (probe.kind === 'usable') return await openHostRuntime('bubblewrap', world)
      log.warn({ reason: probe.reason }, 'bubblewrap does not work here')
      return await openHostRuntime('process', world)
    }
  }
}

/**
 * Removes pods of runtimes that the node offered before and does not offer now:
 * nobody else would ever look after them.
 */
export async function removeRetiredPods(offered: readonly Runtime[], world: RuntimesWorld): Promise<void> {
  for (const name of ['bubblewrap', 'process'] as const) {
    if (offered.some((runtime) => runtime.name === name) || !hasPods(podsFolderOf(world.dataDir, name))) continue
    world.log.warn({ runtime: name }, 'removing the pods of a runtime that is no longer offered')
    await using retired = await openHostRuntime(name, world)
    for (const podId of await retired.listPodIds()) await retired.destroyPod(podId)
  }
  if (world.containerdSocket === null) await removeContainers(world)
}

function hasPods(folder: string): boolean {
  return existsSync(folder) && readdirSync(folder).some((name) => !name.startsWith('.'))
}
