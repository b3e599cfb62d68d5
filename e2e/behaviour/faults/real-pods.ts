/** What really runs: the processes of pods, whatever anybody says of them. */
import { readdirSync, readlinkSync } from 'node:fs'

/** The process ids of each pod of a node. */
export type RealPods = ReadonlyMap<string, readonly number[]>

const STDOUT = /\/agent\/pods\/process\/([^/]+)\/stdout\.log(?: \(deleted\))?$/

/**
 * The pods of the process runtime under the data folder of one agent, by pod id. A process belongs to the pod into
 * whose log it writes.
 */
export function realPodsOf(dataDir: string): RealPods {
  const pods = new Map<string, number[]>()
  for (const name of readdirSync('/proc')) {
    const log = /^\d+$/.test(name) ? stdoutOf(name) : ''
    const podId = log.startsWith(`${dataDir}/`) ? STDOUT.exec(log)?.[1] : undefined
    if (podId !== undefined) pods.set(podId, [...(pods.get(podId) ?? []), Number(name)])
  }
  return pods
}

/** Freezes pods, or lets them go on. */
export function signalPods(pods: RealPods, signal: 'SIGSTOP' | 'SIGCONT'): void {
  for (const pid of [...pods.values()].flat()) signalOne(pid, signal)
}

function signalOne(pid: number, signal: 'SIGSTOP' | 'SIGCONT'): void {
  try {
    process.kill(pid, signal)
  } catch {
    // It has just ended by itself.
  }
}

/** Empty for what has ended, and for what belongs to somebody else. */
function stdoutOf(pid: string): string {
  try {
    return readlinkSync(`/proc/${pid}/fd/1`)
  } catch {
    return ''
  }
}
