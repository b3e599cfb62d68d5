/**
 * Runs pods as plain processes of this machine, with no isolation at all: for
 * development only. A pod listens on the ports that it is told, and keeps them.
 */
import { spawn } from 'node:child_process'
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { sleep, type Cancel, type Clock } from '@fornax/kernel/clock'
import type { Log } from '@fornax/kernel/log'
import { z } from 'zod'
import { isPortFree } from '../../ports/port-check.ts'
import { podEnvironment } from '../pod-environment.ts'
import { podFolderOf } from '../pod-folder.ts'
import { SESSION_SOCKET } from '../runtime.ts'
import type { AdoptPodResult, CreatePodResult, PodOrder, ResourceUse, Runtime } from '../runtime.ts'
import { ExitFiles } from './exit-files.ts'
import { isAlive, ProcessPod, signalGroup, type ShimIdentity } from './process-pod.ts'
import { ProcessScan } from './process-scan.ts'
import { bootId, listProcesses, processesWithVariable, readProcess, type ProcessEntry } from './process-table.ts'

export type ProcessRuntimeOptions = {
  readonly podsFolder: string
  /** The address that clients of this node reach pods on. */
  readonly host: string
  /** Where pods look for commands. */
  readonly path: string
  readonly clock: Clock
  readonly log: Log
}

const SHIM = join(import.meta.dirname, 'pod-shim.sh')

/** The exit file tells the end of a pod at once; this only catches a shim that was killed. */
const ALIVE_CHECK_MS = 2_000

/** Opens the runtime over a folder of pods. */
export function createProcessRuntime(options: ProcessRuntimeOptions): Runtime {
  options.log.warn('the process runtime isolates nothing: pods can do whatever this user can; use it for development')
  return new ProcessRuntime(options)
}

class ProcessRuntime implements Runtime {
  readonly name = 'process'
  readonly isolation = 'none'
  readonly hasProcesses = true
  readonly portsBelongTo = 'pod'
  readonly podOwner = null
  readonly isPortFree = isPortFree
  readonly #options: ProcessRuntimeOptions
  readonly #exitFiles: ExitFiles
  readonly #pods = new Map<string, ProcessPod>()
  readonly #bootId = bootId()
  readonly #scan: ProcessScan
  #cancelCheck: Cancel

  constructor(options: ProcessRuntimeOptions) {
    mkdirSync(options.podsFolder, { recursive: true, mode: 0o700 })
    this.#options = options
    this.#scan = new ProcessScan(options.clock)
    this.#exitFiles = new ExitFiles(join(options.podsFolder, '.exits'))
    this.#cancelCheck = this.#checkLater()
  }

