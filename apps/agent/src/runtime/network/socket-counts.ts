/**
 * What the kernel counts of the TCP sockets of a network, see proc(5). A list of them would take milliseconds, however
 * few there are: they lie in one table with those of all networks.
 */
import { readFileSync, statSync } from 'node:fs'

export type SocketCounts = {
  /** Those of connections on which this side has not said yet that it is done. */
  readonly connected: number
  /** All, those that listen and those of connections that are about to end among them. */
  readonly open: number
}

/** `networkPid`: a process in the network, `networkFile`: what stands for it. Null: the process is not in there. */
export function countSockets(networkPid: number, networkFile: string): SocketCounts | null {
  if (networkPid === 0) return null
  const folder = `/proc/${networkPid}`
  try {
    const [own, wanted] = [statSync(`${folder}/ns/net`), statSync(networkFile)]
    if (own.ino !== wanted.ino || own.dev !== wanted.dev) return null
    const [snmp = '', ...sockets] = ['snmp', 'sockstat', 'sockstat6'].map((name) =>
      readFileSync(`${folder}/net/${name}`, 'utf8'),
    )
    return socketCounts(snmp, sockets)
  } catch {
    return null // It has just ended.
  }
}

/** Of `/proc/net/snmp`, two lines for each protocol, and of `sockstat` and `sockstat6`. Null: they do not say. */
export function socketCounts(snmp: string, sockstats: readonly string[]): SocketCounts | null {
  const [names = [], numbers = []] = snmp
    .split('\n')
    .filter((line) => line.startsWith('Tcp:'))
    .map((line) => line.split(' '))
  const connected = Number(numbers[names.indexOf('CurrEstab')])
  const open = sockstats.map((text) => Number(/^TCP6?: inuse (\d+)/m.exec(text)?.[1]))
  const counts = { connected, open: open.reduce((sum, count) => sum + count, 0) }
  return Number.isInteger(counts.connected) && Number.isInteger(counts.open) ? counts : null
}
