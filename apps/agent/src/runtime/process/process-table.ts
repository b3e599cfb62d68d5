/** The processes of this machine, as /proc tells them. */
import { readdirSync, readFileSync } from 'node:fs'

export type ProcessEntry = {
  readonly pid: number
  readonly parentPid: number
  readonly groupId: number
  readonly sessionId: number
  /** It has ended, but nobody has asked for its exit code. */
  readonly isZombie: boolean
  /** CPU time of the process and of its children that have ended. */
  readonly cpuMs: number
  readonly memoryBytes: number
  /** When it started, in ticks since boot: with the pid, its identity. */
  readonly startTicks: number
}

/** Linux counts process times in hundredths of a second on every architecture that we run on. */
const MS_PER_TICK = 10

/** A process, or null when there is none with this pid. */
export function readProcess(pid: number): ProcessEntry | null {
  const text = read(`/proc/${pid}/stat`)
  if (text === null) return null
  // The name stands in brackets and may hold spaces and brackets itself.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const field = (number: number): number => Number(fields[number - 3])
  return {
    pid,
    parentPid: field(4),
    groupId: field(5),
    sessionId: field(6),
    isZombie: fields[0] === 'Z' || fields[0] === 'X',
    cpuMs: (field(14) + field(15) + field(16) + field(17)) * MS_PER_TICK,
    memoryBytes: field(24) * pageBytes(),
    startTicks: field(22),
  }
}

/** A process and its descendants, as long as their parents live. */
export function processTree(pid: number): readonly ProcessEntry[] {
  const root = readProcess(pid)
  if (root === null) return []
  const children = (read(`/proc/${pid}/task/${pid}/children`) ?? '').split(' ').filter((text) => text !== '')
  return [root, ...children.flatMap((child) => processTree(Number(child)))]
}

/** Every process that there is. */
export function listProcesses(): readonly ProcessEntry[] {
  return processIds()
    .map(readProcess)
    .filter((entry) => entry !== null)
}

/** The processes that were started with an environment variable of this value. */
export function processesWithVariable(name: string, value: string): readonly ProcessEntry[] {
  return processesByVariable(name).get(value) ?? []
}

/** The processes that were started with an environment variable, by its value. */
export function processesByVariable(name: string): ReadonlyMap<string, readonly ProcessEntry[]> {
  const byValue = new Map<string, ProcessEntry[]>()
  for (const pid of processIds()) {
    const value = valueIn(read(`/proc/${pid}/environ`) ?? '', name)
    const entry = value === null ? null : readProcess(pid)
    if (value === null || entry === null) continue
    const entries = byValue.get(value)
    if (entries === undefined) byValue.set(value, [entry])
    else entries.push(entry)
  }
  return byValue
}

function valueIn(environment: string, name: string): string | null {
  const start = `\0${environment}`.indexOf(`\0${name}=`)
  if (start === -1) return null
  const from = start + name.length + 1
  const end = environment.indexOf('\0', from)
  return environment.slice(from, end === -1 ? undefined : end)
}

/** Another boot means other processes, whatever their pids and start times. */
export function bootId(): string {
  return read('/proc/sys/kernel/random/boot_id')?.trim() ?? ''
}

function processIds(): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null // It has just ended, or belongs to somebody else: either way there is nothing to see.
  }
}

let knownPageBytes = 0

function pageBytes(): number {
  if (knownPageBytes === 0) knownPageBytes = readPageBytes()
  return knownPageBytes
}

const AUXV_PAGE_SIZE = 6n

function readPageBytes(): number {
  const auxv = readFileSync('/proc/self/auxv')
  for (let offset = 0; offset + 16 <= auxv.length; offset += 16) {
    if (auxv.readBigUInt64LE(offset) === AUXV_PAGE_SIZE) return Number(auxv.readBigUInt64LE(offset + 8))
  }
  return 4_096
}
