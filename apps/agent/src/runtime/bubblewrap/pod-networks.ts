/**
 * How pods of the bubblewrap runtime meet the network: with a network of their
 * own, which takes root, or on the node's, as ordinary processes do.
 */
import { join } from 'node:path'
import type { Log } from '@fornax/kernel/log'
import { EVERY_ADDRESS } from '../pod-environment.ts'
import type { OpenEndpointsResult, PodOrder, ProbeAddress, SessionPorts, TrafficSensor } from '../runtime.ts'
import { tableName } from '../network/agent-tag.ts'
import { runTool } from '../network/run-tool.ts'
import { endpointsOf, rulesFor, sessionEndpoints, type SessionEndpoints } from '../network/session-endpoints.ts'
import { SessionWays } from '../network/session-ways.ts'
import { slotAddresses } from './address-plan.ts'
import { cableTraffic } from './cable-traffic.ts'
import { insideLines, NETWORKS_FOLDER, PodCables, type PodCable } from './pod-cables.ts'

/** The network of one pod. */
export type PodNetwork = {
  /** The network namespace to start the pod in; null for the node's own. */
  readonly name: string | null
  /** What to run inside, for iproute2. */
  readonly insideLines: readonly string[]
  /** What an adoption needs; null for the node's own. */
  readonly slot: number | null
  /** The address that the pod listens on. */
  readonly host: string
  /** The numbers that the pod listens on, in the order of its declared ports. */
  readonly ports: readonly number[]
  /** Null on the node's own: its traffic cannot be told from that of others. */
  readonly traffic: TrafficSensor | null
  probeAddress(portName: string): ProbeAddress | null
  openEndpoints(session: SessionPorts): Promise<OpenEndpointsResult>
  closeEndpoints(sessionId: string, networkPid: number): Promise<void>
  /** Takes everything away; the pod has ended, or never began. */
  remove(): Promise<void>
}

/** A network for which there is no pod yet. */
export type LaidNetwork = Pick<PodNetwork, 'name' | 'insideLines' | 'slot'>

/** A network that is there, by the name that it was made under, and where it is. */
export type KnownNetwork = { readonly name: string; readonly slot: number | null }

/** The networks of all pods. They have names of their own, because some are made before their pods. */
export type PodNetworks = AsyncDisposable & {
  readonly portsBelongTo: 'pod' | 'session'
  lay(name: string): Promise<LaidNetwork>
  /** Makes a laid network the pod's. */
  give(order: PodOrder, known: KnownNetwork): PodNetwork
  adopt(order: PodOrder, known: KnownNetwork, sessions: readonly SessionPorts[]): Promise<PodNetwork>
  /** Removes what is left of a network that is not known otherwise. */
  removeStray(podId: string, known: KnownNetwork): Promise<void>
  /** The names of the networks that are left. */
  names(): readonly string[]
  /** Leaves nothing behind on the machine, once there are no pods. */
  removeAll(): Promise<void>
}

/** Pods listen on the node's own ports, which they are told. */
function sharedNetworks(host: string): PodNetworks {
  return {
    portsBelongTo: 'pod',
    lay: () => Promise.resolve({ name: null, insideLines: [], slot: null }),
    give: (order) => sharedNetwork(order, host),
    adopt: (order) => Promise.resolve(sharedNetwork(order, host)),
    removeStray: () => Promise.resolve(),
    names: () => [],
    removeAll: () => Promise.resolve(),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
}

type OwnNetworksOptions = {
  readonly tag: string
  /** The address that clients use for this node. */
  readonly host: string
  readonly stateFile: string
  readonly log: Log
}

export type PodNetworksOptions = Omit<OwnNetworksOptions, 'stateFile'> & {
  readonly podsFolder: string
  /** `shared` keeps pods on the node's own network. Default: their own where possible. */
  readonly network?: 'own' | 'shared'
  /** Whether the agent may make networks at all. */
  readonly canOwn: boolean
}

/** A network for each pod where that is possible; otherwise the node's own, and the log says why. */
export async function openPodNetworks(options: PodNetworksOptions): Promise<PodNetworks> {
  const { canOwn, host, log, network, podsFolder, tag } = options
  if (network === 'shared') return sharedNetworks(host)
  if (!canOwn) {
    log.warn('pods share the network of this machine, because the agent is not root')
    return sharedNetworks(host)
  }
  try {
    return await openOwnNetworks({ tag, host, log, stateFile: join(podsFolder, '.network.json') })
  } catch (error) {
    log.warn(
      { err: error },
      'pods share the network of this machine: it needs iproute2, nftables and a kernel with both',
    )
    return sharedNetworks(host)
  }
}

/** Every pod has a network of its own. Rejects where that is not possible. */
async function openOwnNetworks(options: OwnNetworksOptions): Promise<PodNetworks> {
  const rules = rulesFor(options.host, options.log)
  await using parts = new AsyncDisposableStack()
  const cables = parts.use(await PodCables.open(options.tag, options.stateFile))
  try {
    const ways = parts.use(await SessionWays.open(options.tag, cableTraffic(cables.plan), rules, options.log))
    const there = cables.podAddresses()
    await ways.closeStray((address) => there.has(address))
    parts.move()
    return new OwnNetworks(options, cables, ways)
  } catch (error) {
    await leaveNothing(cables, options)
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

  async lay(name: string): Promise<LaidNetwork> {
    const cable = await this.#cables.lay(name)
    return { name: cable.network, insideLines: insideLines(cable), slot: cable.slot }
  }

  give(order: PodOrder, { name, slot }: KnownNetwork): PodNetwork {
    if (slot === null) return sharedNetwork(order, this.#options.host)
    return this.#networkOf(order, name, this.#cables.keep(name, slot))
  }

  async adopt(order: PodOrder, known: KnownNetwork, sessions: readonly SessionPorts[]): Promise<PodNetwork> {
    const { name, slot } = known
    if (slot === null) return sharedNetwork(order, this.#options.host) // It began when this could not be had.
    const cable = this.#cables.keep(name, slot)
    await this.#endpointsOf(order, cable).adopt(sessions)
    return this.#networkOf(order, name, cable)
  }

  async removeStray(podId: string, { name, slot }: KnownNetwork): Promise<void> {
    if (slot !== null) await this.#ways.closeAll(podId, slotAddresses(this.#cables.plan, slot).pod)
    await this.#cables.cut(name)
  }

  names(): readonly string[] {
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

  #networkOf(order: PodOrder, name: string, cable: PodCable): PodNetwork {
    return {
      ...this.#endpointsOf(order, cable),
      name: cable.network,
      insideLines: insideLines(cable),
      slot: cable.slot,
      host: EVERY_ADDRESS,
      ports: order.version.ports.map(({ containerPort }) => containerPort),
      remove: async () => {
        await this.#ways.closeAll(order.podId, cable.pod)
        await this.#cables.cut(name)
      },
    }
  }

  #endpointsOf(order: PodOrder, cable: PodCable): SessionEndpoints {
    const { host, log } = this.#options
    const networkFile = join(NETWORKS_FOLDER, cable.network)
    const target = { podId: order.podId, address: cable.pod, networkFile }
    return sessionEndpoints(order, target, { ways: this.#ways, host, log })
  }
}

function sharedNetwork(order: PodOrder, host: string): PodNetwork {
  return {
    name: null,
    insideLines: [],
    slot: null,
    host,
    ports: order.hostPorts,
    traffic: null,
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
