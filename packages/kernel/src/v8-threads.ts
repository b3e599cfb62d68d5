/**
 * The threads in which V8 compiles and collects garbage, beside the one that answers.
 *
 * Linux lets a thread that runs go on for up to a tick (4 ms at 250 Hz) before one of the same priority that has just
 * got something to do. On a machine with few cores that is a word of a node, or a client's request, that waits for a
 * compiler. So they take second place; the main thread and threads that it started itself stay where they are.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { getPriority, setPriority } from 'node:os'

/** So much nicer than their process: such a thread gets a tenth of what a normal one gets, where both want a core. */
export const V8_NICENESS = 10

/** Linux has none above. */
export const NICENESS_MAX = 19
const THREADS = '/proc/self/task'
const NAME = 'V8Worker'

/**
 * Lets them give way to the main thread, in a process that answers somebody. Returns how many now do: none on other
 * systems than Linux, where it is not allowed, and where Node is too old to name its threads.
 */
export function lowerV8Threads(): number {
  const niceness = Math.min(NICENESS_MAX, getPriority() + V8_NICENESS)
  return threads().filter((thread) => lower(thread, niceness)).length
}

function threads(): readonly number[] {
  try {
    return readdirSync(THREADS).filter(isV8).map(Number)
  } catch {
    return [] // Slower at worst.
  }
}

function isV8(thread: string): boolean {
  try {
    return readFileSync(`${THREADS}/${thread}/comm`, 'utf8').trim() === NAME
  } catch {
    return false // It has just ended.
  }
}

/** Linux takes the id of a thread where others take that of a process. */
function lower(thread: number, niceness: number): boolean {
  try {
    setPriority(thread, niceness)
    return true
  } catch {
    return false
  }
}
