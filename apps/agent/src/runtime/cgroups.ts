/**
 * The control groups of pods: what a pod may use, and what it uses. Knows both
 * versions of the kernel's interface, and the mixture of them; reads which one
 * this machine has. Where groups may not be made, there are no limits.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '@fornax/kernel/clock'
import { GroupSleep, numbersOf, type SleepFolders } from './group-sleep.ts'
import type { ResourceUse } from './runtime.ts'

export type PodLimits = {
  /** Null: whoever runs the pod limits its memory. */
  readonly memoryBytes: number | null
  readonly cpuMillis: number
  readonly pids: number
}

/** Where the controllers are mounted that we use; null when a machine does not have one. */
export type CgroupMounts =
  | {
      readonly version: 1
      readonly memory: string | null
      readonly pids: string | null
      readonly cpu: string | null
      readonly cpuacct: string | null
      readonly freezer: string | null
      /** Where we make no groups, but a container runtime does, below those of our names. */
      readonly others: readonly string[]
    }
  | { readonly version: 2; readonly unified: string }

/** Reads the mounts of this process, as in /proc/self/mountinfo. Null: there are none that we know. */
export function findCgroupMounts(mountInfo: string): CgroupMounts | null {
  const found = new Map<string, string>()
  const paths = new Set<string>()
  let unified: string | null = null
  for (const line of mountInfo.split('\n')) {
    const [left, right] = line.split(' - ')
    const [type, , options] = (right ?? '').split(' ')
    const path = (left ?? '').split(' ')[4]
    if (path === undefined) continue
    if (type === 'cgroup2') unified ??= path
    if (type === 'cgroup' || type === 'cgroup2') paths.add(path)
    if (type !== 'cgroup') continue
    for (const option of (options ?? '').split(',')) found.set(option, found.get(option) ?? path)
  }
  return found.has('memory') || found.has('pids') ? versionOne(found, paths) : versionTwo(unified)
}

function versionTwo(unified: string | null): CgroupMounts | null {
  return unified === null ? null : { version: 2, unified }
}

function versionOne(found: ReadonlyMap<string, string>, paths: ReadonlySet<string>): CgroupMounts {
  const at = (controller: string): string | null => found.get(controller) ?? null
  const ours = {
    memory: at('memory'),
    pids: at('pids'),
    cpu: at('cpu'),
    cpuacct: at('cpuacct'),
    freezer: at('freezer'),
  }
  return { version: 1, ...ours, others: [...paths].filter((path) => !Object.values(ours).includes(path)) }
}

/** The share of CPU that a pod gets when others want it as well; nobody is slowed down on an idle machine. */
export function cpuShares(cpuMillis: number): number {
  return Math.min(262_144, Math.max(2, Math.round((cpuMillis * 1_024) / 1_000)))
}

/** The same, in the numbers of version 2 (1 to 10,000). */
export function cpuWeight(cpuMillis: number): number {
  return Math.min(10_000, Math.max(1, 1 + Math.round(((cpuShares(cpuMillis) - 2) * 9_999) / 262_142)))
}

/** In each period a group may run for its quota. */
export const CPU_PERIOD_US = 100_000
const CPU_QUOTA_US_MIN = 1_000

/** What a pod may use in each period when it is held to what it asked for. */
export function cpuQuotaUs(cpuMillis: number): number {
  return Math.max(CPU_QUOTA_US_MIN, Math.round((cpuMillis * CPU_PERIOD_US) / 1_000))
}

/** The group folders of one agent's pods. */
export class Cgroups {
  readonly #mounts: CgroupMounts
  readonly #name: string

  private constructor(mounts: CgroupMounts, name: string) {
    this.#mounts = mounts
    this.#name = name
  }

  /** Null when this user may not make groups here, or the machine has none; `name` is this agent's own. */
  static open(name: string, mountInfo = readFileSync('/proc/self/mountinfo', 'utf8')): Cgroups | null {
    const mounts = findCgroupMounts(mountInfo)
    if (mounts === null) return null
    const groups = new Cgroups(mounts, name)
    return groups.#prepare() ? groups : null
  }

