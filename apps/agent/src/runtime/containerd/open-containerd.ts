/** Opens the runtimes of a containerd, one for each of its handlers, and removes what nobody offers any more. */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Clock } from '@fornax/kernel/clock'
import type { Log } from '@fornax/kernel/log'
import { podsFolderOf } from '../pod-folder.ts'
import type { Runtime } from '../runtime.ts'
import { stockBounds } from '../stock/stock-plan.ts'
import { ContainerdNode } from './containerd-node.ts'
import { createContainerdRuntime } from './containerd-runtime.ts'
import { isolationOf } from './cri-config.ts'

export type ContainerdWorld = {
  readonly dataDir: string
  /** Where clients of this node reach pods. */
  readonly host: string
  /** How many sandboxes each runtime keeps ready at most. Default: none. */
  readonly sandboxStockMax?: number
  readonly clock: Clock
  readonly log: Log
}

/** The runtime of the default handler. */
const DEFAULT_RUNTIME = 'containerd'

/**
 * Ready sandboxes, also when nothing was made for long: each costs a process that sleeps and its shim, some 10 MB. Of
 * handlers that are only used by applications that name them, none before the first of those.
 */
const STOCK_LEAST = { default: 1, onRequest: 0 }

/** Runtimes that have nothing to do with containerd; their names and folders are not for its handlers. */
const HOST_RUNTIMES = ['bubblewrap', 'process', 'simulated']

/** What applications can ask for by name. */
const RUNTIME_NAME = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/

/** Rejects with a `ContainerdUnusableError` when no container could run. */
export async function openContainerdRuntimes(socketPath: string, world: ContainerdWorld): Promise<readonly Runtime[]> {
  const node = await openNode(socketPath, world)
  const names = [DEFAULT_RUNTIME, ...node.config.handlers.filter((handler) => isUsable(handler, world.log))]
  const runtimes = names.map((name) => runtimeOf(node, name, world))
  writeFileSync(socketNote(world.dataDir), socketPath, { mode: 0o600 })
  try {
    for (const name of podFolders(world.dataDir)) if (!names.includes(name)) await empty(node, name, world)
  } catch (error) {
    for (const runtime of runtimes) await runtime[Symbol.asyncDispose]()
    throw error
  }
  return runtimes
}

/** Removes the containers of an agent that is no longer told of a containerd. */
export async function removeContainers(world: ContainerdWorld): Promise<void> {
  const note = socketNote(world.dataDir)
  if (!existsSync(note)) return
  world.log.warn('removing the pods of containerd, which is no longer offered')
  try {
    await using retired = new AsyncDisposableStack()
    for (const runtime of await openContainerdRuntimes(readFileSync(note, 'utf8'), world)) {
      retired.use(runtime)
      for (const podId of await runtime.listPodIds()) await runtime.destroyPod(podId)
    }
    rmSync(note)
  } catch (error) {
    world.log.error({ err: error }, 'the pods of containerd could not be removed; the next start tries again')
  }
}

async function openNode(socketPath: string, { dataDir, host, clock, log }: ContainerdWorld): Promise<ContainerdNode> {
  return await ContainerdNode.open({ socketPath, folder: podsFolderOf(dataDir, DEFAULT_RUNTIME), host, clock, log })
}

function runtimeOf(node: ContainerdNode, name: string, { dataDir, sandboxStockMax = 0 }: ContainerdWorld): Runtime {
  const handler = name === DEFAULT_RUNTIME ? '' : name
  const isolation = isolationOf(handler === '' ? node.config.defaultHandler : handler)
  const stock = stockBounds(handler === '' ? STOCK_LEAST.default : STOCK_LEAST.onRequest, sandboxStockMax)
  return createContainerdRuntime(node, { name, handler, isolation, podsFolder: podsFolderOf(dataDir, name), stock })
}

function isUsable(handler: string, log: Log): boolean {
  const isOurs = handler === DEFAULT_RUNTIME || HOST_RUNTIMES.includes(handler)
  const isOk = RUNTIME_NAME.test(handler) && !isOurs
  if (!isOk) log.warn({ handler }, 'a handler of containerd is not offered, because of its name')
  return isOk
}

/** A handler that containerd no longer has. */
async function empty(node: ContainerdNode, name: string, { log, ...world }: ContainerdWorld): Promise<void> {
  log.warn({ runtime: name }, 'removing the pods of a handler that containerd no longer has')
  await using retired = runtimeOf(node, name, { ...world, log })
  for (const podId of await retired.listPodIds()) await retired.destroyPod(podId)
}

function podFolders(dataDir: string): readonly string[] {
  const folder = dirname(podsFolderOf(dataDir, DEFAULT_RUNTIME))
  return readdirSync(folder).filter((name) => !HOST_RUNTIMES.includes(name))
}

function socketNote(dataDir: string): string {
  return join(podsFolderOf(dataDir, DEFAULT_RUNTIME), '.socket')
}
