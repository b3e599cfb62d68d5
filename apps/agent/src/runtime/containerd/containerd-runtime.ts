/**
 * Runs pods as containers: one sandbox with a network of its own for each, and one
 * container in it, made by containerd over the Container Runtime Interface. Both
 * carry labels of this agent; nothing else of that containerd is ever touched.
 */
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { sleep } from '@fornax/kernel/clock'
import type { ApplicationVersion } from '@fornax/node-model/application-version'
import type { Isolation } from '@fornax/node-model/isolation-rules'
import { ContainerState } from '@fornax/proto/cri/v1/runtime'
import { isPortFree } from '../../ports/port-check.ts'
import { readTraffic } from '../network/traffic.ts'
import type { GroupSleep } from '../group-sleep.ts'
import { activityOf } from '../pod-activity.ts'
import { makePodFiles, withSecretEnv } from '../pod-files.ts'
import { podFolderOf } from '../pod-folder.ts'
import type { Stock, StockedRuntime } from '../stock/stock.ts'
import type { StockBounds } from '../stock/stock-plan.ts'
import type {
  AdoptPodResult,
  CreatePodResult,
  ImageOrder,
  PodEnd,
  PodOrder,
  PodSleep,
  PrepareImageResult,
  ResourceUse,
  SessionPorts,
} from '../runtime.ts'
import {
  AGENT_LABEL,
  POD_LABEL,
  RUNTIME_LABEL,
  STOCK_LABEL,
  type BoxPlan,
  type ContainerPlan,
} from './container-config.ts'
import { askForEnd } from './container-end.ts'
import { CpuAllowance } from './cpu-allowance.ts'
import type { ContainerdNode } from './containerd-node.ts'
import { ContainerdPod, parseHandle, type PodHandle } from './containerd-pod.ts'
import { isNotFound, type Image } from './cri-client.ts'
import { readSpec } from './cri-config.ts'
import { makeContainer, type Box, type MadeContainer } from './make-container.ts'
import { readPodEnd, writePodEnd } from './pod-end-file.ts'
import { sandboxStock } from './sandbox-stock.ts'
import { removeScratchVolume } from './scratch-volume.ts'

export type ContainerdRuntimeOptions = {
  /** The runtime class that applications ask for. */
  readonly name: string
  /** What containerd calls it; empty: its default. */
  readonly handler: string
  readonly isolation: Isolation
  readonly podsFolder: string
  /** How many processes and threads a pod may have. Default: 1,024. */
  readonly pidsPerPod?: number
  /**
   * For how long a pod that starts, or wakes, may use all the CPU that nobody else wants; one that starts, until it is
   * ready in any case. Default: 5 s. 0: never.
   */
  readonly startAllowanceMs?: number
  /** How many sandboxes are kept ready. Default: none. */
  readonly stock?: StockBounds
}

const NO_STOCK: StockBounds = { least: 0, most: 0 }
const PIDS_PER_POD = 1_024
const START_ALLOWANCE_MS = 5_000
const REASON_LETTERS = 500
const NANOSECONDS_PER_MS = 1_000_000
const SETTLE_MS = 10_000
const SETTLE_AGAIN_MS = 50
const GROUP_TRIES = 200
const GROUP_AGAIN_MS = 5

/** The runtime for one handler of a containerd. Disposing of the last of its runtimes disposes of the node. */
export function createContainerdRuntime(node: ContainerdNode, options: ContainerdRuntimeOptions): StockedRuntime {
  mkdirSync(options.podsFolder, { recursive: true, mode: 0o700 })
  return new ContainerdRuntime(node, options)
}

class ContainerdRuntime implements StockedRuntime {
  readonly name: string
  readonly isolation: Isolation
  readonly hasProcesses = true
  readonly hasSessionService = true
  readonly logFormat = 'container'
  readonly images = 'oci'
  readonly isOnRequest: boolean
  readonly portsBelongTo = 'session'
  /** Each pod has its own. */
  readonly podOwner = null
  readonly isPortFree = isPortFree
  readonly #node: ContainerdNode
  readonly #options: ContainerdRuntimeOptions
  readonly #pods = new Map<string, ContainerdPod>()
  readonly #clearing = new Map<string, Promise<void>>()
  readonly #allowances = new Map<string, CpuAllowance>()
  readonly #stock: Stock<Box>

