/**
 * Runs pods in namespaces of their own, with the node's root file system to read
 * and nothing to write but memory. With root, each pod has a network and limits
 * of its own and is nobody; without, pods share the node's network and are told
 * their ports. A pod belongs to its shim (pod-shim.sh), not to the agent.
 */
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { sleep, type Cancel, type Clock } from '@fornax/kernel/clock'
import type { Log } from '@fornax/kernel/log'
import type { ApplicationVersion } from '@fornax/node-model/application-version'
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
  PodSleep,
  ResourceUse,
  RuntimePod,
  SessionPorts,
} from '../runtime.ts'
import { tagOf } from '../network/agent-tag.ts'
import { BubblewrapPod, endOf, type PodHandle } from './bubblewrap-pod.ts'
import { Cgroups, type PodLimits } from '../cgroups.ts'
import { activityOf } from '../pod-activity.ts'
import { SignalSleep } from '../signal-sleep.ts'
import { readTraffic } from '../network/traffic.ts'
import { Stock, type StockedRuntime } from '../stock/stock.ts'
import type { StockBounds } from '../stock/stock-plan.ts'
import { openPodNetworks, type LaidNetwork, type PodNetwork, type PodNetworks } from './pod-networks.ts'
import { noteSlot, parseHandle, readGroupName, readSlot } from './pod-notes.ts'
import {
  findSandboxProcess,
  findShims,
  isSandboxAlive,
  killSandbox,
  signal,
  signalSandbox,
  usageOfTrees,
} from './sandbox-process.ts'
import { SecretPlace } from '../secret-place.ts'
import { canRunInBox, placeProblem, type PodUser, type Sandbox } from './sandbox-args.ts'
import { SandboxBox } from './sandbox-box.ts'
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
  /** How many started, empty sandboxes are kept. Default: none. */
  readonly stock?: StockBounds
}

/** The name of the file with the options of a sandbox whose environment holds secrets. */
const ARGS = 'sandbox.args'
const NOBODY: PodUser = { uid: 65_534, gid: 65_534 }
const PIDS_PER_POD = 1_024

/** How sandboxes are called that were there before their pods; no pod is. */
const BOX_PREFIX = 'box-'
/** What a sandbox without a command may use. */
const IDLE_BOX = { memoryBytes: 64 * 1024 * 1024, cpuMillis: 100 }

/** The exit file tells the end of a pod at once; this only catches a shim that was killed. */
const ALIVE_CHECK_MS = 2_000

const SWEEP_CHECK_MS = 5
const SWEEP_CHECKS_MAX = 1_000

/** After so many checks a shim is taken for stuck. */
const SHIM_CHECKS = 400

/** Opens the runtime over a folder of pods, with as much isolation as this user can have. */
export async function createBubblewrapRuntime(options: BubblewrapRuntimeOptions): Promise<StockedRuntime> {
  mkdirSync(options.podsFolder, { recursive: true, mode: 0o700 })
  const tag = tagOf(options.podsFolder)
  const isPrivileged = process.geteuid?.() === 0
  const cgroups = Cgroups.open(`fornax-${tag}`)
  if (cgroups === null) options.log.warn('pods have no limits of memory: this user may not make control groups')
  const networks = await openPodNetworks({ ...options, tag, canOwn: isPrivileged })
  return new BubblewrapRuntime({ options, isPrivileged, cgroups, networks })
}

type RuntimeParts = {
  readonly options: BubblewrapRuntimeOptions
  readonly isPrivileged: boolean
  readonly cgroups: Cgroups | null
  readonly networks: PodNetworks
}

