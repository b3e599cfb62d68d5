/** The processes of a bubblewrap pod: who they are, and whether they live. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { bootId, listProcesses, processTree, readProcess, type ProcessEntry } from '../process/process-table.ts'
import type { ResourceUse } from '../runtime.ts'

/** The first process of a pod's namespace: when it dies, everything in the pod has died. */
export type SandboxProcess = { readonly pid: number; readonly startTicks: number; readonly bootId: string }

const infoSchema = z.object({ 'child-pid': z.number() })

/** Who the first process is, by the file that bubblewrap writes; null when it did not come that far or is gone. */
export function findSandboxProcess(podFolder: string): SandboxProcess | null {
  const info = readInfo(join(podFolder, 'sandbox.json'))
  const entry = info === null ? null : readProcess(info['child-pid'])
  if (entry === null || entry.isZombie || commandName(entry.pid) !== 'bwrap') return null
  return { pid: entry.pid, startTicks: entry.startTicks, bootId: bootId() }
}

/** Whether it is still that process, and runs. */
export function isSandboxAlive(sandbox: SandboxProcess): boolean {
  const entry = readProcess(sandbox.pid)
  return entry !== null && !entry.isZombie && entry.startTicks === sandbox.startTicks && sandbox.bootId === bootId()
}

/** Asks the pod's command to end. The first process itself cannot be asked, only killed. */
export function terminateCommand(sandbox: SandboxProcess): void {
  if (!isSandboxAlive(sandbox)) return
  const [command] = childrenOf(sandbox.pid)
  if (command !== undefined) signal(command, 'SIGTERM')
}

/** Kills everything in the pod at once. */
export function killSandbox(sandbox: SandboxProcess): void {
  if (isSandboxAlive(sandbox)) signal(sandbox.pid, 'SIGKILL')
}

/** Stops everything in the pod, or lets it go on; false when it is gone. Who is born meanwhile is stopped as well. */
export function signalSandbox(sandbox: SandboxProcess, name: 'SIGSTOP' | 'SIGCONT'): boolean {
  if (!isSandboxAlive(sandbox)) return false
  const reached = new Set<number>()
  for (let isNew = true; isNew;) {
    const fresh = processTree(sandbox.pid).filter(({ pid }) => !reached.has(pid))
    for (const { pid } of fresh) signal(pid, name)
    for (const { pid } of fresh) reached.add(pid)
    isNew = fresh.length > 0
  }
  return true
}

/** Kills a process; it may be gone already. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch {
    return // It has just ended.
  }
}

/** What each tree of processes uses, by the pid of its root. For where there are no groups to ask. */
export function usageOfTrees(roots: ReadonlySet<number>): ReadonlyMap<number, ResourceUse> {
  const entries = new Map(listProcesses().map((entry) => [entry.pid, entry]))
  const sums = new Map<number, ResourceUse>()
  for (const entry of entries.values()) {
    const root = rootOf(entry, entries, roots)
    if (root === null) continue
    const sum = sums.get(root) ?? { cpuMs: 0, memoryBytes: 0 }
    sums.set(root, { cpuMs: sum.cpuMs + entry.cpuMs, memoryBytes: sum.memoryBytes + entry.memoryBytes })
  }
  return sums
}

/** The shims that look after a pod's folder, by their command line. */
export function findShims(podFolder: string): readonly number[] {
  const madeIn = read(join(podFolder, 'box')) || podFolder
  const wanted = `pod-shim.sh\0${madeIn}\0`
  return listProcesses()
    .map((entry) => entry.pid)
    .filter((pid) => read(`/proc/${pid}/cmdline`).includes(wanted))
}

function rootOf(
  entry: ProcessEntry,
  entries: ReadonlyMap<number, ProcessEntry>,
  roots: ReadonlySet<number>,
): number | null {
  for (let at: ProcessEntry | undefined = entry; at !== undefined; at = entries.get(at.parentPid)) {
    if (roots.has(at.pid)) return at.pid
  }
  return null
}

function childrenOf(pid: number): readonly number[] {
  const children = read(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean).map(Number)
  if (children.length > 0) return children
  // A kernel that was built without that file.
  return listProcesses().flatMap((entry) => (entry.parentPid === pid ? [entry.pid] : []))
}

function commandName(pid: number): string {
  return read(`/proc/${pid}/comm`).trim()
}

function readInfo(path: string): z.infer<typeof infoSchema> | null {
  try {
    return infoSchema.parse(JSON.parse(read(path)))
  } catch {
    return null // Not there, or not finished.
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
