/** What a pod with a network of its own is to its sessions: probed by its address, reached by ports of the node. */
import { readFileSync, writeFileSync } from 'node:fs'
import { isIPv4 } from 'node:net'
import type { Log } from '@fornax/kernel/log'
import type { Endpoint } from '@fornax/node-model/application-version'
import type { OpenEndpointsResult, PodOrder, ProbeAddress, SessionPorts, TrafficSensor } from '../runtime.ts'
import { transportOf, type PortMapping, type RuleOptions } from './nft-rules.ts'
import type { SessionWays, WayTarget } from './session-ways.ts'

export type EndpointsWorld = {
  readonly ways: SessionWays
  /** The address that clients use for the node. */
  readonly host: string
  readonly log: Log
}

export type SessionEndpoints = {
  readonly traffic: TrafficSensor
  probeAddress(portName: string): ProbeAddress | null
  openEndpoints(session: SessionPorts): Promise<OpenEndpointsResult>
  closeEndpoints(sessionId: string, networkPid: number): Promise<void>
  /** Takes over what an earlier agent opened, and closes what is not among `sessions`. */
  adopt(sessions: readonly SessionPorts[]): Promise<void>
}

/** The endpoints of one pod's sessions. */
export function sessionEndpoints(order: PodOrder, target: WayTarget, world: EndpointsWorld): SessionEndpoints {
  const { ports } = order.version
  return {
    traffic: world.ways.traffic.of(target.address),
    probeAddress: (portName) => {
      const port = ports.find(({ name }) => name === portName)
      return port === undefined ? null : { host: target.address, port: port.containerPort }
    },
    openEndpoints: (session) => open(order, target, world, session),
    closeEndpoints: (sessionId, networkPid) => world.ways.close(target, sessionId, networkPid),
    adopt: async (sessions) => {
      const wanted = sessions.map(
        ({ sessionId, hostPorts }) => [sessionId, mappingsOf(order, target, hostPorts)] as const,
      )
      await world.ways.adopt(target, new Map(wanted))
    },
  }
}

async function open(
  order: PodOrder,
  target: WayTarget,
  { ways, host, log }: EndpointsWorld,
  { sessionId, hostPorts }: SessionPorts,
): Promise<OpenEndpointsResult> {
  const missing = order.version.ports[hostPorts.length]
  if (missing !== undefined) return { kind: 'failed', reason: `there is no host port for ${missing.name}` }
  try {
    await ways.open(target, sessionId, mappingsOf(order, target, hostPorts))
    return { kind: 'opened', endpoints: endpointsOf(order, host, hostPorts) }
  } catch (error) {
    log.error({ sessionId, err: error }, 'endpoints could not be opened')
    return { kind: 'failed', reason: 'the rules that lead into the pod could not be set' }
  }
}

function mappingsOf(order: PodOrder, target: WayTarget, hostPorts: readonly number[]): readonly PortMapping[] {
  return order.version.ports.flatMap(({ protocol, containerPort }, index) => {
    const hostPort = hostPorts[index]
    if (hostPort === undefined) return []
    return [{ transport: transportOf(protocol), hostPort, containerPort, podAddress: target.address }]
  })
}

/** The declared ports of a pod as clients see them. */
export function endpointsOf(order: PodOrder, host: string, hostPorts: readonly number[]): readonly Endpoint[] {
  return order.version.ports.flatMap(({ name, protocol }, index) => {
    const port = hostPorts[index]
    return port === undefined ? [] : [{ name, protocol, host, port }]
  })
}

/** The rules for the address that clients use. For clients on other machines this one has to forward packets. */
export function rulesFor(host: string, log: Log): RuleOptions {
  const isReachableFromOutside = !isLoopback(host)
  if (isReachableFromOutside) forwardPackets(log)
  return { isReachableFromOutside, agentUid: process.geteuid?.() ?? 0 }
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || (isIPv4(host) && host.startsWith('127.'))
}

const FORWARD_FILE = '/proc/sys/net/ipv4/ip_forward'

function forwardPackets(log: Log): void {
  if (readFileSync(FORWARD_FILE, 'utf8').trim() === '1') return
  log.warn('switching on IPv4 forwarding of this machine, so that clients on other machines reach pods')
  writeFileSync(FORWARD_FILE, '1')
}
