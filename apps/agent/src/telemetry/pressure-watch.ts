/** Watches what the node is short of, and frees its disk of images when that is. */
import { readFileSync, statfsSync } from 'node:fs'
import type { Log } from '@fornax/kernel/log'
import { judgePressure, NO_PRESSURE, type FreeShares, type Pressure, type PressureLimits } from './pressure-rules.ts'

/** What is free, now. */
export type FreeGauge = () => Promise<FreeShares>

export type PressureWatchOptions = {
  readonly gauge: FreeGauge
  readonly limits: PressureLimits
  /** Asked each time that the disk is short. */
  readonly makeRoom: () => Promise<void>
  readonly log: Log
}

export class PressureWatch {
  readonly #options: PressureWatchOptions
  #pressure = NO_PRESSURE

  constructor(options: PressureWatchOptions) {
    this.#options = options
  }

  /** Looks at the machine; asked every few seconds. */
  async measure(): Promise<Pressure> {
    const { gauge, limits, makeRoom, log } = this.#options
    const before = this.#pressure
    const free = await gauge()
    this.#pressure = judgePressure(before, free, limits)
    const { memory, disk, pids } = this.#pressure
    if (memory !== before.memory || disk !== before.disk || pids !== before.pids)
      log.warn({ ...this.#pressure, free }, 'what this node is short of has changed')
    if (disk) await makeRoom()
    return this.#pressure
  }
}

/** This machine, and the file systems that the folders lie on: the fullest one counts. */
export function machineFree(folders: () => Promise<readonly string[]>): FreeGauge {
  return async () => ({
    memory: freeMemory(),
    disk: leastOf((await folders()).map(freeDisk)),
    pids: freePids(),
  })
}

function freeMemory(): number | null {
  const text = readFileSync('/proc/meminfo', 'utf8')
  const kib = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? 0)
  const total = kib('MemTotal')
  return total === 0 ? null : kib('MemAvailable') / total
}

/** Of what a user without privileges may write. */
function freeDisk(folder: string): number | null {
  try {
    const { bavail, blocks } = statfsSync(folder)
    return blocks === 0 ? null : bavail / blocks
  } catch {
    return null // It is not there yet.
  }
}

/** Threads take the same numbers as processes; the kernel counts both. */
function freePids(): number | null {
  const most = Math.min(numberIn('/proc/sys/kernel/pid_max'), numberIn('/proc/sys/kernel/threads-max'))
  const running = Number(/\d+\/(\d+)/.exec(readFileSync('/proc/loadavg', 'utf8'))?.[1] ?? 0)
  return most === 0 ? null : 1 - running / most
}

function numberIn(file: string): number {
  try {
    return Number(readFileSync(file, 'utf8'))
  } catch {
    return 0
  }
}

function leastOf(shares: readonly (number | null)[]): number | null {
  const known = shares.filter((share) => share !== null)
  return known.length === 0 ? null : Math.min(...known)
}