  /** Makes a pod's groups and sets their limits. Returns the folders that its first process has to join. */
  create(podId: string, limits: PodLimits): readonly string[] {
    const folders = this.#foldersOf(podId)
    for (const folder of folders) mkdirSync(folder, { recursive: true })
    for (const [file, value] of this.#limitFiles(podId, limits)) writeFileSync(file, value)
    return folders
  }

  /** Takes a pod's groups away. False: something still runs in them. */
  remove(podId: string): boolean {
    return this.#everyFolderOf(podId).every(removeGroup)
  }

  /** Gives a pod no more CPU than it asked for, also when nobody else wants it; null: all that nobody else wants. */
  capCpu(podId: string, cpuMillis: number | null): void {
    const quotaUs = cpuMillis === null ? null : cpuQuotaUs(cpuMillis)
    const mounts = this.#mounts
    if (mounts.version === 2) {
      writeFileSync(join(mounts.unified, this.#name, podId, 'cpu.max'), `${quotaUs ?? 'max'} ${CPU_PERIOD_US}`)
    } else if (mounts.cpu !== null) {
      writeFileSync(join(mounts.cpu, this.#name, podId, 'cpu.cfs_quota_us'), String(quotaUs ?? -1))
    }
  }

  /** Where runtimes that make groups of their own for a pod have to make them. */
  parentOf(podId: string): string {
    return `/${this.#name}/${podId}`
  }

  /** The processes in a pod's groups. */
  processIds(podId: string): readonly number[] {
    const [folder] = this.#foldersOf(podId)
    const text = folder === undefined ? null : readIfThere(join(folder, 'cgroup.procs'))
    return text === null ? [] : text.split('\n').filter(Boolean).map(Number)
  }

  /** Puts a pod to sleep and wakes it. `limitBytes`: what its group may use; null: somebody else limits it. */
  sleepOf(podId: string, limitBytes: number | null, clock: Clock): GroupSleep {
    const mounts = this.#mounts
    const at = (mount: string | null): string | null => (mount === null ? null : join(mount, this.#name, podId))
    const folders: SleepFolders =
      mounts.version === 2
        ? { version: 2, folder: join(mounts.unified, this.#name, podId) }
        : { version: 1, freezer: at(mounts.freezer), memory: at(mounts.memory), limitBytes }
    return new GroupSleep(folders, clock)
  }

  /** Lets everything of a pod run, so that it can be killed. */
  thaw(podId: string): void {
    const mounts = this.#mounts
    if (mounts.version === 2) writeIfThere(join(mounts.unified, this.#name, podId, 'cgroup.freeze'), '0')
    else if (mounts.freezer !== null) writeIfThere(join(mounts.freezer, this.#name, podId, 'freezer.state'), 'THAWED')
  }

  /** Pods of which groups are left. */
  podIds(): readonly string[] {
    const ids = this.#foldersOf('.').flatMap((folder) => (existsSync(folder) ? readdirSync(folder, DIRS) : []))
    return [...new Set(ids.filter((entry) => entry.isDirectory()).map((entry) => entry.name))]
  }

  /** Null when the pod is gone. */
  async usage(podId: string): Promise<ResourceUse | null> {
    try {
      return this.#mounts.version === 1 ? await this.#usageV1(podId, this.#mounts) : await this.#usageV2(podId)
    } catch {
      return null // It has just ended.
    }
  }

  /** Leaves no folder of this agent behind, if no pod is left. */
  removeAll(): void {
    for (const folder of this.#everyFolderOf('.')) removeGroup(folder)
  }

  #prepare(): boolean {
    try {
      if (this.#mounts.version === 2) enableControllers(this.#mounts.unified)
      for (const folder of this.#foldersOf('.')) mkdirSync(folder, { recursive: true })
      if (this.#mounts.version === 2) enableControllers(join(this.#mounts.unified, this.#name))
      return true
    } catch {
      return false // Not ours to use: the caller says so once.
    }
  }

  async #usageV1(podId: string, { memory, cpuacct }: CgroupMounts & { version: 1 }): Promise<ResourceUse> {
    const [statText, cpuText] = await Promise.all([
      memory === null ? '' : readFile(join(memory, this.#name, podId, 'memory.stat'), 'utf8'),
      cpuacct === null ? '0' : readFile(join(cpuacct, this.#name, podId, 'cpuacct.usage'), 'utf8'),
    ])
    const stat = numbersOf(statText)
    const memoryBytes = (stat.get('total_rss') ?? 0) + (stat.get('total_shmem') ?? 0)
    return { memoryBytes, swappedBytes: stat.get('total_swap') ?? 0, cpuMs: Number(cpuText) / 1_000_000 }
  }

  async #usageV2(podId: string): Promise<ResourceUse> {
    const [folder = ''] = this.#foldersOf(podId)
    const [memoryText, cpuText, swapText] = await Promise.all([
      readFile(join(folder, 'memory.stat'), 'utf8'),
      readFile(join(folder, 'cpu.stat'), 'utf8'),
      readFile(join(folder, 'memory.swap.current'), 'utf8').catch(() => '0'), // A machine without swap.
    ])
    const memory = numbersOf(memoryText)
    const memoryBytes = (memory.get('anon') ?? 0) + (memory.get('shmem') ?? 0)
    const cpuMs = (numbersOf(cpuText).get('usage_usec') ?? 0) / 1_000
    return { memoryBytes, swappedBytes: Number(swapText), cpuMs }
  }

  #foldersOf(podId: string): readonly string[] {
    const mounts = this.#mounts
    if (mounts.version === 2) return [join(mounts.unified, this.#name, podId)]
    const { memory, pids, cpu, cpuacct, freezer } = mounts
    const paths = [memory, pids, cpu, cpuacct, freezer].filter((path) => path !== null)
    return [...new Set(paths)].map((path) => join(path, this.#name, podId)) // cpu and cpuacct are often one mount.
  }

  #everyFolderOf(podId: string): readonly string[] {
    const mounts = this.#mounts
    const others = mounts.version === 1 ? mounts.others.map((path) => join(path, this.#name, podId)) : []
    return [...this.#foldersOf(podId), ...others]
  }

  #limitFiles(podId: string, limits: PodLimits): readonly (readonly [string, string])[] {
    const { memoryBytes, cpuMillis, pids } = limits
    if (this.#mounts.version === 2) {
      const folder = join(this.#mounts.unified, this.#name, podId)
      const memoryFiles = [
        ['memory.max', String(memoryBytes)],
        ['memory.oom.group', '1'],
      ] as const
      const files: readonly (readonly [string, string])[] = [
        ...(memoryBytes === null ? [] : memoryFiles),
        ['pids.max', String(pids)],
        ['cpu.weight', String(cpuWeight(cpuMillis))],
      ]
      return files.map(([file, value]) => [join(folder, file), value])
    }
    const { memory, pids: pidsMount, cpu } = this.#mounts
    const files: (readonly [string, string])[] = []
    if (memory !== null && memoryBytes !== null)
      files.push([join(memory, this.#name, podId, 'memory.limit_in_bytes'), String(memoryBytes)])
    if (pidsMount !== null) files.push([join(pidsMount, this.#name, podId, 'pids.max'), String(pids)])
    if (cpu !== null) files.push([join(cpu, this.#name, podId, 'cpu.shares'), String(cpuShares(cpuMillis))])
    return files
  }
}

const DIRS = { withFileTypes: true } as const

/** Version 2: the children of a folder get a controller only when the folder passes it on. */
function enableControllers(folder: string): void {
  const offered = readFileSync(join(folder, 'cgroup.controllers'), 'utf8').split(/\s+/)
  for (const controller of ['memory', 'pids', 'cpu']) {
    if (!offered.includes(controller)) throw new Error(`${folder} does not offer the controller ${controller}`)
    writeFileSync(join(folder, 'cgroup.subtree_control'), `+${controller}`)
  }
}

function removeGroup(folder: string): boolean {
  try {
    rmdirSync(folder)
    return true
  } catch {
    return !existsSync(folder)
  }
}

function writeIfThere(path: string, value: string): void {
  try {
    if (existsSync(path)) writeFileSync(path, value)
  } catch {
    return // It has just gone.
  }
}

function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}
