/**
 * How pods of the bubblewrap runtime meet the network: with a network of their
 * own, which takes root, or on the node's, as ordinary processes do.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { isIPv4 } from 'node:net'
import type { Log } from '@fornax/kernel/log'
import type { Endpoint } from '@fornax/node-model/application-version'
import type { OpenEndpointsResult, PodOrder, ProbeAddress, SessionPorts } from '../runtime.ts'
import { networkName, slotAddresses, tableName } from './address-plan.ts'
import { transportOf, type PortMapping } from './nft-rules.ts'
import { insideLines, PodCables } from './pod-cables.ts'
import { runTool } from './run-tool.ts'
import { SessionWays, type WayTarget } from './session-ways.ts'

/** The network of one pod. */
export type PodNetwork = {
  /** The network namespace to start the pod in; null for the node's own. */
  readonly name: string | null
  /** What to run inside, for iproute2. */
  readonly insideLines: readonly string[]
  /** What an adoption needs; null for the node's own. */
  readonly slot: number | null
  /** The numbers that the pod listens on, in the order of its declared ports. */
  readonly ports: readonly number[]
  probeAddress(portName: string): ProbeAddress | null
  openEndpoints(session: SessionPorts): Promise<OpenEndpointsResult>
  closeEndpoints(sessionId: string): Promise<void>
  /** Takes everything away; the pod has ended, or never began. */
  remove(): Promise<void>
}

/** The networks of all pods. */
export type PodNetworks = AsyncDisposable & {
  readonly portsBelongTo: 'pod' | 'session'
  create(order: PodOrder): Promise<PodNetwork>
  adopt(order: PodOrder, slot: number | null, sessions: readonly SessionPorts[]): Promise<PodNetwork>
  /** Removes what is left of the network of a pod that is not known otherwise. */
  removeStray(podId: string, slot: number | null): Promise<void>
  /** Pods of which a network is left. */
  podIds(): readonly string[]
  /** Leaves nothing behind on the machine, once there are no pods. */
  removeAll(): Promise<void>
}

