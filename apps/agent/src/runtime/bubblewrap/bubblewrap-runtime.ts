/**
 * Runs pods in namespaces of their own, with the node's root file system to read
 * and nothing to write but memory. With root, each pod has a network and limits
 * of its own and is nobody; without, pods share the node's network and are told
 * their ports. A pod belongs to its shim (pod-shim.sh), not to the agent.
 */
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { sleep, type Cancel, type Clock } from '@fornax/kernel/clock'
import type { Log } from '@fornax/kernel/log'
import { isPortFree } from '../../ports/port-check.ts'
import { refusalOfHostPod } from '../host-pod.ts'
import { filePathsOf, makePodFiles, withSecretEnv } from '../pod-files.ts'
import { podFolderOf, type PodFolder } from '../pod-folder.ts'
import { ExitFiles } from '../process/exit-files.ts'
import { bootId } from '../process/process-table.ts'
import type {
  AdoptPodResult,
  CreatePodResult,
  PodOrder,
  ResourceUse,
  Runtime,
  RuntimePod,
  SessionPorts,
} from '../runtime.ts'
import { tagOf } from '../network/agent-tag.ts'
import { BubblewrapPod, endOf, type PodHandle } from './bubblewrap-pod.ts'
import { Cgroups } from '../cgroups.ts'
import { openOwnNetworks, sharedNetworks, type PodNetwork, type PodNetworks } from './pod-networks.ts'
import { noteSlot, parseHandle, readSlot } from './pod-notes.ts'
import { findSandboxProcess, findShims, isSandboxAlive, killSandbox, signal, usageOfTrees } from './sandbox-process.ts'
import { SecretPlace } from '../secret-place.ts'
import { placeProblem, type PodUser, type Sandbox } from './sandbox-args.ts'
import { startSandbox } from './start-sandbox.ts'

export type BubblewrapRuntimeOptions = {
  readonly podsFolder: string
  /** Folders of the node that no pod may see: the agent's data. */
  readonly hiddenFolders: readonly string[]
  /** The address that clients of this node reach pods on. */
  readonly host: string
  /** Where pods look for commands. */
  readonly path: string
  readonly clock: Clock
  readonly log: Log
  /** Who pods are. Default: nobody. */
  readonly podUser?: PodUser
  /** How many processes and threads a pod may have. Default: 1,024. */
  readonly pidsPerPod?: number
  /** `shared` keeps pods on the node's own network even with root. Default: their own where possible. */
  readonly network?: 'own' | 'shared'
}

/** The name of the file with the options of a sandbox whose environment holds secrets. */
const ARGS = 'sandbox.args'
const NOBODY: PodUser = { uid: 65_534, gid: 65_534 }
const PIDS_PER_POD = 1_024

/** The exit file tells the end of a pod at once; this only catches a shim that was killed. */
const ALIVE_CHECK_MS = 2_000

const SWEEP_CHECK_MS = 5
const SWEEP_CHECKS_MAX = 1_000

/** After so many checks a shim is taken for stuck. */
const SHIM_CHECKS = 400

/** Opens the runtime over a folder of pods, with as much isolation as this user can have. */
export async function createBubblewrapRuntime(options: BubblewrapRuntimeOptions): Promise<Runtime> {
  mkdirSync(options.podsFolder, { recursive: true, mode: 0o700 })
  const tag = tagOf(options.podsFolder)
  const isPrivileged = process.geteuid?.() === 0
  const cgroups = Cgroups.open(`fornax-${tag}`)
  if (cgroups === null) options.log.warn('pods have no limits of memory: this user may not make control groups')
  const networks = await openNetworks(options, tag, isPrivileged)
  return new BubblewrapRuntime({ options, isPrivileged, cgroups, networks })
}

async function openNetworks(options: BubblewrapRuntimeOptions, tag: string, isRoot: boolean): Promise<PodNetworks> {
  const { host, log, podsFolder } = options
  if (options.network === 'shared') return sharedNetworks(host)
  if (!isRoot) {
    log.warn('pods share the network of this machine, because the agent is not root')
    return sharedNetworks(host)
  }
  try {
    return await openOwnNetworks({ tag, host, log, stateFile: join(podsFolder, '.network.json') })
  } catch (error) {
    log.warn(
      { err: error },
      'pods share the network of this machine: it needs iproute2, nftables and a kernel with both',
    )
    return sharedNetworks(host)
  }
}

type RuntimeParts = {
  readonly options: BubblewrapRuntimeOptions
  readonly isPrivileged: boolean
  readonly cgroups: Cgroups | null
  readonly networks: PodNetworks
}

