import { createLog } from '@fornax/kernel/log'
import { describe, expect, it } from 'vitest'
import { tableName } from './agent-tag.ts'
import { CommandShell, NFT } from './command-shell.ts'
import { runTool } from './run-tool.ts'
import { canRuleNetworks } from './test/this-machine.ts'
import { packetsOf, tracedAddress, TrafficWatch } from './traffic-watch.ts'

it('reads whom a traced packet was for', () => {
  const packet =
    'trace id c95b6e06 inet fornax_ab traffic packet: oif "cni0" ip saddr 10.88.0.1 ip daddr 10.88.0.7 ip dscp cs0 tcp dport 80'
  expect(tracedAddress(packet, 'fornax_ab')).toBe('10.88.0.7')
  expect(tracedAddress(packet, 'fornax_cd')).toBeNull()
  expect(tracedAddress('trace id c95b6e06 inet fornax_ab traffic policy accept', 'fornax_ab')).toBeNull()
  expect(tracedAddress(packet.replace(' traffic ', ' to_node '), 'fornax_ab')).toBeNull()
})

it('reads what was counted, and that a set is empty', () => {
  const element = (val: string, packets: number) => ({ elem: { val, counter: { packets, bytes: packets * 60 } } })
  const set = { family: 'inet', name: 'watched', elem: [element('10.88.0.7', 3), element('10.88.0.8', 0)] }
  const counted = packetsOf({ nftables: [{ metainfo: {} }, { set }] })
  expect([...counted]).toEqual([
    ['10.88.0.7', 3],
    ['10.88.0.8', 0],
  ])
  expect(packetsOf({ nftables: [{ set: { name: 'watched' } }] }).size).toBe(0)
})

const ADDRESS = '100.64.48.1'

describe.skipIf(!canRuleNetworks)('a watch that the kernel did not obey', () => {
  it('counts nothing until it is obeyed, and then counts', async () => {
    await using kernel = await Kernel.open()
    const sensor = kernel.watch.of(ADDRESS)
    kernel.isRefusing = true
    await expect(sensor.count()).rejects.toThrow('refused')
    kernel.isRefusing = false
    expect(await sensor.count()).toBe(0)
    expect(await kernel.elements('watched')).toContain(ADDRESS)
  })

  it('tells nobody to be silent whose count somebody took away, and counts anew', async () => {
    await using kernel = await Kernel.open()
    const sensor = kernel.watch.of(ADDRESS)
    expect(await sensor.count()).toBe(0)
    await kernel.run([`flush set inet ${kernel.table} watched`])
    await expect(sensor.count()).rejects.toThrow('not counted')
    expect(await sensor.count()).toBe(0)
    expect(await kernel.elements('watched')).toContain(ADDRESS)
  })

  it('counts several from their first question on, though they share an answer', async () => {
    await using kernel = await Kernel.open()
    const others = ['100.64.48.2', '100.64.48.3', '100.64.48.4']
    expect(await kernel.watch.of(ADDRESS).count()).toBe(0)
    const all = [ADDRESS, ...others].map((address) => kernel.watch.of(address).count())
    expect(await Promise.all(all)).toEqual([0, 0, 0, 0])
  })

  it('sets an alarm when it is asked again', async () => {
    await using kernel = await Kernel.open()
    const sensor = kernel.watch.of(ADDRESS)
    kernel.isRefusing = true
    await expect(sensor.alert(() => undefined)).rejects.toThrow('not told')
    kernel.isRefusing = false
    await sensor.alert(() => undefined)
    expect(await kernel.elements('alarmed')).toContain(ADDRESS)
    await sensor.calm()
    expect(await kernel.elements('alarmed')).not.toContain(ADDRESS)
  })
})

/** A table of our own with the two sets, whose changes may be refused. */
class Kernel implements AsyncDisposable {
  readonly table = tableName(`watch${process.pid}`)
  readonly watch: TrafficWatch
  isRefusing = false
  readonly #shell = new CommandShell(NFT)

  private constructor() {
    const change = (lines: readonly string[]): Promise<void> =>
      this.isRefusing ? Promise.reject(new Error('refused')) : this.run(lines)
    this.watch = new TrafficWatch(`watch${process.pid}`, change, createLog('agent', 'silent'))
  }

  static async open(): Promise<Kernel> {
    const kernel = new Kernel()
    const set = (name: string, more: string): string =>
      `add set inet ${kernel.table} ${name} { type ipv4_addr; ${more} }`
    await kernel.run([`add table inet ${kernel.table}`, set('watched', 'counter;'), set('alarmed', '')])
    return kernel
  }

  run(lines: readonly string[]): Promise<void> {
    return this.#shell.run(lines)
  }

  elements(set: 'watched' | 'alarmed'): Promise<string> {
    return runTool('nft', ['list', 'set', 'inet', this.table, set])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.watch[Symbol.asyncDispose]()
    await this.run([`delete table inet ${this.table}`])
    await this.#shell[Symbol.asyncDispose]()
  }
}
