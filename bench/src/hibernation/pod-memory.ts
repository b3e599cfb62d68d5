/** What pods have in memory, by each of the three ways to count it: read from the kernel, and not from the agent. */
import { globSync, readFileSync } from 'node:fs'

export type PodMemory = {
  /** What the processes have mapped and in memory: a page that many share is counted for each of them. */
  readonly rssBytes: number
  /** The same, but of a page that many share each has its part: it sums up to what there is. */
  readonly pssBytes: number
  /** What the kernel charges to the group, page tables too; a page that many share is charged to one of them. */
  readonly chargedBytes: number
}

const GROUPS = ['/sys/fs/cgroup/memory', '/sys/fs/cgroup']
const BYTES_PER_KIB = 1_024

/** Of so many pods the mean. It walks through the page tables of every process: nothing for a hot path. */
export function meanMemory(podIds: readonly string[]): PodMemory {
  const groups = podIds.map((id) => readMemory(id)).filter((memory) => memory !== null)
  if (groups.length === 0) throw new Error('none of these pods has a memory group: what they keep cannot be read')
  const mean = (of: (memory: PodMemory) => number): number =>
    groups.reduce((sum, memory) => sum + of(memory), 0) / groups.length
  return {
    rssBytes: mean(({ rssBytes }) => rssBytes),
    pssBytes: mean(({ pssBytes }) => pssBytes),
    chargedBytes: mean(({ chargedBytes }) => chargedBytes),
  }
}

/** Null for a pod without a memory group. */
function readMemory(podId: string): PodMemory | null {
  const [folder] = globSync(GROUPS.map((root) => `${root}/fornax-*/${podId}`))
  if (folder === undefined) return null
  const [usage] = globSync(['memory.usage_in_bytes', 'memory.current'].map((name) => `${folder}/${name}`))
  const stat = readFileSync(`${folder}/memory.stat`, 'utf8')
  const unused = /^total_inactive_file (\d+)/m.exec(stat) ?? /^inactive_file (\d+)/m.exec(stat)
  const chargedBytes = Number(readFileSync(usage ?? '', 'utf8')) - Number(unused?.[1] ?? 0)
  const rollups = processesIn(folder).map(readRollup)
  const sum = (name: string): number =>
    rollups.reduce((kib, text) => kib + Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? 0), 0)
  return { rssBytes: sum('Rss') * BYTES_PER_KIB, pssBytes: sum('Pss') * BYTES_PER_KIB, chargedBytes }
}

/** Nothing of a process that has just ended. */
function readRollup(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
  } catch {
    return ''
  }
}

function processesIn(folder: string): readonly string[] {
  const files = globSync([`${folder}/cgroup.procs`, `${folder}/**/cgroup.procs`])
  return [...new Set(files.flatMap((file) => readFileSync(file, 'utf8').split('\n').filter(Boolean)))]
}