class BubblewrapRuntime implements Runtime {
  readonly name = 'bubblewrap'
  readonly isolation = 'namespace'
  readonly hasProcesses = true
  readonly hasSessionService = true
  readonly logFormat = 'plain'
  readonly images = 'host'
  readonly isOnRequest = false
  readonly portsBelongTo: 'pod' | 'session'
  readonly podOwner: PodUser | null
  readonly isPortFree = isPortFree
  readonly #options: BubblewrapRuntimeOptions
  readonly #isPrivileged: boolean
  readonly #cgroups: Cgroups | null
  readonly #networks: PodNetworks
  readonly #exitFiles: ExitFiles
  readonly #secrets: SecretPlace
  readonly #pods = new Map<string, BubblewrapPod>()
  #cancelCheck: Cancel

  constructor({ options, isPrivileged, cgroups, networks }: RuntimeParts) {
    this.#options = options
    this.#isPrivileged = isPrivileged
    this.#cgroups = cgroups
    this.#networks = networks
    this.#secrets = new SecretPlace(tagOf(options.podsFolder))
    this.#secrets.keepOnly(new Set(readdirSync(options.podsFolder)))
    this.#exitFiles = new ExitFiles(join(options.podsFolder, '.exits'))
    this.portsBelongTo = networks.portsBelongTo
    this.podOwner = isPrivileged ? this.#user() : null
    this.#cancelCheck = this.#checkLater()
  }

