/** Sandboxes with a network, made before there are pods for them. */
import { randomBytes } from 'node:crypto'
import { sleep } from '@fornax/kernel/clock'
import { Stock } from '../stock/stock.ts'
import type { StockBounds } from '../stock/stock-plan.ts'
import { AGENT_LABEL, POD_LABEL, RUNTIME_LABEL, STOCK_LABEL, type BoxPlan } from './container-config.ts'
import type { ContainerdNode } from './containerd-node.ts'
import { makeBox, type Box } from './make-container.ts'

export type SandboxStockOptions = {
  readonly node: ContainerdNode
  readonly runtimeName: string
  /** What containerd calls the handler; empty: its default. */
  readonly handler: string
  /** What a sandbox of that name is made by. */
  readonly planOf: (name: string) => BoxPlan
  readonly bounds: StockBounds
}

/** Until the pod says what it wants. */
const CPU_MILLIS = 100
const GROUP_TRIES = 100
const GROUP_AGAIN_MS = 5

export function sandboxStock(options: SandboxStockOptions): Stock<Box> {
  const { node, bounds, runtimeName } = options
  const { clock, log } = node
  return new Stock<Box>({
    clock,
    log,
    bounds,
    make: () => make(options),
    remove: (box) => remove(node, box),
    removeLeft: async () => {
      const containers = await node.client.listContainers({ [AGENT_LABEL]: node.tag, [RUNTIME_LABEL]: runtimeName })
      await removeUnused(options, {}, new Set(containers.map(({ podSandboxId }) => podSandboxId)))
    },
  })
}

async function make(options: SandboxStockOptions): Promise<Box> {
  const { node, handler, planOf } = options
  const name = `box-${randomBytes(6).toString('hex')}`
  try {
    const plan = planOf(name)
    node.cgroups?.create(name, { memoryBytes: null, cpuMillis: CPU_MILLIS, pids: plan.pids })
    const box = await makeBox(node, plan, handler)
    // Rules first: whatever runs in it later must never have met a network without.
    await node.networks.admit({ podId: name, address: box.address, networkFile: box.networkFile })
    return box
  } catch (error) {
    await removeUnused(options, { [STOCK_LABEL]: name }, new Set())
    throw error
  }
}

async function remove(node: ContainerdNode, { name, address, sandboxId }: Box): Promise<void> {
  if (address !== '') await node.networks.forget(address)
  await node.client.removeSandbox(sandboxId)
  const { cgroups, clock } = node
  for (let tries = 0; tries < GROUP_TRIES && cgroups?.remove(name) === false; tries += 1)
    await sleep(clock, GROUP_AGAIN_MS)
}

/** Sandboxes that were made in advance, and in which nothing was put. */
async function removeUnused(
  { node, runtimeName }: SandboxStockOptions,
  labels: Readonly<Record<string, string>>,
  used: ReadonlySet<string>,
): Promise<void> {
  const ours = { [AGENT_LABEL]: node.tag, [RUNTIME_LABEL]: runtimeName, ...labels }
  for (const sandbox of await node.client.listSandboxes(ours)) {
    const name = sandbox.labels[STOCK_LABEL]
    if (name === undefined || sandbox.labels[POD_LABEL] !== undefined || used.has(sandbox.id)) continue
    const { status } = await node.client.sandboxStatus(sandbox.id)
    const address = status?.network?.ip ?? ''
    await remove(node, { name, address, sandboxId: sandbox.id, networkFile: '', pid: 0 })
  }
}
