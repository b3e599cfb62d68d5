/** What went through the network of a pod, as the kernel counts it. */
import { readFile } from 'node:fs/promises'

/** Since its network was made. */
export type Traffic = { readonly receivedBytes: number; readonly sentBytes: number }

const NONE: Traffic = { receivedBytes: 0, sentBytes: 0 }
const SENT_COLUMN = 8

/** Of the network that the process is in, its own loopback aside. Nothing for 0, and when it is gone. */
export async function readTraffic(pid: number): Promise<Traffic> {
  if (pid === 0) return NONE
  try {
    return parseTraffic(await readFile(`/proc/${pid}/net/dev`, 'utf8'))
  } catch {
    return NONE // It has just ended.
  }
}

/** Reads /proc/net/dev: two lines of titles, then a line for each device. */
export function parseTraffic(text: string): Traffic {
  let receivedBytes = 0
  let sentBytes = 0
  for (const line of text.split('\n').slice(2)) {
    const [device = '', counters = ''] = line.split(':')
    if (device.trim() === 'lo') continue
    const columns = counters.trim().split(/\s+/).map(Number)
    receivedBytes += columns[0] ?? 0
    sentBytes += columns[SENT_COLUMN] ?? 0
  }
  return { receivedBytes, sentBytes }
}