/** Pods listen on the node's own ports, which they are told. */
export function sharedNetworks(host: string): PodNetworks {
  const networkOf = (order: PodOrder): Promise<PodNetwork> => Promise.resolve(sharedNetwork(order, host))
  return {
    portsBelongTo: 'pod',
    create: networkOf,
    adopt: networkOf,
    removeStray: () => Promise.resolve(),
    podIds: () => [],
    removeAll: () => Promise.resolve(),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
}

export type OwnNetworksOptions = {
  readonly tag: string
  /** The address that clients use for this node. */
  readonly host: string
  readonly stateFile: string
  readonly log: Log
}

/** Every pod has a network of its own. Rejects where that is not possible. */
export async function openOwnNetworks(options: OwnNetworksOptions): Promise<PodNetworks> {
  const isReachableFromOutside = !isLoopback(options.host)
  if (isReachableFromOutside) forwardPackets(options.log)
  const cables = await PodCables.open(options.tag, options.stateFile)
  try {
    const rules = { isReachableFromOutside, agentUid: process.geteuid?.() ?? 0 }
    const ways = await SessionWays.open(cables.plan, rules, options.log)
    const there = cables.podAddresses()
    await ways.closeStray((address) => there.has(address))
    return new OwnNetworks(options, cables, ways)
  } catch (error) {
    await leaveNothing(cables, options)
    await cables[Symbol.asyncDispose]()
    throw error
  }
}

/** What could not be opened must not stay half open, unless pods of an earlier agent need it. */
async function leaveNothing(cables: PodCables, { stateFile }: OwnNetworksOptions): Promise<void> {
  if (cables.podIds().length > 0) return
  await runTool('nft', ['delete', 'table', 'inet', tableName(cables.plan.tag)]).catch(() => {}) // It may not be there.
  await cables.removeAll(stateFile)
}

class OwnNetworks implements PodNetworks {
  readonly portsBelongTo = 'session'
  readonly #options: OwnNetworksOptions
  readonly #cables: PodCables
  readonly #ways: SessionWays

  constructor(options: OwnNetworksOptions, cables: PodCables, ways: SessionWays) {
    this.#options = options
    this.#cables = cables
    this.#ways = ways
  }

  async create(order: PodOrder): Promise<PodNetwork> {
    return this.#networkOf(order, await this.#cables.lay(order.podId))
  }

  async adopt(order: PodOrder, slot: number | null, sessions: readonly SessionPorts[]): Promise<PodNetwork> {
    if (slot === null) return sharedNetwork(order, this.#options.host) // It began when this could not be had.
    const cable = this.#cables.keep(order.podId, slot)
    const target = { podId: order.podId, address: cable.pod, network: cable.network }
    const wanted = sessions.map(
      ({ sessionId, hostPorts }) => [sessionId, mappingsOf(order, target, hostPorts)] as const,
    )
    await this.#ways.adopt(target, new Map(wanted))
    return this.#networkOf(order, cable)
  }

  async removeStray(podId: string, slot: number | null): Promise<void> {
    if (slot !== null) await this.#ways.closeAll(podId, slotAddresses(this.#cables.plan, slot).pod)
    await this.#cables.cut(podId)
  }

  podIds(): readonly string[] {
    return this.#cables.podIds()
  }

  async removeAll(): Promise<void> {
    await this.#ways.removeAll()
    await this.#cables.removeAll(this.#options.stateFile)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#ways[Symbol.asyncDispose]()
    await this.#cables[Symbol.asyncDispose]()
  }

  #networkOf(order: PodOrder, cable: Awaited<ReturnType<PodCables['lay']>>): PodNetwork {
    const target = { podId: order.podId, address: cable.pod, network: cable.network }
    return {
      name: networkName(this.#cables.plan.tag, order.podId),
      insideLines: insideLines(cable),
      slot: cable.slot,
      ports: order.version.ports.map(({ containerPort }) => containerPort),
      probeAddress: (portName) => {
        const port = order.version.ports.find(({ name }) => name === portName)
        return port === undefined ? null : { host: cable.pod, port: port.containerPort }
      },
      openEndpoints: (session) => this.#open(order, target, session),
      closeEndpoints: (sessionId) => this.#ways.close(target, sessionId),
      remove: async () => {
        await this.#ways.closeAll(order.podId, cable.pod)
        await this.#cables.cut(order.podId)
      },
    }
  }

  async #open(order: PodOrder, target: WayTarget, session: SessionPorts): Promise<OpenEndpointsResult> {
    const missing = order.version.ports[session.hostPorts.length]
    if (missing !== undefined) return { kind: 'failed', reason: `there is no host port for ${missing.name}` }
    try {
      await this.#ways.open(target, session.sessionId, mappingsOf(order, target, session.hostPorts))
      return { kind: 'opened', endpoints: endpointsOf(order, this.#options.host, session.hostPorts) }
    } catch (error) {
      this.#options.log.error({ sessionId: session.sessionId, err: error }, 'endpoints could not be opened')
      return { kind: 'failed', reason: 'the rules that lead into the pod could not be set' }
    }
  }
}

function sharedNetwork(order: PodOrder, host: string): PodNetwork {
  return {
    name: null,
    insideLines: [],
    slot: null,
    ports: order.hostPorts,
    probeAddress: (portName) => {
      const port = order.hostPorts[order.version.ports.findIndex(({ name }) => name === portName)]
      return port === undefined ? null : { host, port }
    },
    openEndpoints: () => {
      const missing = order.version.ports[order.hostPorts.length]
      if (missing === undefined) {
        return Promise.resolve({ kind: 'opened', endpoints: endpointsOf(order, host, order.hostPorts) })
      }
      return Promise.resolve({ kind: 'failed', reason: `the pod has no port for ${missing.name}` })
    },
    closeEndpoints: () => Promise.resolve(), // They are the pod's own ports, and last as long as it does.
    remove: () => Promise.resolve(),
  }
}

function mappingsOf(order: PodOrder, target: WayTarget, hostPorts: readonly number[]): readonly PortMapping[] {
  return order.version.ports.flatMap(({ protocol, containerPort }, index) => {
    const hostPort = hostPorts[index]
    if (hostPort === undefined) return []
    return [{ transport: transportOf(protocol), hostPort, containerPort, podAddress: target.address }]
  })
}

function endpointsOf(order: PodOrder, host: string, hostPorts: readonly number[]): readonly Endpoint[] {
  return order.version.ports.flatMap(({ name, protocol }, index) => {
    const port = hostPorts[index]
    return port === undefined ? [] : [{ name, protocol, host, port }]
  })
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || (isIPv4(host) && host.startsWith('127.'))
}

const FORWARD_FILE = '/proc/sys/net/ipv4/ip_forward'

/** Clients on other machines can only be led into a pod by a machine that forwards. */
function forwardPackets(log: Log): void {
  if (readFileSync(FORWARD_FILE, 'utf8').trim() === '1') return
  log.warn('switching on IPv4 forwarding of this machine, so that clients on other machines reach pods')
  writeFileSync(FORWARD_FILE, '1')
}
