/**
 * The threads in which V8 compiles and collects garbage, beside the one that answers.
 *
 * Linux lets a thread that runs go on for up to a tick (4 ms at 250 Hz) before one of the same priority that has just
 * got something to do. On a machine with few cores that is a word of a node, or a client's request, that waits for a
 * compiler. So helpers take second place; the main thread and threads that it started itself stay where they are.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { setPriority } from 'node:os'

/** A nice value: such a thread gets a tenth of what a normal one gets, where both want a core. */
export const HELPER_NICENESS = 10

const THREADS = '/proc/self/task'
const HELPER = 'V8Worker'

/**
 * Gives way to the main thread, in a process that answers somebody. Returns how many threads now do: none where the
 * system does not list them (other than Linux), or does not allow it.
 */
export function lowerHelperThreads(): number {
  return helperThreads().filter(lower).length
}

function helperThreads(): readonly number[] {
  try {
    const names = readdirSync(THREADS).map((id) => [Number(id), readFileSync(`${THREADS}/${id}/comm`, 'utf8')] as const)
    return names.filter(([, name]) => name.trim() === HELPER).map(([id]) => id)
  } catch {
    return [] // Slower at worst.
  }
}

/** Linux takes the id of a thread where others take that of a process. */
function lower(thread: number): boolean {
  try {
    setPriority(thread, HELPER_NICENESS)
    return true
  } catch {
    return false
  }
}
