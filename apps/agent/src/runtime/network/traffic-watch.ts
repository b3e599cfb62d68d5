/**
 * Tells when somebody speaks to a pod. The kernel counts the packets of watched addresses, and traces those to alarmed
 * ones; `nft monitor trace` says at once that it did. Nothing is lost meanwhile: the sockets of a pod that is frozen go
 * on taking connections and data, as far as their buffers reach, so that it only has to be woken soon.
 *
 * A trace may be missed: the monitor has only just begun, or the kernel has more to say than it can take. So whoever
 * waits for a packet looks at the count from time to time as well.
 */
import { systemStopwatch } from '@fornax/kernel/clock'
import type { Log } from '@fornax/kernel/log'
import { z } from 'zod'
import type { TrafficSensor } from '../runtime.ts'
import { tableName } from './agent-tag.ts'
import { TRAFFIC_CHAIN } from './nft-rules.ts'
import { runTool } from './run-tool.ts'
import { TraceMonitor } from './trace-monitor.ts'

/** A listing takes some milliseconds; whoever waits for one that hangs sees nothing meanwhile. */
const READ_LIMIT_MS = 10_000

export class TrafficWatch implements AsyncDisposable {
  readonly #table: string
  readonly #change: (lines: readonly string[]) => Promise<void>
  readonly #watched = new Set<string>()
  readonly #alarms = new Map<string, () => void>()
  #reading: Promise<ReadonlyMap<string, number>> | null = null
  readonly #monitor: TraceMonitor
  #isDisposed = false

  constructor(tag: string, change: (lines: readonly string[]) => Promise<void>, log: Log) {
    this.#table = tableName(tag)
    this.#change = change
    this.#monitor = new TraceMonitor({
      program: 'nft',
      args: ['monitor', 'trace'],
      heard: (line) => this.#hear(line),
      stopwatch: systemStopwatch,
      complain: (why) => log.warn({ why }, 'packets to sleeping pods are only seen by their count for a while'),
    })
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
    await this.#monitor.stop()
  }

  async #count(address: string): Promise<number> {
    const isNew = !this.#watched.has(address)
    if (isNew) await this.#begin(address)
    if (this.#alarms.size > 0 && !this.#isDisposed) this.#monitor.keep() // Should it have died.
    const shared = (await this.#read()).get(address)
    // That answer may be older than the element.
    const packets = shared ?? (isNew ? (await this.#read()).get(address) : undefined)
    if (packets !== undefined) return packets
    this.#watched.delete(address) // Somebody took it out of the kernel: it is watched anew when it is asked again.
    throw new Error(`the packets of ${address} are not counted`)
  }

  async #begin(address: string): Promise<void> {
    this.#watched.add(address)
    try {
      await this.#change([this.#element('add', 'watched', address)])
    } catch (error) {
      this.#watched.delete(address)
      this.#takeBack('watched', address)
      throw error
    }
  }

  /** A tool that ended may have done what it was told. Before anybody else asks for the same, so that theirs stays. */
  #takeBack(set: 'watched' | 'alarmed', address: string): void {
    this.#change([this.#element('delete', set, address)]).catch(() => undefined) // At worst it is counted for nobody.
  }

  /** Whoever asks in the same turn shares an answer. */
  #read(): Promise<ReadonlyMap<string, number>> {
    this.#reading ??= this.#list().finally(() => (this.#reading = null))
    return this.#reading
  }

  async #list(): Promise<ReadonlyMap<string, number>> {
    const args = ['-j', 'list', 'set', 'inet', this.#table, 'watched']
    return packetsOf(JSON.parse(await runTool('nft', args, '', READ_LIMIT_MS)))
  }

  async #alert(address: string, onPacket: () => void): Promise<void> {
    const isNew = !this.#alarms.has(address)
    this.#alarms.set(address, onPacket)
    if (!this.#isDisposed) this.#monitor.keep()
    try {
      await this.#monitor.listens()
      if (isNew && this.#alarms.has(address)) await this.#change([this.#element('add', 'alarmed', address)])
    } catch (cause) {
      // The kernel has to be told when somebody asks again.
      if (this.#alarms.get(address) === onPacket) {
        this.#alarms.delete(address)
        this.#takeBack('alarmed', address)
      }
      throw new Error(`packets to ${address} are not told`, { cause })
    }
  }

  async #calm(address: string): Promise<void> {
    if (!this.#alarms.delete(address)) return
    if (this.#alarms.size === 0) void this.#monitor.stop()
    await this.#change([this.#element('delete', 'alarmed', address)])
  }

  #element(verb: 'add' | 'delete', set: 'watched' | 'alarmed', address: string): string {
    // Added first, because nftables complains about what is not there.
    const line = (word: string): string => `${word} element inet ${this.#table} ${set} { ${address} }`
    return verb === 'add' ? line('add') : `${line('add')}; ${line('delete')}`
  }

  #hear(line: string): void {
    const address = tracedAddress(line, this.#table)
    if (address === null) return
    const onPacket = this.#alarms.get(address)
    if (onPacket === undefined) return // Somebody else's, or it was heard before.
    onPacket()
  }
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
