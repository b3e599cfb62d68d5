/**
 * The networks of containers, which containerd and its plugins make, as far as
 * they are ours: who may reach a pod, and the ways of sessions into it.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { Log } from '@fornax/kernel/log'
import { z } from 'zod'
import { tableName } from '../network/agent-tag.ts'
import { deviceTo, readRoutes } from '../network/route-table.ts'
import { runTool } from '../network/run-tool.ts'
import { rulesFor, sessionEndpoints, type SessionEndpoints } from '../network/session-endpoints.ts'
import { SessionWays, type WayTarget } from '../network/session-ways.ts'
import type { PodOrder } from '../runtime.ts'
import { ADDRESS_TRAFFIC, bridgeScript, onlyPodsLine, podsLine } from './address-traffic.ts'

export type ContainerNetworksOptions = {
  readonly tag: string
  /** The address that clients use for this node. */
  readonly host: string
  /** Notes what has to be put back in its place at the end. */
  readonly stateFile: string
  readonly log: Log
}

export class ContainerNetworks implements AsyncDisposable {
  readonly #options: ContainerNetworksOptions
  readonly #ways: SessionWays
  /** Devices that we have told to let clients of 127.0.0.1 in. */
  readonly #openedDevices: Set<string>

  private constructor(options: ContainerNetworksOptions, ways: SessionWays) {
    this.#options = options
    this.#ways = ways
    this.#openedDevices = new Set(readState(options.stateFile))
  }

  /** Makes the rules, or takes over those of an earlier agent. `addresses` are those of the pods that are there. */
  static async open(options: ContainerNetworksOptions, addresses: ReadonlySet<string>): Promise<ContainerNetworks> {
    const { tag, host, log } = options
    const ways = await SessionWays.open(tag, ADDRESS_TRAFFIC, rulesFor(host, log), log)
    try {
      await runTool('nft', ['-f', '-'], bridgeScript(tag))
      await ways.change([onlyPodsLine(tag, [...addresses])])
      await ways.closeStray((address) => addresses.has(address))
      return new ContainerNetworks(options, ways)
    } catch (error) {
      await ways[Symbol.asyncDispose]()
      throw error
    }
  }

  /** Takes a new pod under the rules; before, it must not run anything. */
  async admit({ address }: WayTarget): Promise<void> {
    await this.#ways.change([podsLine(this.#options.tag, 'add', [address])])
    this.#letLocalClientsIn(address)
  }

  endpointsOf(order: PodOrder, target: WayTarget): SessionEndpoints {
    const { host, log } = this.#options
    return sessionEndpoints(order, target, { ways: this.#ways, host, log })
  }

  /** Closes every way into a pod that has ended. Nobody reaches its address, until that is `forget`ten. */
  closeAll({ podId, address }: WayTarget): Promise<void> {
    return this.#ways.closeAll(podId, address)
  }

  /** The address is about to be anybody's. Does nothing when it was not a pod's. Rejects while a way still leads there. */
  async forget(address: string): Promise<void> {
    await this.#ways.closeLeft(address)
    // Added first, because nftables complains about what is not there.
    const { tag } = this.#options
    await this.#ways.change([`${podsLine(tag, 'add', [address])}; ${podsLine(tag, 'delete', [address])}`])
  }

  /** Leaves nothing behind on the machine, once there are no pods. */
  async removeAll(): Promise<void> {
    await this.#ways.removeAll()
    const table = `table bridge ${tableName(this.#options.tag)}`
    await this.#ways.change([`add ${table}; delete ${table}`])
    for (const device of this.#openedDevices) setRouteLocalnet(device, '0')
    rmSync(this.#options.stateFile, { force: true })
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#ways[Symbol.asyncDispose]()
  }

  /** Clients of this machine come from 127.0.0.1, whose answers the kernel would otherwise not take from a device. */
  #letLocalClientsIn(address: string): void {
    const device = deviceTo(address, readRoutes(readFileSync('/proc/net/route', 'utf8')))
    if (device === null || readRouteLocalnet(device) === '1') return
    this.#openedDevices.add(device)
    writeFileSync(this.#options.stateFile, JSON.stringify([...this.#openedDevices]), { mode: 0o600 })
    setRouteLocalnet(device, '1')
  }
}

function routeLocalnetFile(device: string): string {
  return `/proc/sys/net/ipv4/conf/${device}/route_localnet`
}

function readRouteLocalnet(device: string): string {
  return readFileSync(routeLocalnetFile(device), 'utf8').trim()
}

function setRouteLocalnet(device: string, value: '0' | '1'): void {
  try {
    writeFileSync(routeLocalnetFile(device), value)
  } catch (error) {
    if (value === '1') throw error
    return // The device is gone, and its setting with it.
  }
}

function readState(path: string): readonly string[] {
  try {
    return z.array(z.string()).parse(JSON.parse(readFileSync(path, 'utf8')))
  } catch {
    return [] // Nothing was noted.
  }
}