  constructor(node: ContainerdNode, options: ContainerdRuntimeOptions) {
    this.#node = node
    this.#options = options
    this.name = options.name
    this.isolation = options.isolation
    this.isOnRequest = options.handler !== ''
    node.use()
    const { stock: bounds = NO_STOCK, handler } = options
    const planOf = (name: string): BoxPlan => this.#boxPlan(name, null, options.podsFolder)
    this.#stock = sandboxStock({ node, runtimeName: this.name, handler, planOf, bounds })
  }

  get stockSize(): number {
    return this.#stock.size
  }

  async createPod(order: PodOrder): Promise<CreatePodResult> {
    const { podId, version } = order
    const { log } = this.#node
    const reason = refusalOf(version, this.name)
    if (reason !== null) return { kind: 'failed', reason }
    // Asked again by mistake; what runs must not suffer from it.
    if (existsSync(this.#folderOf(podId))) return { kind: 'failed', reason: 'there is a pod of this name' }
    try {
      return await this.#create(order)
    } catch (error) {
      log.warn({ podId, err: error }, 'a container could not be started')
      await this.destroyPod(podId).catch((cause: unknown) => {
        log.error({ podId, err: cause }, 'what was made of it could not be removed; it is when the agent starts again')
      })
      const words = error instanceof Error ? error.message : String(error)
      return { kind: 'failed', reason: words.slice(0, REASON_LETTERS) }
    }
  }

  async adoptPod(order: PodOrder, handle: string | null, sessions: readonly SessionPorts[]): Promise<AdoptPodResult> {
    const { podId } = order
    const noted = readPodEnd(this.#folderOf(podId))
    const known = handle === null ? await this.#findHandle(podId) : parseHandle(handle)
    if (noted === null && known === null) {
      await this.destroyPod(podId) // It never began; what there is of it would be in the way.
      return { kind: 'unknown' }
    }
    const end = noted ?? (known === null ? null : await askForEnd(this.#node.client, known.containerId))
    if (end !== null || known === null) {
      await this.#leave(podId, known, end ?? { exitCode: null, outOfMemory: false })
      this.#clearLater(podId)
      return { kind: 'ended', end: end ?? { exitCode: null, outOfMemory: false } }
    }
    const endpoints = this.#node.networks.endpointsOf(order, targetOf(podId, known))
    await endpoints.adopt(sessions)
    const pod = this.#keep(order, known)
    this.#allowances.get(podId)?.cap()
    return { kind: 'running', pod }
  }

  async listPodIds(): Promise<readonly string[]> {
    const folders = readdirSync(this.#options.podsFolder).filter((name) => !name.startsWith('.'))
    const ours = { [AGENT_LABEL]: this.#node.tag, [RUNTIME_LABEL]: this.name }
    const sandboxes = await this.#node.client.listSandboxes(ours)
    const containers = await this.#node.client.listContainers(ours)
    return [...new Set([...folders, ...[...sandboxes, ...containers].flatMap(({ labels }) => labels[POD_LABEL] ?? [])])]
  }

  async destroyPod(podId: string): Promise<void> {
    const pod = this.#pods.get(podId)
    if (pod !== undefined) {
      pod.stop(0)
      await pod.ended
    }
    await this.#clearing.get(podId)
    await this.#clear(podId)
    rmSync(this.#folderOf(podId), { recursive: true, force: true })
  }

  async prepareImage(order: ImageOrder, arrived: (bytes: number) => void): Promise<PrepareImageResult> {
    const result = await this.#node.images.ensure(order, arrived)
    return result.kind === 'absent' ? result : { kind: 'present', sizeBytes: result.image.sizeBytes }
  }

  imageFolder(): Promise<string | null> {
    return this.#node.images.folder()
  }

  collectImages(keep: ReadonlySet<string>): Promise<readonly string[]> {
    return this.#node.images.collect(keep)
  }

  async readUsage(): Promise<ReadonlyMap<string, ResourceUse>> {
    const { cgroups, client, tag } = this.#node
    const pods = [...this.#pods.values()]
    if (pods.length === 0) return new Map()
    if (cgroups !== null) {
      const uses = await Promise.all(pods.map(async (pod) => [pod, await cgroups.usage(pod.groupName)] as const))
      const told = await Promise.all(uses.map(async ([{ networkPid }]) => await readTraffic(networkPid)))
      return new Map(
        uses.flatMap(([pod, use], at) => (use === null ? [] : [[pod.podId, { ...use, ...told[at] }] as const])),
      )
    }
    const stats = await client.listContainerStats({ [AGENT_LABEL]: tag, [RUNTIME_LABEL]: this.name })
    const uses = stats.map(({ attributes, cpu, memory }) => {
      const cpuMs = Number(cpu?.usageCoreNanoSeconds?.value ?? 0) / NANOSECONDS_PER_MS
      return [
        attributes?.labels[POD_LABEL] ?? '',
        { cpuMs, memoryBytes: Number(memory?.workingSetBytes?.value ?? 0) },
      ] as const
    })
    return new Map(uses.filter(([podId]) => this.#pods.has(podId)))
  }

  async readRootUse(): Promise<ReadonlyMap<string, number>> {
    const { client, tag } = this.#node
    const stats = await client.listContainerStats({ [AGENT_LABEL]: tag, [RUNTIME_LABEL]: this.name })
    return new Map(
      stats.map(({ attributes, writableLayer }) => [
        attributes?.labels[POD_LABEL] ?? '',
        Number(writableLayer?.usedBytes?.value ?? 0),
      ]),
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const pod of this.#pods.values()) pod.letGo()
    for (const allowance of this.#allowances.values()) allowance.leave()
    await this.#stock[Symbol.asyncDispose]()
    await Promise.all(this.#clearing.values())
    await this.#node.letGo()
  }

  async #create(order: PodOrder): Promise<CreatePodResult> {
    const { podId, version } = order
    const { clock, client } = this.#node
    const beganMs = clock.nowMs()
    const { imagePullPolicy: pullPolicy = 'ifNotPresent' } = version
    const credentials = order.secrets?.credentials ?? []
    const image = await this.#node.images.ensure({ image: version.image, pullPolicy, credentials })
    if (image.kind === 'absent') return { kind: 'failed', reason: image.reason }
    const imageMs = clock.nowMs() - beganMs
    mkdirSync(this.#folderOf(podId), { mode: 0o700 })
    this.#stock.begin()
    try {
      const made = await this.#make(order, image.image)
      const pod = this.#keep(order, made.handle)
      const startedMs = clock.nowMs()
      try {
        this.#allowances.get(podId)?.start()
        await client.startContainer(made.handle.containerId)
      } catch (error) {
        pod.letGo() // It never ran: there is no end to wait for.
        this.#node.forget(pod)
        this.#forget(podId)
        throw error
      }
      const { sandboxMs, createMs } = made
      return { kind: 'created', pod, took: { imageMs, sandboxMs, createMs, startMs: clock.nowMs() - startedMs } }
    } finally {
      this.#stock.end()
    }
  }

  /** In a sandbox of the stock when there is one; it may have died since, and then the pod gets one of its own. */
  async #make(order: PodOrder, image: Image): Promise<MadeContainer> {
    const { podId } = order
    const box = this.#stock.take()
    const plan = this.#planOf(order, box?.name ?? podId)
    const parts = { handler: this.#options.handler, image, box }
    try {
      return await makeContainer(this.#node, plan, parts)
    } catch (error) {
      if (box === null) throw error
      this.#node.log.warn({ podId, err: error }, 'a sandbox that was there before its pod was of no use to it')
      await this.#removeBox(podId, box)
    }
    await removeScratchVolume(plan.scratchFolder)
    rmSync(plan.scratchFolder, { recursive: true, force: true })
    const own = { ...plan, sandboxName: podId, cgroupParent: this.#node.cgroups?.parentOf(podId) ?? null }
    return await makeContainer(this.#node, own, { ...parts, box: null })
  }

  /** A sandbox of the stock whose pod could not be made; it may carry nothing yet by which the pod could be found. */
  async #removeBox(podId: string, { sandboxId, address, name }: Box): Promise<void> {
    try {
      await this.#node.networks.forget(address)
      await this.#removeSandbox(sandboxId)
      await this.#removeGroups(name)
    } catch (error) {
      this.#node.log.warn({ podId, err: error }, 'a sandbox could not be removed; it is when the agent starts again')
    }
  }

  #boxPlan(sandboxName: string, podId: string | null, folder: string): BoxPlan {
    const { tag, cgroups, hasIpv6, cgroupVersion } = this.#node
    return {
      sandboxName,
      podId,
      tag,
      runtimeName: this.name,
      folder,
      cgroupParent: cgroups?.parentOf(sandboxName) ?? null,
      cgroupVersion,
      hasIpv6,
      pids: this.#options.pidsPerPod ?? PIDS_PER_POD,
      files: [],
    }
  }

  #planOf(order: PodOrder, sandboxName: string): ContainerPlan {
    const { podId, sessionFolder } = order
    const folder = this.#folderOf(podId)
    const files = makePodFiles(order, folder, this.#node.secrets)
    const own = { podId, version: withSecretEnv(order), scratchFolder: scratchFolderOf(folder), sessionFolder, files }
    return { ...this.#boxPlan(sandboxName, podId, folder), ...own }
  }

  #keep(order: PodOrder, handle: PodHandle): ContainerdPod {
    const { podId } = order
    const { cgroups, client, clock, log, networks } = this.#node
    // containerd limits the group below ours, so ours has no limit of its own.
    const groupName = handle.sandboxName || podId
    const sleepOf = cgroups === null ? null : this.#allow(order, groupName, cgroups.sleepOf(groupName, null, clock))
    const endpoints = networks.endpointsOf(order, targetOf(podId, handle))
    const leave = (end: PodEnd): Promise<void> => this.#leave(podId, handle, end)
    const activity = activityOf(endpoints.traffic, cgroups, groupName)
    const settled = (): void => this.#allowances.get(podId)?.settle()
    const own = { podId, handle, endpoints, sleep: sleepOf, activity, settled, leave }
    const pod = new ContainerdPod({ ...own, client, clock, log })
    this.#pods.set(podId, pod)
    this.#node.keep(pod)
    void pod.ended.then(() => this.#forget(podId))
    return pod
  }

  /** Without groups of ours containerd was told how much CPU it gets. */
  #allow({ podId, version }: PodOrder, groupName: string, sleepOf: GroupSleep): PodSleep {
    const { cgroups, clock, log } = this.#node
    if (cgroups === null) return sleepOf
    const { startAllowanceMs: allowanceMs = START_ALLOWANCE_MS } = this.#options
    const allowance = new CpuAllowance({ cgroups, groupName, cpuMillis: version.cpuMillis, allowanceMs, clock, log })
    this.#allowances.set(podId, allowance)
    return allowance.freeAfter(sleepOf, () => sleepOf.isFrozen)
  }

  #forget(podId: string): void {
    this.#pods.delete(podId)
    this.#allowances.get(podId)?.end()
    this.#allowances.delete(podId)
    this.#clearLater(podId)
  }

  /** The agent before us died between starting this pod and noting who it is; or before that. */
  async #findHandle(podId: string): Promise<PodHandle | null> {
    const { client, tag } = this.#node
    const containers = await client.listContainers({ [AGENT_LABEL]: tag, [POD_LABEL]: podId })
    const started = containers.find(({ state }) => state !== ContainerState.CONTAINER_CREATED)
    if (started === undefined) return null
    const sandbox = await client.sandboxStatus(started.podSandboxId)
    const { networkFile, pid } = readSpec(sandbox.info)
    const container = await client.containerStatus(started.id, true)
    const address = sandbox.status?.network?.ip ?? ''
    const sandboxName = sandbox.status?.labels[STOCK_LABEL] ?? podId
    const ids = { sandboxId: started.podSandboxId, containerId: started.id, sandboxName, pid }
    return { ...ids, address, networkFile, owner: readSpec(container.info).user }
  }

  /** Nobody reaches the pod any more, and how it ended is noted. */
  async #leave(podId: string, handle: PodHandle | null, end: PodEnd): Promise<void> {
    const folder = this.#folderOf(podId)
    if (handle !== null) await this.#node.networks.closeAll(targetOf(podId, handle))
    try {
      if (existsSync(folder)) writePodEnd(folder, end)
    } catch (error) {
      this.#node.log.warn({ podId, err: error }, 'how a pod ended could not be noted')
    }
  }

  /** What is left of an ended pod takes a while to remove, which nobody has to wait for. */
  #clearLater(podId: string): void {
    const clearing = this.#clear(podId)
      .catch((error: unknown) => {
        this.#node.log.warn({ podId, err: error }, 'what is left of a pod could not be removed yet')
      })
      .finally(() => this.#clearing.delete(podId))
    this.#clearing.set(podId, clearing)
  }

  /** Removes everything but the folder with the log, whatever it does. */
  async #clear(podId: string): Promise<void> {
    const { cgroups, removals, secrets } = this.#node
    secrets.remove(podId)
    cgroups?.thaw(podId) // What is frozen cannot end.
    await removals(() => this.#clearNow(podId))
  }

  async #clearNow(podId: string): Promise<void> {
    const { cgroups, client, networks, tag } = this.#node
    const ofPod = { [AGENT_LABEL]: tag, [POD_LABEL]: podId }
    const sandboxes = await client.listSandboxes(ofPod)
    const containers = await client.listContainers(ofPod)
    for (const id of new Set([...sandboxes.map((each) => each.id), ...containers.map((each) => each.podSandboxId)])) {
      const { address, name } = await this.#factsOf(id)
      if (name !== null) cgroups?.thaw(name)
      if (address !== '') await networks.forget(address)
      await this.#removeSandbox(id)
      if (name !== null) await this.#removeGroups(name)
    }
    await this.#removeGroups(podId)
    await removeScratchVolume(scratchFolderOf(this.#folderOf(podId)))
  }

  /** What an agent began that died meanwhile has to settle first: containerd removes nothing that is being started. */
  async #removeSandbox(sandboxId: string): Promise<void> {
    const { client, clock } = this.#node
    for (const untilMs = clock.nowMs() + SETTLE_MS; ;) {
      try {
        return await client.removeSandbox(sandboxId)
      } catch (error) {
        if (clock.nowMs() >= untilMs) throw error
        await sleep(clock, SETTLE_AGAIN_MS)
      }
    }
  }

  /** `name` is null for a sandbox that is called like its pod. */
  async #factsOf(sandboxId: string): Promise<{ readonly address: string; readonly name: string | null }> {
    try {
      const { status } = await this.#node.client.sandboxStatus(sandboxId)
      return { address: status?.network?.ip ?? '', name: status?.labels[STOCK_LABEL] ?? null }
    } catch (error) {
      if (isNotFound(error)) return { address: '', name: null }
      throw error
    }
  }

  /** Its processes are gone, but the kernel takes a moment to see that. */
  async #removeGroups(podId: string): Promise<void> {
    const { cgroups, clock, log } = this.#node
    for (let tries = 0; tries < GROUP_TRIES; tries += 1) {
      if (cgroups === null || cgroups.remove(podId)) return
      await sleep(clock, GROUP_AGAIN_MS)
    }
    log.warn({ podId }, 'the control groups of a pod could not be removed')
  }

  #folderOf(podId: string): string {
    return podFolderOf(this.#options.podsFolder, podId).path
  }
}

/** Why a pod cannot be run at all; null when it can. */
function refusalOf({ image }: ApplicationVersion, runtimeName: string): string | null {
  if (image === '') return 'there is no image to run'
  return image === 'host' ? `the ${runtimeName} runtime runs OCI images, and not the image \`host\`` : null
}

function targetOf(podId: string, { address, networkFile }: PodHandle) {
  return { podId, address, networkFile }
}

function scratchFolderOf(podFolder: string): string {
  return join(podFolder, 'scratch')
}
