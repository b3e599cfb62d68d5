/**
 * What the kernel counts of the TCP connections of a network, see proc(5). A list of them would take milliseconds,
 * however few there are: they lie in one table with those of all networks.
 */
import { readFileSync } from 'node:fs'

/**
 * Whether there is a TCP connection in the network of a process, by either family of addresses: one on which the process
 * has not said yet that it is done. True also when nobody knows: the process has ended, or is 0.
 */
export function hasConnections(pid: number): boolean {
  if (pid === 0) return true
  try {
    return connectionsIn(readFileSync(`/proc/${pid}/net/snmp`, 'utf8')) !== 0
  } catch {
    return true
  }
}

/** `counters`: what `/proc/net/snmp` says, two lines for each protocol: names, and numbers. Null: it does not say. */
export function connectionsIn(counters: string): number | null {
  const [names = [], numbers = []] = counters
    .split('\n')
    .filter((line) => line.startsWith('Tcp:'))
    .map((line) => line.split(' '))
  const found = Number(numbers[names.indexOf('CurrEstab')])
  return Number.isInteger(found) ? found : null
}
