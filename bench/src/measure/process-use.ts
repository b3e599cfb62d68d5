/** What a process has used so far, as /proc tells it: all of its threads together. */
import { readFileSync } from 'node:fs'

export type ProcessUse = {
  readonly cpuMs: number
  readonly rssBytes: number
  /** The most it ever had. */
  readonly peakRssBytes: number
}

/** Linux counts CPU time for user space in hundredths of a second. */
const MS_PER_TICK = 10
const BYTES_PER_KIB = 1_024

export function readProcessUse(pid: number): ProcessUse {
  // The name of the program stands in parentheses and may hold anything: fields are counted from behind it.
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const [userTicks, systemTicks] = [Number(fields[11]), Number(fields[12])]
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const kib = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0)
  return {
    cpuMs: (userTicks + systemTicks) * MS_PER_TICK,
    rssBytes: kib('VmRSS') * BYTES_PER_KIB,
    peakRssBytes: kib('VmHWM') * BYTES_PER_KIB,
  }
}
