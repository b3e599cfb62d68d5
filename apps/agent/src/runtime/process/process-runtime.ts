/**
 * Runs pods as plain processes of this machine, with no isolation at all: for
 * development only. A pod listens on the ports that it is told, and keeps them.
 */
import { spawn } from 'node:child_process'
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { sleep, type Cancel, type Clock } from '@fornax/kernel/clock'
import type { Log } from '@fornax/kernel/log'
import { z } from 'zod'
import { isPortFree } from '../../ports/port-check.ts'
import { refusalOfHostPod } from '../host-pod.ts'
import { filePathsOf, withSecretEnv } from '../pod-files.ts'
import { podEnvironment } from '../pod-environment.ts'
import { podFolderOf } from '../pod-folder.ts'
import { SESSION_SOCKET } from '../runtime.ts'
import type { AdoptPodResult, CreatePodResult, PodOrder, ResourceUse, Runtime } from '../runtime.ts'
import { ExitFiles } from './exit-files.ts'
import { isAlive, ProcessPod, signalGroup, signalPod, type ShimIdentity } from './process-pod.ts'
import {
  bootId,
  processesByVariable,
  processesWithVariable,
  processTree,
  readProcess,
  type ProcessEntry,
} from './process-table.ts'

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
const LEFT_CHECK_MS = 5
const LEFT_CHECKS_MAX = 1_000
const MEASURED_AT_ONCE = 32

/** Opens the runtime over a folder of pods. */
export function createProcessRuntime(options: ProcessRuntimeOptions): Runtime {
  options.log.warn('the process runtime isolates nothing: pods can do whatever this user can; use it for development')
  return new ProcessRuntime(options)
}

class ProcessRuntime implements Runtime {
  readonly name = 'process'
  readonly isolation = 'none'
  readonly hasProcesses = true
  readonly hasSessionService = true
  readonly logFormat = 'plain'
  readonly images = 'host'
  readonly isOnRequest = false
  readonly portsBelongTo = 'pod'
  readonly podOwner = null
  readonly isPortFree = isPortFree
  readonly #options: ProcessRuntimeOptions
  readonly #exitFiles: ExitFiles
  readonly #pods = new Map<string, ProcessPod>()
  /** Pods whose processes were all seen to end, and whose folders are still there. */
  readonly #hasEnded = new Set<string>()
  readonly #bootId = bootId()
  /** What earlier agents left, looked at once. It can only become less. */
  #left: ReadonlyMap<string, readonly ProcessEntry[]> | null = null
  #cancelCheck: Cancel

  constructor(options: ProcessRuntimeOptions) {
    mkdirSync(options.podsFolder, { recursive: true, mode: 0o700 })
    this.#options = options
    this.#exitFiles = new ExitFiles(join(options.podsFolder, '.exits'))
    this.#cancelCheck = this.#checkLater()
  }

  createPod(order: PodOrder): Promise<CreatePodResult> {
    const reason = refusalOfHostPod(order.version, this.name) ?? refusalOfFiles(order)
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
    if (shim !== null && shim.bootId === this.#bootId) signalPod(shim, 'SIGKILL') // Left behind by its shim.
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
    } else if (!this.#hasEnded.delete(podId) && existsSync(this.#folderOf(podId).path)) {
      await this.#killLeft(podId)
    }
    this.#pods.delete(podId)
    this.#hasEnded.delete(podId)
    this.#exitFiles.remove(podId)
    rmSync(this.#folderOf(podId).path, { recursive: true, force: true })
  }

  async readUsage(): Promise<ReadonlyMap<string, ResourceUse>> {
    const uses = new Map<string, ResourceUse>()
    for (const [index, pod] of [...this.#pods.values()].entries()) {
      uses.set(pod.podId, sumOf(processTree(pod.shim.pid)))
      // Sessions that open meanwhile should not wait for hundreds of pods to be measured.
      if (index % MEASURED_AT_ONCE === MEASURED_AT_ONCE - 1) await sleep(this.#options.clock, 0)
    }
    return uses
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#cancelCheck()
    for (const pod of this.#pods.values()) pod.letGo()
    this.#exitFiles[Symbol.dispose]()
    return Promise.resolve()
  }

  #start(order: PodOrder): ShimIdentity {
    const { podId, sessionFolder, hostPorts } = order
    const version = withSecretEnv(order)
    const { path, host } = this.#options
    const folder = this.#folderOf(podId)
    mkdirSync(folder.path, { mode: 0o700 })
    const stdout = openSync(folder.stdout, 'a', 0o600)
    const stderr = openSync(folder.stderr, 'a', 0o600)
    const sessionSocket = sessionFolder === null ? null : join(sessionFolder, SESSION_SOCKET)
    try {
      const args = [SHIM, this.#exitFiles.pathOf(podId), ...version.command, ...version.args]
      const child = spawn('/bin/sh', args, {
        cwd: version.workingDirectory === '' ? '/' : version.workingDirectory,
        env: podEnvironment(version, { podId, path, host, ports: hostPorts, sessionSocket }),
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
    const pod = new ProcessPod(order, shim, { clock, host, readExitCode })
    this.#pods.set(order.podId, pod)
    this.#exitFiles.await(order.podId, (exitCode) => pod.noteExit(exitCode))
    void pod.ended.then(() => this.#noteEnd(pod))
    return pod
  }

  #noteEnd(pod: ProcessPod): void {
    if (this.#pods.get(pod.podId) === pod) this.#pods.delete(pod.podId)
    this.#hasEnded.add(pod.podId)
  }

  /** The agent before us died between starting this pod and noting who it is. */
  #findShim(podId: string): ShimIdentity | null {
    if (!existsSync(this.#folderOf(podId).path)) return null
    const entries = processesWithVariable('FORNAX_POD_ID', podId)
    const leader = entries.find((entry) => entry.pid === entry.sessionId)
    return leader === undefined ? null : { ...leader, bootId: this.#bootId }
  }

  /** All of a pod that an earlier agent started and nobody knows any more. */
  async #killLeft(podId: string): Promise<void> {
    this.#left ??= processesByVariable('FORNAX_POD_ID')
    // What has ended since may have left its number to somebody else.
    const left = (this.#left.get(podId) ?? []).filter(isAlive)
    for (const groupId of new Set(left.map((entry) => entry.groupId))) signalGroup(groupId, 'SIGKILL')
    for (let check = 0; check < LEFT_CHECKS_MAX && left.some(isAlive); check += 1)
      await sleep(this.#options.clock, LEFT_CHECK_MS)
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

/** It shares the node's file system: nothing can be put at a path for one pod alone. */
function refusalOfFiles(order: PodOrder): string | null {
  const [path] = filePathsOf(order)
  return path === undefined
    ? null
    : `${path}: the process runtime gives pods no files of their own; use variables, or another runtime`
}

const shimSchema = z.object({ pid: z.number(), startTicks: z.number(), bootId: z.string() })

function sumOf(entries: readonly ProcessEntry[]): ResourceUse {
  const sum = (of: (entry: ProcessEntry) => number): number => entries.reduce((total, entry) => total + of(entry), 0)
  return { cpuMs: sum((entry) => entry.cpuMs), memoryBytes: sum((entry) => entry.memoryBytes) }
}
