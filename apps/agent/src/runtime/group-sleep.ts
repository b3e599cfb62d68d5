/**
 * Puts a control group to sleep: freezes its processes, and pushes their memory out to swap.
 *
 *   version 1   freezer.state = FROZEN; memory.limit_in_bytes is lowered step by step, and what is left goes by
 *               memory.force_empty. The limit is put back before anything runs again.
 *   version 2   cgroup.freeze = 1; memory.reclaim, a piece at a time.
 *
 * In pieces, because a session may want the pod at any moment: it waits for one piece at most.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sleep, type Clock } from '@fornax/kernel/clock'
import type { MemoryState, PodSleep, ReclaimDepth } from './runtime.ts'

/** Where the groups of one pod are. */
export type SleepFolders =
  | {
      readonly version: 1
      readonly freezer: string | null
      readonly memory: string | null
      /** What the group may use; null: somebody else limits it. */
      readonly limitBytes: number | null
    }
  | { readonly version: 2; readonly folder: string }

const FREEZE_CHECK_MS = 1
const FREEZE_CHECKS_MAX = 1_000
const PIECE_BYTES_MIN = 4 * 1_024 * 1_024
/** Of what is to be pushed out. */
const PIECES = 16
/** What the kernel keeps of a group (page tables, stacks) is not worth another try. */
const LEFT_BYTES = 1_024 * 1_024

export class GroupSleep implements PodSleep {
  readonly #folders: SleepFolders
  readonly #clock: Clock
  readonly #swapProblem: () => string | null
  /** Settles when no limit is lowered any more. */
  #lowering: Promise<unknown> = Promise.resolve()

  /** `swapProblem`: why nothing can be pushed out; by default what this machine says. */
  constructor(folders: SleepFolders, clock: Clock, swapProblem = (): string | null => whyNoSwap()) {
    this.#folders = folders
    this.#clock = clock
    this.#swapProblem = swapProblem
  }