  createPod(order: PodOrder): Promise<CreatePodResult> {
    const reason = refusalOf(order)
    if (reason !== null) return Promise.resolve({ kind: 'failed', reason })
    try {
      return Promise.resolve({ kind: 'created', pod: this.#keep(order, this.#start(order)) })
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      rmSync(this.#folderOf(order.podId).path, { recursive: true, force: true })
      return Promise.resolve({ kind: 'failed', reason: `its process could not be started: ${why}` })
    }
  }

  adoptPod(order: PodOrder, handle: string | null): Promise<AdoptPodResult> {
    const exitCode = this.#exitFiles.read(order.podId)
    const shim = handle === null ? this.#findShim(order.podId) : shimSchema.parse(JSON.parse(handle))
    if (shim !== null && shim.bootId === this.#bootId && isAlive(shim))
      return Promise.resolve({ kind: 'running', pod: this.#keep(order, shim) })
    if (exitCode === null && shim === null) return Promise.resolve({ kind: 'unknown' })
    if (shim !== null && shim.bootId === this.#bootId) signalGroup(shim.pid, 'SIGKILL') // Left behind by its shim.
    return Promise.resolve({ kind: 'ended', end: { exitCode, outOfMemory: false } })
  }

  listPodIds(): Promise<readonly string[]> {
    const names = readdirSync(this.#options.podsFolder)
    return Promise.resolve(names.filter((name) => !name.startsWith('.')))
  }

  async destroyPod(podId: string): Promise<void> {
    const pod = this.#pods.get(podId)
    if (pod !== undefined) {
      pod.stop(0)
      await pod.ended
    } else if (existsSync(this.#folderOf(podId).path)) {
      await this.#killStrays(podId)
    }
    this.#pods.delete(podId)
    this.#exitFiles.remove(podId)
    rmSync(this.#folderOf(podId).path, { recursive: true, force: true })
  }

  readUsage(): Promise<ReadonlyMap<string, ResourceUse>> {
    const podOfShim = new Map(Array.from(this.#pods.values(), (pod) => [pod.shim.pid, pod.podId]))
    return Promise.resolve(podOfShim.size === 0 ? new Map() : sumByPod(listProcesses(), podOfShim))
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#cancelCheck()
    for (const pod of this.#pods.values()) pod.letGo()
    this.#exitFiles[Symbol.dispose]()
    return Promise.resolve()
  }

  #start({ podId, version, sessionFolder, hostPorts }: PodOrder): ShimIdentity {
    const folder = this.#folderOf(podId)
    mkdirSync(folder.path, { mode: 0o700 })
    const stdout = openSync(folder.stdout, 'a', 0o600)
    const stderr = openSync(folder.stderr, 'a', 0o600)
    const sessionSocket = sessionFolder === null ? null : join(sessionFolder, SESSION_SOCKET)
    try {
      const args = [SHIM, this.#exitFiles.pathOf(podId), ...version.command, ...version.args]
      const child = spawn('/bin/sh', args, {
        cwd: version.workingDirectory === '' ? '/' : version.workingDirectory,
        env: podEnvironment(version, { podId, path: this.#options.path, ports: hostPorts, sessionSocket }),
        stdio: ['ignore', stdout, stderr],
        detached: true, // A session and a process group of its own.
      })
      child.on('error', (error) => this.#options.log.error({ podId, err: error }, 'a shim could not be started'))
      child.on('exit', () => this.#pods.get(podId)?.checkAlive())
      child.unref()
      const entry = child.pid === undefined ? null : readProcess(child.pid)
      if (entry === null) throw new Error('/bin/sh did not start')
      return { pid: entry.pid, startTicks: entry.startTicks, bootId: this.#bootId }
    } finally {
      closeSync(stdout)
      closeSync(stderr)
    }
  }

  #keep(order: PodOrder, shim: ShimIdentity): ProcessPod {
    const { clock, host } = this.#options
    const readExitCode = (): number | null => this.#exitFiles.read(order.podId)
    const pod = new ProcessPod(order, shim, { clock, host, scan: this.#scan, readExitCode })
    this.#pods.set(order.podId, pod)
    this.#exitFiles.await(order.podId, (exitCode) => pod.noteExit(exitCode))
    void pod.ended.then(() => this.#pods.get(order.podId) === pod && this.#pods.delete(order.podId))
    return pod
  }

  /** The agent before us died between starting this pod and noting who it is. */
  #findShim(podId: string): ShimIdentity | null {
    if (!existsSync(this.#folderOf(podId).path)) return null
    const entries = processesWithVariable('FORNAX_POD_ID', podId)
    const leader = entries.find((entry) => entry.pid === entry.sessionId)
    return leader === undefined ? null : { ...leader, bootId: this.#bootId }
  }

  /** What left the pod's group but carries its mark: daemons, and all of a pod whose shim nobody knows. */
  async #killStrays(podId: string): Promise<void> {
    const { clock } = this.#options
    let nowMs = clock.nowMs()
    for (let strays = this.#scan.livingOf(podId, nowMs - 1); strays.length > 0;) {
      for (const { pid } of strays) kill(pid)
      await sleep(clock, 5)
      nowMs = clock.nowMs()
      strays = this.#scan.livingOf(podId, nowMs - 1)
    }
  }

  #checkLater(): Cancel {
    return this.#options.clock.schedule(ALIVE_CHECK_MS, () => {
      for (const pod of this.#pods.values()) pod.checkAlive()
      this.#cancelCheck = this.#checkLater()
    })
  }

  #folderOf(podId: string): ReturnType<typeof podFolderOf> {
    return podFolderOf(this.#options.podsFolder, podId)
  }
}

const shimSchema = z.object({ pid: z.number(), startTicks: z.number(), bootId: z.string() })

function refusalOf({ version }: PodOrder): string | null {
  if (version.image !== 'host') return 'the process runtime runs only the image `host`'
  if (version.command.length + version.args.length === 0) return 'there is no command to run'
  const folder = version.workingDirectory
  if (folder !== '' && !statSync(folder, { throwIfNoEntry: false })?.isDirectory())
    return `the working directory ${folder} does not exist`
  return null
}

/** What a process uses counts for the pod whose session it is in, or whose descendant it is. */
function sumByPod(
  entries: readonly ProcessEntry[],
  podOfShim: ReadonlyMap<number, string>,
): ReadonlyMap<string, ResourceUse> {
  const byPid = new Map(entries.map((entry) => [entry.pid, entry]))
  const podOf = (entry: ProcessEntry | undefined, depth = 0): string | undefined => {
    if (entry === undefined || depth > 64) return undefined
    return podOfShim.get(entry.sessionId) ?? podOf(byPid.get(entry.parentPid), depth + 1)
  }
  const sums = new Map<string, { cpuMs: number; memoryBytes: number }>()
  for (const entry of entries) {
    const podId = podOf(entry)
    if (podId === undefined) continue
    const sum = sums.get(podId) ?? { cpuMs: 0, memoryBytes: 0 }
    sums.set(podId, { cpuMs: sum.cpuMs + entry.cpuMs, memoryBytes: sum.memoryBytes + entry.memoryBytes })
  }
  return sums
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    return // It has just ended.
  }
}
