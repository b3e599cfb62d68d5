/**
 * Which processes the parts are. A supervisor that was killed could not end them;
 * they notice and end by themselves, and the next supervisor waits for that.
 */
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { sleep, type Clock } from '@fornax/kernel/clock'
import { z } from 'zod'
import type { PartName } from './part-process.ts'
import { writeAtomically } from './write-atomically.ts'

const record = z.array(z.object({ name: z.string(), pid: z.number(), bornAt: z.string() }))
type Entry = z.infer<typeof record>[number]

const LOOK_AGAIN_MS = 50
const PATIENCE_MS = 5_000

export class RunRecord implements Disposable {
  readonly #path: string
  readonly #say: (line: string) => void
  readonly #entries = new Map<PartName, Entry>()

  constructor(dataDir: string, say: (line: string) => void) {
    this.#path = join(dataDir, 'parts.json')
    this.#say = say
  }

  /** Notes the process of a part; null: there is none now. A full disk does not keep a part from running. */
  note(name: PartName, pid: number | null): void {
    const bornAt = pid === null ? null : birthOf(pid)
    if (pid === null || bornAt === null) this.#entries.delete(name)
    else this.#entries.set(name, { name, pid, bornAt })
    try {
      writeAtomically(this.#path, `${JSON.stringify([...this.#entries.values()])}\n`)
    } catch (error) {
      this.#say(`The process of the ${name} cannot be noted: ${String(error)}`)
    }
  }

  /** Waits for the parts of a supervisor that was killed, and in the end kills them. */
  async endLeftovers(clock: Clock): Promise<void> {
    let left = readEntries(this.#path).filter(isLeft)
    if (left.length > 0)
      this.#say(`Waiting for the ${left.map(({ name }) => name).join(' and ')} of a run that was killed.`)
    const deadlineMs = clock.nowMs() + PATIENCE_MS
    while (left.length > 0) {
      if (clock.nowMs() >= deadlineMs) for (const { pid } of left) kill(pid)
      await sleep(clock, LOOK_AGAIN_MS)
      left = left.filter(isLeft)
    }
  }

  [Symbol.dispose](): void {
    rmSync(this.#path, { force: true })
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    const isGone = error instanceof Error && 'code' in error && error.code === 'ESRCH'
    if (!isGone) throw new Error(`cannot end process ${pid}`, { cause: error })
  }
}

function isLeft({ pid, bornAt }: Entry): boolean {
  return birthOf(pid) === bornAt
}

function readEntries(path: string): Entry[] {
  try {
    return record.safeParse(JSON.parse(readFileSync(path, 'utf8'))).data ?? []
  } catch {
    return []
  }
}

/** When a process was born, in ticks since the boot: with its pid that names it for good. Null when it is gone. */
export function birthOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return state === 'Z' ? null : (fields[18] ?? null)
  } catch {
    return null
  }
}
