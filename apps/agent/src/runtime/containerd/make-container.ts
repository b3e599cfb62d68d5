/** Makes everything of a pod but its beginning: the container is there and was not started. */
import { chownSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { sleep } from '@fornax/kernel/clock'
import { SESSION_SOCKET, type PodOwner } from '../runtime.ts'
import { AGENT_LABEL, containerConfig, POD_LABEL, sandboxConfig, type ContainerPlan } from './container-config.ts'
import type { ContainerdNode } from './containerd-node.ts'
import type { PodHandle } from './containerd-pod.ts'
import { isNameTaken, type Image } from './cri-client.ts'
import { readSpec } from './cri-config.ts'
import { makeScratchVolume } from './scratch-volume.ts'

/** containerd needs a moment to put away a sandbox whose maker died meanwhile. */
const NAME_TRIES = 50
const NAME_AGAIN_MS = 100

/** Rejects with what was complained about; then all of it has to be removed. */
export async function makeContainer(
  node: ContainerdNode,
  plan: ContainerPlan,
  { handler, image }: { readonly handler: string; readonly image: Image },
): Promise<PodHandle> {
  const { podId, version, sessionFolder } = plan
  const config = sandboxConfig(plan)
  node.cgroups?.create(podId, { memoryBytes: null, cpuMillis: version.cpuMillis, pids: plan.pids })
  const [sandboxId] = await both(
    runSandbox(node, plan, handler),
    makeScratchVolume(plan.scratchFolder, version.memoryBytes),
  )
  const { status, info } = await node.client.sandboxStatus(sandboxId)
  const address = status?.network?.ip ?? ''
  if (address === '') throw new Error('its network gave it no address')
  const { networkFile } = readSpec(info)
  const order = { sandboxId, config: containerConfig(plan, image.id), sandboxConfig: config }
  const [containerId] = await both(
    node.client.createContainer(order),
    node.networks.admit({ podId, address, networkFile }),
  )
  const owner = sessionFolder === null ? null : await giveTo(node, containerId, sessionFolder)
  return { sandboxId, containerId, address, networkFile, owner }
}

async function runSandbox(node: ContainerdNode, plan: ContainerPlan, handler: string): Promise<string> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await node.client.runSandbox(sandboxConfig(plan), handler)
    } catch (error) {
      if (tries === NAME_TRIES || !isNameTaken(error)) throw error
      const ours = { [AGENT_LABEL]: plan.tag, [POD_LABEL]: plan.podId }
      for (const { id } of await node.client.listSandboxes(ours)) await node.client.removeSandbox(id)
      await sleep(node.clock, NAME_AGAIN_MS)
    }
  }
}

/** The image says who its command is, by name perhaps: containerd has found out the number. */
async function giveTo(node: ContainerdNode, containerId: string, sessionFolder: string): Promise<PodOwner> {
  const { info } = await node.client.containerStatus(containerId, true)
  const { user } = readSpec(info)
  const socket = join(sessionFolder, SESSION_SOCKET)
  for (const path of [sessionFolder, socket]) if (existsSync(path)) chownSync(path, user.uid, user.gid)
  return user
}

/** Both results, or the first failure: but only when neither goes on. */
async function both<A, B>(one: Promise<A>, other: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([one, other])
  return await Promise.all([one, other])
}