  /** Whether something of it was told to stand still, by whomever; true where that cannot be read. */
  get isFrozen(): boolean {
    const [file, running] = freezeFile(this.#folders, false)
    if (file === null) return false
    try {
      return readFileSync(file, 'utf8').trim() !== running
    } catch {
      return true
    }
  }

  async freeze(): Promise<void> {
    const folders = this.#folders
    const [file, value] = freezeFile(folders, true)
    if (file === null) throw new Error('this machine has no freezer for control groups')
    writeFileSync(file, value)
    for (let check = 0; check < FREEZE_CHECKS_MAX; check += 1) {
      if (isFrozen(folders)) return
      await sleep(this.#clock, FREEZE_CHECK_MS)
    }
    writeFileSync(file, freezeFile(folders, false)[1])
    throw new Error('the kernel did not freeze it')
  }

  async thaw(): Promise<void> {
    const folders = this.#folders
    await this.#lowering
    if (folders.version === 1 && folders.memory !== null) restoreLimit(folders.memory, folders.limitBytes)
    const [file, value] = freezeFile(folders, false)
    if (file === null) return // It was never frozen.
    // In this turn: whoever waits for the pod waits for nothing else of ours.
    writeFileSync(file, value)
    if (folders.version === 1 && readFileSync(file, 'utf8').trim() !== value)
      throw new Error('the kernel did not thaw it')
  }

  async reclaim(depth: ReclaimDepth, signal: AbortSignal): Promise<string | null> {
    const folders = this.#folders
    const problem = this.#swapProblem()
    if (problem !== null) return problem
    try {
      if (folders.version === 2) return await reclaimV2(folders.folder, depth, signal)
      if (folders.memory === null) return 'this machine has no control groups for memory'
      const { memory, limitBytes } = folders
      const lowering = lowerUsage(memory, depth, signal).finally(() => restoreLimit(memory, limitBytes))
      this.#lowering = lowering.catch(() => undefined)
      await lowering
      // Nothing runs in it, so this takes what the steps have left.
      if (depth === 'deep' && !signal.aborted) await writeBusy(join(memory, 'memory.force_empty'), '0')
      return null
    } catch (error) {
      return `its memory could not be pushed out: ${error instanceof Error ? error.message : String(error)}`
    }
  }

  async measureMemory(): Promise<MemoryState | null> {
    const folders = this.#folders
    const folder = folders.version === 2 ? folders.folder : folders.memory
    if (folder === null) return null
    try {
      const isOne = folders.version === 1
      const [stat, charged] = await Promise.all([
        readFile(join(folder, 'memory.stat'), 'utf8').then(numbersOf),
        readFile(join(folder, isOne ? 'memory.usage_in_bytes' : 'memory.current'), 'utf8').then(Number),
      ])
      const unused = stat.get(isOne ? 'total_inactive_file' : 'inactive_file') ?? 0
      const swappedBytes = isOne ? stat.get('total_swap') : await readNumber(join(folder, 'memory.swap.current'))
      return { residentBytes: Math.max(0, charged - unused), swappedBytes: swappedBytes ?? null }
    } catch {
      return null // It has just ended.
    }
  }
}

/** Lines of a name and a number. */
export function numbersOf(text: string): ReadonlyMap<string, number> {
  return new Map(
    text.split('\n').map((line) => {
      const [name = '', value] = line.split(' ')
      return [name, Number(value)]
    }),
  )
}

/** Why memory of processes can be pushed nowhere; null when it can. */
export function whyNoSwap(memoryInfo = readFileSync('/proc/meminfo', 'utf8')): string | null {
  const kib = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(memoryInfo)?.[1] ?? 0)
  if (kib('SwapTotal') === 0) return 'this machine has no swap, so its memory stays'
  return kib('SwapFree') === 0 ? 'the swap of this machine is full, so its memory stays' : null
}

function freezeFile(folders: SleepFolders, toFreeze: boolean): readonly [file: string | null, value: string] {
  if (folders.version === 2) return [join(folders.folder, 'cgroup.freeze'), toFreeze ? '1' : '0']
  const file = folders.freezer === null ? null : join(folders.freezer, 'freezer.state')
  return [file, toFreeze ? 'FROZEN' : 'THAWED']
}

function isFrozen(folders: SleepFolders): boolean {
  if (folders.version === 2)
    return numbersOf(readFileSync(join(folders.folder, 'cgroup.events'), 'utf8')).get('frozen') === 1
  const [file] = freezeFile(folders, true)
  return file !== null && readFileSync(file, 'utf8').trim() === 'FROZEN'
}

async function reclaimV2(folder: string, depth: ReclaimDepth, signal: AbortSignal): Promise<string | null> {
  const current = (await readNumber(join(folder, 'memory.current'))) ?? 0
  let left = depth === 'light' ? Math.floor(current / 2) : current
  const piece = pieceOf(left)
  while (left > 0 && !signal.aborted) {
    // The kernel says EAGAIN when it found less than was asked for: there is no more.
    if (!(await writeBusy(join(folder, 'memory.reclaim'), String(Math.min(piece, left))))) return null
    left -= piece
  }
  return null
}

/** Version 1: what is above a limit that is written has to go. */
async function lowerUsage(folder: string, depth: ReclaimDepth, signal: AbortSignal): Promise<void> {
  const usage = (): Promise<number | null> => readNumber(join(folder, 'memory.usage_in_bytes'))
  const atFirst = (await usage()) ?? 0
  const goal = depth === 'light' ? Math.floor(atFirst / 2) : LEFT_BYTES
  const piece = pieceOf(atFirst - goal)
  for (let at = atFirst; at > goal && !signal.aborted;) {
    const next = Math.max(goal, at - piece)
    if (!(await writeBusy(join(folder, 'memory.limit_in_bytes'), String(next)))) return
    at = Math.min(next, (await usage()) ?? 0)
  }
}

function pieceOf(bytes: number): number {
  return Math.max(PIECE_BYTES_MIN, Math.ceil(bytes / PIECES))
}

function restoreLimit(folder: string, limitBytes: number | null): void {
  writeFileSync(join(folder, 'memory.limit_in_bytes'), String(limitBytes ?? -1))
}

/** False: the kernel has done what it could, and that was less than was asked for. */
async function writeBusy(file: string, value: string): Promise<boolean> {
  try {
    await writeFile(file, value)
    return true
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : ''
    if (code === 'EAGAIN' || code === 'EBUSY') return false
    throw error
  }
}

async function readNumber(file: string): Promise<number | null> {
  try {
    return Number(await readFile(file, 'utf8'))
  } catch {
    return null // This kernel does not count it.
  }
}