class BubblewrapRuntime implements StockedRuntime {
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
  /** Null: no sandboxes are kept ready. */
  readonly #stock: Stock<ReadyBox> | null
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
    this.#stock = options.stock === undefined ? null : this.#openStock(options.stock)
  }

  get stockSize(): number {
    return this.#stock?.size ?? 0
  }

  async createPod(order: PodOrder): Promise<CreatePodResult> {
    const reason = refusalOfHostPod(order.version, this.name) ?? placeProblem(filePathsOf(order), existsSync)
    if (reason !== null) return { kind: 'failed', reason }
    // Asked again by mistake; what runs must not suffer from it.
    if (existsSync(this.#folderOf(order.podId).path)) return { kind: 'failed', reason: 'there is a pod of this name' }
    this.#stock?.begin()
    try {
      return await this.#start(order)
    } catch (error) {
      this.#options.log.warn({ podId: order.podId, err: error }, 'a sandbox could not be started')
      await this.destroyPod(order.podId)
      return { kind: 'failed', reason: error instanceof Error ? error.message : String(error) }
    } finally {
      this.#stock?.end()
    }
  }

  async adoptPod(order: PodOrder, handle: string | null, sessions: readonly SessionPorts[]): Promise<AdoptPodResult> {
    const folder = this.#folderOf(order.podId)
    const known = handle === null ? this.#findHandle(order.podId) : parseHandle(handle)
    const exitCode = this.#exitFiles.read(order.podId)
    if (known !== null && isSandboxAlive(known.sandbox)) {
      const where = { name: known.groupName || order.podId, slot: known.slot }
      const network = await this.#networks.adopt(order, where, sessions)
      return { kind: 'running', pod: this.#keep(order, known, network) }
    }
    if (known === null && exitCode === null) {
      await this.destroyPod(order.podId) // It never began; what there is of it would be in the way.
      return { kind: 'unknown' }
    }
    await this.#sweep(order.podId)
    return { kind: 'ended', end: endOf(folder.path, exitCode ?? this.#exitFiles.read(order.podId)) }
  }

  listPodIds(): Promise<readonly string[]> {
    const folders = readdirSync(this.#options.podsFolder).filter((name) => !name.startsWith('.'))
    const ids = [...folders, ...this.#groupNames().filter((name) => !name.startsWith(BOX_PREFIX))]
    return Promise.resolve([...new Set(ids)])
  }

  async destroyPod(podId: string): Promise<void> {
    const pod = this.#pods.get(podId)
    if (pod !== undefined) {
      pod.stop(0)
      await pod.ended
    }
    await this.#sweep(podId) // Once more, should something have been left: it is found by the pod's folder.
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
      pods.map(async ({ podId, groupName, networkPid }) => {
        const [use, traffic] = await Promise.all([cgroups.usage(groupName), readTraffic(networkPid)])
        return entryOf(podId, use === null ? undefined : { ...use, ...traffic })
      }),
    )
    return new Map(entries.flat())
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#cancelCheck()
    await this.#stock?.[Symbol.asyncDispose]()
    for (const pod of this.#pods.values()) pod.letGo()
    this.#exitFiles[Symbol.dispose]()
    await using networks = this.#networks
    if ((await this.listPodIds()).length > 0) return
    await networks.removeAll()
    this.#cgroups?.removeAll()
  }

  async #start(order: PodOrder): Promise<CreatePodResult> {
    const { clock } = this.#options
    const beganMs = clock.nowMs()
    const ready = fitsInBox(order) ? (this.#stock?.take() ?? null) : null
    const laid = ready ?? (await this.#layGround(order))
    const readyMs = clock.nowMs()
    const pod = ready === null ? await this.#startNew(order, laid) : await this.#startReady(order, ready)
    const took = { imageMs: 0, sandboxMs: readyMs - beganMs, createMs: 0, startMs: clock.nowMs() - readyMs }
    return { kind: 'created', pod, took }
  }

  /** What a sandbox stands on. */
  async #layGround({ podId, version }: PodOrder): Promise<Ground> {
    mkdirSync(this.#folderOf(podId).path, { mode: 0o700 })
    const groups = this.#cgroups?.create(podId, this.#limitsOf(version)) ?? []
    return { groups, laid: await this.#networks.lay(podId) }
  }

  async #startNew(order: PodOrder, { groups, laid }: Ground): Promise<RuntimePod> {
    const { podId } = order
    const { clock } = this.#options
    const folder = this.#folderOf(podId)
    const exitFile = this.#exitFiles.pathOf(podId)
    noteSlot(folder.path, laid.slot)
    const network = this.#networks.give(order, { name: podId, slot: laid.slot })
    const files = makePodFiles(order, folder.path, this.#secrets)
    const sandbox = { ...this.#sandboxOf(order, network), version: withSecretEnv(order), files }
    const inMemory = (args: string): string => this.#secrets.write(podId, ARGS, args)
    const writeArgsInMemory = hasSecretEnv(order) ? inMemory : null
    await startSandbox({ folder, exitFile, network, cgroups: groups, sandbox, clock, writeArgsInMemory })
    this.#secrets.removeFile(podId, ARGS)
    return this.#found(order, podId, network)
  }

  async #startReady(order: PodOrder, ready: ReadyBox): Promise<RuntimePod> {
    const { podId, version } = order
    const { box, laid } = ready
    const folder = this.#folderOf(podId)
    try {
      this.#cgroups?.create(box.name, this.#limitsOf(version))
      noteSlot(box.folder.path, laid.slot)
      const network = this.#networks.give(order, { name: box.name, slot: laid.slot })
      await box.run(this.#sandboxOf(order, network), folder, this.#exitFiles.pathOf(podId))
      return this.#found(order, box.name, network)
    } catch (error) {
      if (!existsSync(folder.path)) await this.#removeBox(ready) // Nobody would find it by the name of the pod.
      throw error
    }
  }

  #found(order: PodOrder, groupName: string, network: PodNetwork): RuntimePod {
    const folder = this.#folderOf(order.podId)
    const process = findSandboxProcess(folder.path) ?? { pid: 0, startTicks: 0, bootId: bootId() } // It has ended.
    return this.#keep(order, { sandbox: process, slot: network.slot, groupName }, network)
  }

  #limitsOf({ memoryBytes, cpuMillis }: Pick<ApplicationVersion, 'memoryBytes' | 'cpuMillis'>): PodLimits {
    return { memoryBytes, cpuMillis, pids: this.#options.pidsPerPod ?? PIDS_PER_POD }
  }

  #sandboxOf({ podId, version, sessionFolder }: PodOrder, { host, ports }: PodNetwork): Sandbox {
    const { path } = this.#options
    return { podId, version, path, sessionFolder, host, ports, files: [], ...this.#walls() }
  }

  #walls(): Pick<Sandbox, 'hiddenFolders' | 'user' | 'isPrivileged'> {
    const hiddenFolders = this.#options.hiddenFolders.filter((each) => existsSync(each))
    return { hiddenFolders, user: this.#user(), isPrivileged: this.#isPrivileged }
  }

  #openStock(bounds: StockBounds): Stock<ReadyBox> {
    const { clock, log } = this.#options
    const stock: Stock<ReadyBox> = new Stock({
      clock,
      log,
      bounds,
      make: async () => {
        const ready = await this.#makeBox()
        ready.box.onEnd(() => {
          stock.forget(ready)
          this.#removeBox(ready).catch((error: unknown) => {
            log.error({ box: ready.box.name, err: error }, 'something of a sandbox that has ended is left')
          })
        })
        return ready
      },
      remove: (ready) => this.#removeBox(ready),
      removeLeft: () => this.#removeLeftBoxes(),
    })
    return stock
  }

  async #makeBox(): Promise<ReadyBox> {
    const name = `${BOX_PREFIX}${randomBytes(6).toString('hex')}`
    const folder = podFolderOf(this.#boxFolder(), name)
    try {
      const groups = this.#cgroups?.create(name, this.#limitsOf(IDLE_BOX)) ?? []
      const laid = await this.#networks.lay(name)
      const sandbox = { hostname: name, sessionFolder: null, ephemeralBytes: 0, ...this.#walls() }
      const ground = { networkName: laid.name, insideLines: laid.insideLines, cgroups: groups }
      const box = await SandboxBox.start({ name, folder, sandbox, clock: this.#options.clock, ...ground })
      return { box, laid, groups }
    } catch (error) {
      await this.#sweepGround(name, name, folder.path)
      rmSync(folder.path, { recursive: true, force: true })
      throw error
    }
  }

  async #removeBox({ box }: ReadyBox): Promise<void> {
    box.end()
    await this.#sweepGround(box.name, box.name, box.folder.path)
    box.removeFolder()
  }

  /** Boxes that an earlier agent kept ready have ended with it; this takes away what its shims could not. */
  async #removeLeftBoxes(): Promise<void> {
    const ids = readdirSync(this.#options.podsFolder).filter((name) => !name.startsWith('.'))
    const used = new Set(ids.map((podId) => readGroupName(this.#folderOf(podId).path, podId)))
    const folder = this.#boxFolder()
    const folders = existsSync(folder) ? readdirSync(folder) : []
    const names = [...folders, ...this.#groupNames().filter((name) => name.startsWith(BOX_PREFIX))]
    for (const name of new Set(names)) {
      if (used.has(name)) continue
      const { path } = podFolderOf(folder, name)
      await this.#sweepGround(name, name, path)
      rmSync(path, { recursive: true, force: true })
    }
  }

  #boxFolder(): string {
    return join(this.#options.podsFolder, '.stock')
  }

  #groupNames(): readonly string[] {
    return [...this.#networks.names(), ...(this.#cgroups?.podIds() ?? [])]
  }

  #keep(order: PodOrder, { sandbox, groupName }: PodHandle, network: PodNetwork): BubblewrapPod {
    const { podId } = order
    const pod = new BubblewrapPod({
      podId,
      sandbox,
      groupName: groupName || podId,
      network,
      sleep: this.#sleepOf(order, sandbox, groupName || podId),
      activity: activityOf(network.traffic, this.#cgroups, groupName || podId),
      folder: this.#folderOf(podId).path,
      clock: this.#options.clock,
      readExitCode: () => this.#exitFiles.read(podId),
      sweep: () =>
        this.#sweep(podId).catch((error: unknown) => {
          this.#options.log.error({ podId, err: error }, 'something of a pod that has ended is left')
        }),
    })
    this.#pods.set(podId, pod)
    this.#exitFiles.await(podId, (exitCode) => pod.noteExit(exitCode))
    void pod.ended.then(() => this.#pods.get(podId) === pod && this.#pods.delete(podId))
    return pod
  }

  #sleepOf({ version }: PodOrder, sandbox: PodHandle['sandbox'], groupName: string): PodSleep {
    if (this.#cgroups !== null) return this.#cgroups.sleepOf(groupName, version.memoryBytes, this.#options.clock)
    return new SignalSleep({
      signal: (name) => signalSandbox(sandbox, name),
      residentBytes: () => usageOfTrees(new Set([sandbox.pid])).get(sandbox.pid)?.memoryBytes ?? 0,
    })
  }

  /** The agent before us died between starting this pod and noting who it is. */
  #findHandle(podId: string): PodHandle | null {
    const folder = this.#folderOf(podId).path
    const sandbox = findSandboxProcess(folder)
    return sandbox === null ? null : { sandbox, slot: readSlot(folder), groupName: readGroupName(folder, podId) }
  }

  /** Ends whatever still runs of a pod, and takes its groups and network away. Quick when its shim has done so. */
  async #sweep(podId: string): Promise<void> {
    this.#secrets.remove(podId)
    const folder = this.#folderOf(podId).path
    const name = readGroupName(folder, podId)
    await this.#sweepGround(podId, name, this.#exitFiles.read(podId) === null ? folder : null)
  }

  /** `folder`: of who may still run; null when nobody does. */
  async #sweepGround(podId: string, name: string, folder: string | null): Promise<void> {
    const slot = readSlot(folder ?? this.#folderOf(podId).path)
    this.#cgroups?.thaw(name) // What is frozen cannot end.
    if (folder !== null) await this.#killAll(name, folder)
    for (let check = 0; check < SWEEP_CHECKS_MAX && this.#cgroups?.remove(name) === false; check += 1) {
      for (const pid of this.#cgroups.processIds(name)) signal(pid, 'SIGKILL')
      await sleep(this.#options.clock, SWEEP_CHECK_MS)
    }
    await this.#networks.removeStray(podId, { name, slot })
  }

  /** The shim takes part: it notes the end, or is about to start what we then kill. */
  async #killAll(name: string, folder: string): Promise<void> {
    for (let check = 0; check < SWEEP_CHECKS_MAX; check += 1) {
      const sandbox = findSandboxProcess(folder)
      if (sandbox !== null) killSandbox(sandbox)
      for (const pid of this.#cgroups?.processIds(name) ?? []) signal(pid, 'SIGKILL')
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

/** Whether a sandbox that is there already is like the one that the pod would get. */
function fitsInBox(order: PodOrder): boolean {
  const { version, sessionFolder } = order
  const hasMounts = sessionFolder !== null || filePathsOf(order).length > 0
  return !hasMounts && !hasSecretEnv(order) && version.ephemeralBytes === 0 && canRunInBox(version)
}

function hasSecretEnv({ secrets }: PodOrder): boolean {
  return Object.keys(secrets?.env ?? {}).length > 0
}

/** What a sandbox stands on: its control groups and its network. */
type Ground = { readonly groups: readonly string[]; readonly laid: LaidNetwork }

/** A sandbox that waits for its command. */
type ReadyBox = Ground & { readonly box: SandboxBox }

function entryOf(podId: string, use: ResourceUse | undefined): readonly (readonly [string, ResourceUse])[] {
  return use === undefined ? [] : [[podId, use]]
}
