/** Opens the runtimes that a node offers, by the name of the setting. */
import { existsSync, readdirSync } from 'node:fs'
import type { Clock } from '@fornax/kernel/clock'
import type { Log } from '@fornax/kernel/log'
import { probeBubblewrap } from './bubblewrap/bubblewrap-probe.ts'
import { createBubblewrapRuntime } from './bubblewrap/bubblewrap-runtime.ts'
import { podsFolderOf } from './pod-folder.ts'
import { createProcessRuntime } from './process/process-runtime.ts'
import type { Runtime } from './runtime.ts'
import { createSimulatedRuntime, SimulatedMachine } from './simulated/simulated-runtime.ts'

export type RuntimeChoice = 'auto' | 'bubblewrap' | 'process' | 'simulated'

export type RuntimesWorld = {
  readonly dataDir: string
  /** Where clients of this node reach pods. */
  readonly host: string
  /** Where pods look for commands. */
  readonly path: string
  /** What no pod may see. */
  readonly hiddenFolders: readonly string[]
  readonly clock: Clock
  readonly log: Log
}

/** `auto` takes bubblewrap where it works, else plain processes. */
export async function openRuntimes(choice: RuntimeChoice, world: RuntimesWorld): Promise<readonly Runtime[]> {
  const { clock, log, path, host, dataDir, hiddenFolders } = world
  const options = { clock, log, path, host, podsFolder: podsFolderOf(dataDir, choice) }
  switch (choice) {
    case 'bubblewrap':
      return [await createBubblewrapRuntime({ ...options, hiddenFolders })]
    case 'process':
      return [createProcessRuntime(options)]
    case 'simulated':
      return [createSimulatedRuntime(new SimulatedMachine(clock))]
    default: {
      const probe = await probeBubblewrap(path)
      if (probe.kind === 'usable') return await openRuntimes('bubblewrap', world)
      log.warn({ reason: probe.reason }, 'bubblewrap does not work here')
      return await openRuntimes('process', world)
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
    for (const runtime of await openRuntimes(name, world)) {
      await using retired = runtime
      for (const podId of await retired.listPodIds()) await retired.destroyPod(podId)
    }
  }
}

function hasPods(folder: string): boolean {
  return existsSync(folder) && readdirSync(folder).some((name) => !name.startsWith('.'))
}
