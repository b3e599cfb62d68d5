/**
 * Tells when somebody speaks to a pod. The kernel counts the packets of watched addresses, and traces those to alarmed
 * ones; `nft monitor trace` says at once that it did. Nothing is lost meanwhile: the sockets of a pod that is frozen go
 * on taking connections and data, as far as their buffers reach, so that it only has to be woken soon.
 *
 * A trace may be missed: the monitor has only just begun, or the kernel has more to say than it can take. So whoever
 * waits for a packet looks at the count from time to time as well.
 */
import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { sleep, systemClock } from '@fornax/kernel/clock'
import type { Log } from '@fornax/kernel/log'
import { z } from 'zod'
import type { TrafficSensor } from '../runtime.ts'
import { tableName } from './agent-tag.ts'
import { TRAFFIC_CHAIN } from './nft-rules.ts'
import { runTool, TOOL_ENVIRONMENT } from './run-tool.ts'

const LISTEN_TRIES = 500
const LISTEN_AGAIN_MS = 2

type Monitor = ChildProcessByStdio<null, Readable, null>

export class TrafficWatch implements AsyncDisposable {
  readonly #table: string
  readonly #change: (lines: readonly string[]) => Promise<void>
  readonly #log: Log
  readonly #watched = new Set<string>()
  readonly #alarms = new Map<string, () => void>()
  #reading: Promise<ReadonlyMap<string, number>> | null = null
  #monitor: Monitor | null = null
  #isDisposed = false

  constructor(tag: string, change: (lines: readonly string[]) => Promise<void>, log: Log) {
    this.#table = tableName(tag)
    this.#change = change
    this.#log = log
  }

  /** What goes to and from one pod. */
  of(address: string): TrafficSensor {
    return {
      count: () => this.#count(address),
      alert: (onPacket) => this.#alert(address, onPacket),
      calm: () => this.#calm(address),
    }
  }

  /** The address is about to be anybody's. */
  async forget(address: string): Promise<void> {
    await this.#calm(address)
    if (this.#watched.delete(address)) await this.#change([this.#element('delete', 'watched', address)])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isDisposed = true
    this.#alarms.clear()
    await this.#reading?.catch(() => undefined)
    await this.#stopMonitor()
  }

  async #count(address: string): Promise<number> {
    if (!this.#watched.has(address)) {
      this.#watched.add(address)
      await this.#change([this.#element('add', 'watched', address)])
    }
    if (this.#alarms.size > 0) this.#startMonitor() // Should it have died.
    // Whoever asks in the same turn shares an answer.
    this.#reading ??= this.#read().finally(() => (this.#reading = null))
    return (await this.#reading).get(address) ?? 0
  }

  async #read(): Promise<ReadonlyMap<string, number>> {
    const text = await runTool('nft', ['-j', 'list', 'set', 'inet', this.#table, 'watched'])
    return packetsOf(JSON.parse(text))
  }

  async #alert(address: string, onPacket: () => void): Promise<void> {
    const isNew = !this.#alarms.has(address)
    this.#alarms.set(address, onPacket)
    this.#startMonitor()
    await this.#listens()
    if (isNew && this.#alarms.has(address)) await this.#change([this.#element('add', 'alarmed', address)])
  }

  async #calm(address: string): Promise<void> {
    if (!this.#alarms.delete(address)) return
    if (this.#alarms.size === 0) void this.#stopMonitor()
    await this.#change([this.#element('delete', 'alarmed', address)])
  }

  #element(verb: 'add' | 'delete', set: 'watched' | 'alarmed', address: string): string {
    // Added first, because nftables complains about what is not there.
    const line = (word: string): string => `${word} element inet ${this.#table} ${set} { ${address} }`
    return verb === 'add' ? line('add') : `${line('add')}; ${line('delete')}`
  }

  #startMonitor(): void {
    if (this.#monitor !== null || this.#isDisposed) return
    const monitor = spawn('nft', ['monitor', 'trace'], { stdio: ['ignore', 'pipe', 'ignore'], env: TOOL_ENVIRONMENT })
    this.#monitor = monitor
    createInterface({ input: monitor.stdout }).on('line', (line) => this.#hear(line))
    const gone = (why: string): void => {
      if (this.#monitor !== monitor) return
      this.#monitor = null
      this.#log.warn({ why }, 'packets to sleeping pods are only seen by their count for a moment')
    }
    monitor.once('error', (error) => gone(error.message))
    monitor.once('exit', (code) => gone(`nft monitor ended with ${code}`))
  }

  /** The monitor does not say that it has begun, but the kernel does. Where it never does, the count has to do. */
  async #listens(): Promise<void> {
    for (let tries = 0; tries < LISTEN_TRIES; tries += 1) {
      const pid = this.#monitor?.pid
      if (pid === undefined || hearsTraces(await readFile('/proc/net/netlink', 'utf8'), pid)) return
      await sleep(systemClock, LISTEN_AGAIN_MS)
    }
  }

  async #stopMonitor(): Promise<void> {
    const monitor = this.#monitor
    this.#monitor = null
    if (monitor === null || monitor.exitCode !== null || monitor.signalCode !== null) return
    const exited = new Promise((resolve) => monitor.once('exit', resolve))
    monitor.kill()
    await exited
  }

  #hear(line: string): void {
    const address = tracedAddress(line, this.#table)
    if (address === null) return
    const onPacket = this.#alarms.get(address)
    if (onPacket === undefined) return // Somebody else's, or it was heard before.
    onPacket()
  }
}

const NETLINK_NETFILTER = 12
/** The bit of the group to which traces are told. */
const TRACE_GROUP = 0x100

/** Whether a process is told of traces, as /proc/net/netlink says it: socket, protocol, process, groups … */
export function hearsTraces(sockets: string, pid: number): boolean {
  return sockets.split('\n').some((line) => {
    const [, protocol, owner, groups = ''] = line.trim().split(/\s+/)
    const isIts = Number(protocol) === NETLINK_NETFILTER && Number(owner) === pid
    return isIts && (Number.parseInt(groups, 16) & TRACE_GROUP) !== 0
  })
}

const TRACED = / inet (\S+ \S+) packet: .*? ip daddr (\d+\.\d+\.\d+\.\d+) /

/** Whom a packet was for that `nft monitor trace` tells of; null when it tells of something else. */
export function tracedAddress(line: string, table: string): string | null {
  const [, chain, address = null] = TRACED.exec(line) ?? []
  return chain === `${table} ${TRAFFIC_CHAIN}` ? address : null
}

const listingSchema = z.object({
  nftables: z.array(z.object({ set: z.object({ elem: z.array(z.unknown()).default([]) }).optional() })),
})
const elementSchema = z.object({ elem: z.object({ val: z.string(), counter: z.object({ packets: z.number() }) }) })

/** Reads what `nft -j list set` says of a set that counts. */
export function packetsOf(listing: unknown): ReadonlyMap<string, number> {
  const elements = listingSchema.parse(listing).nftables.flatMap(({ set }) => set?.elem ?? [])
  return new Map(
    elements.map((element) => {
      const { val, counter } = elementSchema.parse(element).elem
      return [val, counter.packets] as const
    }),
  )
}
