/** Makes everything of a pod but its beginning: the container is there and was not started. */
import { existsSync, lchownSync } from 'node:fs'
import { join } from 'node:path'
import { sleep } from '@fornax/kernel/clock'
import { SESSION_SOCKET, type PodOwner } from '../runtime.ts'
import { containerConfig, ownLabels, sandboxConfig, type BoxPlan, type ContainerPlan } from './container-config.ts'
import type { ContainerdNode } from './containerd-node.ts'
import type { PodHandle } from './containerd-pod.ts'
import { isNameTaken, type Image } from './cri-client.ts'
import { readSpec } from './cri-config.ts'
import { makeScratchVolume } from './scratch-volume.ts'

/** A sandbox with a network, in which nothing runs. */
export type Box = {
  /** What its control groups and its host are called. */
  readonly name: string
  readonly sandboxId: string
  readonly address: string
  readonly networkFile: string
  /** Of its first process, whose network is the pod's. */
  readonly pid: number
}

export type ContainerParts = {
  /** What containerd calls it; empty: its default. */
  readonly handler: string
  readonly image: Image
  /** Made in advance, and under the rules of the network already; null: one is made now. */
  readonly box: Box | null
}

export type MadeContainer = {
  readonly handle: PodHandle
  readonly sandboxMs: number
  readonly createMs: number
}

/** containerd needs a moment to put away a sandbox whose maker died meanwhile. */
const NAME_TRIES = 50
const NAME_AGAIN_MS = 100

/** Rejects with what was complained about; then all of it has to be removed. */
export async function makeContainer(
  node: ContainerdNode,
  plan: ContainerPlan,
  { handler, image, box: ready }: ContainerParts,
): Promise<MadeContainer> {
  const { podId, version, sessionFolder, sandboxName } = plan
  const beganMs = node.clock.nowMs()
  node.cgroups?.create(sandboxName, { memoryBytes: null, cpuMillis: version.cpuMillis, pids: plan.pids })
  const scratchBytes = version.ephemeralBytes === 0 ? version.memoryBytes : version.ephemeralBytes
  const [box] = await both(
    ready === null ? makeBox(node, plan, handler) : Promise.resolve(ready),
    makeScratchVolume(plan.scratchFolder, scratchBytes),
  )
  const { sandboxId, address, networkFile, pid } = box
  const sandboxMs = node.clock.nowMs() - beganMs
  const order = { sandboxId, config: containerConfig(plan, image.id), sandboxConfig: sandboxConfig(plan) }
  const [containerId] = await both(
    node.client.createContainer(order),
    ready === null ? node.networks.admit({ podId, address, networkFile }) : Promise.resolve(),
  )
  const owner = sessionFolder === null ? null : await giveTo(node, containerId, sessionFolder)
  const handle = { sandboxId, containerId, address, networkFile, owner, sandboxName, pid }
  return { handle, sandboxMs, createMs: node.clock.nowMs() - beganMs - sandboxMs }
}

/** Makes a sandbox in control groups that are there. */
export async function makeBox(node: ContainerdNode, plan: BoxPlan, handler: string): Promise<Box> {
  const sandboxId = await runSandbox(node, plan, handler)
  const { status, info } = await node.client.sandboxStatus(sandboxId)
  const address = status?.network?.ip ?? ''
  if (address === '') throw new Error('its network gave it no address')
  const { networkFile, pid } = readSpec(info)
  return { name: plan.sandboxName, sandboxId, address, networkFile, pid }
}

async function runSandbox(node: ContainerdNode, plan: BoxPlan, handler: string): Promise<string> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await node.client.runSandbox(sandboxConfig(plan), handler)
    } catch (error) {
      if (tries === NAME_TRIES || !isNameTaken(error)) throw error
      for (const { id } of await node.client.listSandboxes(ownLabels(plan))) await node.client.removeSandbox(id)
      await sleep(node.clock, NAME_AGAIN_MS)
    }
  }
}

/** The image says who its command is, by name perhaps: containerd has found out the number. */
async function giveTo(node: ContainerdNode, containerId: string, sessionFolder: string): Promise<PodOwner> {
  const { info } = await node.client.containerStatus(containerId, true)
  const { user } = readSpec(info)
  const socket = join(sessionFolder, SESSION_SOCKET)
  for (const path of [sessionFolder, socket]) if (existsSync(path)) lchownSync(path, user.uid, user.gid)
  return user
}

/** Both results, or the first failure: but only when neither goes on. */
async function both<A, B>(one: Promise<A>, other: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([one, other])
  return await Promise.all([one, other])
}
