/** What the kernel tells of the TCP connections of a network, see proc(5): one line for each, in hexadecimal. */
import { readFile } from 'node:fs/promises'

/** `sl local_address rem_address st …`; groups: the local port, the state. */
const LINE = /^ *\d+: [0-9A-F]+:([0-9A-F]{4}) [0-9A-F]+:[0-9A-F]{4} ([0-9A-F]{2}) /gm
const HEXADECIMAL = 16
/** Of `include/net/tcp_states.h`. */
const [CLOSED, LISTENING] = [0x07, 0x0a]

/**
 * Whether anybody is connected to one of these ports in the network of a process. True also when nobody knows: the
 * process has ended, or is 0.
 */
export async function hasConnections(pid: number, ports: readonly number[]): Promise<boolean> {
  if (pid === 0) return true
  try {
    const tables = ['tcp', 'tcp6'].map((name) => readFile(`/proc/${pid}/net/${name}`, 'utf8'))
    return (await Promise.all(tables)).some((table) => hasConnectionIn(table, ports))
  } catch {
    return true
  }
}

/** `table`: what `/proc/net/tcp` says, or `tcp6`. */
export function hasConnectionIn(table: string, ports: readonly number[]): boolean {
  for (const [, port = '', state = ''] of table.matchAll(LINE)) {
    const code = Number.parseInt(state, HEXADECIMAL)
    if (code !== CLOSED && code !== LISTENING && ports.includes(Number.parseInt(port, HEXADECIMAL))) return true
  }
  return false
}