  async createPod(order: PodOrder): Promise<CreatePodResult> {
    const reason = refusalOfHostPod(order.version, this.name) ?? placeProblem(filePathsOf(order), existsSync)
    if (reason !== null) return { kind: 'failed', reason }
    // Asked again by mistake; what runs must not suffer from it.
    if (existsSync(this.#folderOf(order.podId).path)) return { kind: 'failed', reason: 'there is a pod of this name' }
    try {
      return { kind: 'created', pod: await this.#start(order) }
    } catch (error) {
      this.#options.log.warn({ podId: order.podId, err: error }, 'a sandbox could not be started')
      await this.destroyPod(order.podId)
      return { kind: 'failed', reason: error instanceof Error ? error.message : String(error) }
    }
  }

  async adoptPod(order: PodOrder, handle: string | null, sessions: readonly SessionPorts[]): Promise<AdoptPodResult> {
    const folder = this.#folderOf(order.podId)
    const known = handle === null ? this.#findHandle(order.podId) : parseHandle(handle)
    const exitCode = this.#exitFiles.read(order.podId)
    if (known !== null && isSandboxAlive(known.sandbox)) {
      const network = await this.#networks.adopt(order, known.slot, sessions)
      return { kind: 'running', pod: this.#keep(order, known, network) }
    }
    if (known === null && exitCode === null) return { kind: 'unknown' }
    await this.#sweep(order.podId)
    return { kind: 'ended', end: endOf(folder.path, exitCode ?? this.#exitFiles.read(order.podId)) }
  }

  listPodIds(): Promise<readonly string[]> {
    const folders = readdirSync(this.#options.podsFolder).filter((name) => !name.startsWith('.'))
    const ids = [...folders, ...this.#networks.podIds(), ...(this.#cgroups?.podIds() ?? [])]
    return Promise.resolve([...new Set(ids)])
  }

  async destroyPod(podId: string): Promise<void> {
    const pod = this.#pods.get(podId)
    if (pod !== undefined) {
      pod.stop(0)
      await pod.ended
    } else {
      await this.#sweep(podId)
    }
    this.#pods.delete(podId)
    this.#exitFiles.remove(podId)
    rmSync(this.#folderOf(podId).path, { recursive: true, force: true })
  }

  async readUsage(): Promise<ReadonlyMap<string, ResourceUse>> {
    const pods = [...this.#pods.values()]
    const cgroups = this.#cgroups
    if (cgroups === null) {
      const uses = pods.length === 0 ? new Map() : usageOfTrees(new Set(pods.map((pod) => pod.processId)))
      return new Map(pods.flatMap((pod) => entryOf(pod.podId, uses.get(pod.processId))))
    }
    const entries = await Promise.all(
      pods.map(async ({ podId }) => entryOf(podId, (await cgroups.usage(podId)) ?? undefined)),
    )
    return new Map(entries.flat())
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#cancelCheck()
    for (const pod of this.#pods.values()) pod.letGo()
    this.#exitFiles[Symbol.dispose]()
    await using networks = this.#networks
    if ((await this.listPodIds()).length > 0) return
    await networks.removeAll()
    this.#cgroups?.removeAll()
  }

  async #start(order: PodOrder): Promise<RuntimePod> {
    const { podId, version } = order
    const { clock, path, hiddenFolders, pidsPerPod = PIDS_PER_POD } = this.#options
    const folder = this.#folderOf(podId)
    mkdirSync(folder.path, { mode: 0o700 })
    const limits = { memoryBytes: version.memoryBytes, cpuMillis: version.cpuMillis, pids: pidsPerPod }
    const cgroups = this.#cgroups?.create(podId, limits) ?? []
    const network = await this.#networks.create(order)
    const files = makePodFiles(order, folder.path, this.#secrets)
    const sandbox: Sandbox = {
      podId,
      version: withSecretEnv(order),
      files,
      path,
      hiddenFolders: hiddenFolders.filter((each) => existsSync(each)),
      sessionFolder: order.sessionFolder,
      ports: network.ports,
      user: this.#user(),
      isPrivileged: this.#isPrivileged,
    }
    const exitFile = this.#exitFiles.pathOf(podId)
    noteSlot(folder.path, network.slot)
    const hasSecretEnv = Object.keys(order.secrets?.env ?? {}).length > 0
    const inMemory = (args: string): string => this.#secrets.write(podId, ARGS, args)
    const writeArgsInMemory = hasSecretEnv ? inMemory : null
    await startSandbox({ folder, exitFile, network, cgroups, sandbox, clock, writeArgsInMemory })
    this.#secrets.removeFile(podId, ARGS)
    const process = findSandboxProcess(folder.path) ?? { pid: 0, startTicks: 0, bootId: bootId() } // It has ended.
    return this.#keep(order, { sandbox: process, slot: network.slot }, network)
  }

  #keep(order: PodOrder, { sandbox }: PodHandle, network: PodNetwork): BubblewrapPod {
    const { podId } = order
    const pod = new BubblewrapPod({
      podId,
      sandbox,
      network,
      folder: this.#folderOf(podId).path,
      clock: this.#options.clock,
      readExitCode: () => this.#exitFiles.read(podId),
      sweep: () => this.#sweep(podId),
    })
    this.#pods.set(podId, pod)
    this.#exitFiles.await(podId, (exitCode) => pod.noteExit(exitCode))
    void pod.ended.then(() => this.#pods.get(podId) === pod && this.#pods.delete(podId))
    return pod
  }

  /** The agent before us died between starting this pod and noting who it is. */
  #findHandle(podId: string): PodHandle | null {
    const folder = this.#folderOf(podId).path
    const sandbox = findSandboxProcess(folder)
    return sandbox === null ? null : { sandbox, slot: readSlot(folder) }
  }

  /** Ends whatever still runs of a pod, and takes its groups and network away. Quick when its shim has done so. */
  async #sweep(podId: string): Promise<void> {
    this.#secrets.remove(podId)
    const folder = this.#folderOf(podId).path
    if (this.#exitFiles.read(podId) === null) await this.#killAll(podId, folder)
    for (let check = 0; check < SWEEP_CHECKS_MAX && this.#cgroups?.remove(podId) === false; check += 1) {
      for (const pid of this.#cgroups.processIds(podId)) signal(pid, 'SIGKILL')
      await sleep(this.#options.clock, SWEEP_CHECK_MS)
    }
    await this.#networks.removeStray(podId, readSlot(folder))
  }

  /** The shim takes part: it notes the end, or is about to start what we then kill. */
  async #killAll(podId: string, folder: string): Promise<void> {
    for (let check = 0; check < SWEEP_CHECKS_MAX; check += 1) {
      const sandbox = findSandboxProcess(folder)
      if (sandbox !== null) killSandbox(sandbox)
      for (const pid of this.#cgroups?.processIds(podId) ?? []) signal(pid, 'SIGKILL')
      const shims = findShims(folder)
      if (shims.length === 0 && sandbox === null) return
      if (check > SHIM_CHECKS) for (const pid of shims) signal(pid, 'SIGKILL')
      await sleep(this.#options.clock, SWEEP_CHECK_MS)
    }
  }

  #checkLater(): Cancel {
    return this.#options.clock.schedule(ALIVE_CHECK_MS, () => {
      for (const pod of this.#pods.values()) pod.checkAlive()
      this.#cancelCheck = this.#checkLater()
    })
  }

  #user(): PodUser {
    return this.#options.podUser ?? NOBODY
  }

  #folderOf(podId: string): PodFolder {
    return podFolderOf(this.#options.podsFolder, podId)
  }
}

function entryOf(podId: string, use: ResourceUse | undefined): readonly (readonly [string, ResourceUse])[] {
  return use === undefined ? [] : [[podId, use]]
}
