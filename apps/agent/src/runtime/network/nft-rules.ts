/**
 * The nftables rules of an agent, as text.
 *
 * A session's connections are recognised by a mark that no other session ever
 * has. The mark is put on a connection with its first packet, together with the
 * way to the pod; from then on every packet needs a mark that is still live. So
 * closing a session is one transaction that ends all its connections, idle ones
 * too, and a client of a closed session can never reach the next session, even
 * if both have the same pod, the same port and an old entry in the kernel's
 * connection table.
 */
import { tableName } from './agent-tag.ts'

/** Pods of the bubblewrap runtime lie in here, whosever they are. */
export const ALL_PODS_RANGE = '100.64.0.0/10'

export type RuleOptions = {
  /** Whether clients come from other machines, too; otherwise only from this one, by 127.0.0.1. */
  readonly isReachableFromOutside: boolean
  /** The agent's own user, who may talk to pods directly, for probes. */
  readonly agentUid: number
}

/** How the packets of an agent's pods are told from all others, in the words of nftables. */
export type PodTraffic = {
  /** Sets that the other words speak of. */
  readonly declarations: string
  /** Comes from one of the pods. */
  readonly from: string
  /** Leaves the node for one of the pods. */
  readonly to: string
  /** Is addressed to one of the pods. */
  readonly addressed: string
  /** Comes from a pod and leaves the node for another one, of this agent or another. */
  readonly between: string
  /** Comes from nobody's pod. */
  readonly fromElsewhere: string
  /** More rules for packets that leave the node, about their senders. */
  readonly senders: string
  /** More rules for packets from outside to the node itself. */
  readonly toNode: string
}

/** One way from a port of the node into a pod. */
export type PortMapping = {
  readonly transport: Transport
  readonly hostPort: number
  readonly podAddress: string
  readonly containerPort: number
}

export type Transport = 'tcp' | 'udp'

/** What carries an endpoint's protocol: everything but `udp` is TCP to us. */
export function transportOf(protocol: string): Transport {
  return protocol === 'udp' ? 'udp' : 'tcp'
}

/** Makes the table, or renews its rules and leaves the sessions in it as they are. */
export function tableScript(tag: string, traffic: PodTraffic, options: RuleOptions): string {
  const table = `inet ${tableName(tag)}`
  const { from, to, addressed, between } = traffic
  return `add table ${table}
flush table ${table}
table ${table} {
  map tcp_targets { type inet_service : ipv4_addr . inet_service; }
  map udp_targets { type inet_service : ipv4_addr . inet_service; }
  map tcp_marks { type inet_service : mark; }
  map udp_marks { type inet_service : mark; }
  set live_marks { type mark; }
  set watched { type ipv4_addr; counter; }
  set alarmed { type ipv4_addr; }
  ${traffic.declarations}
${waysIn(traffic, options)}
  chain senders {
    type nat hook postrouting priority 100; policy accept;
    ${to} ip saddr 127.0.0.0/8 masquerade
    ${traffic.senders}
  }
  chain session_traffic {
    ct mark @live_marks accept
    tcp flags & rst == rst accept
    meta l4proto tcp reject with tcp reset
    reject
  }
  chain from_node {
    type filter hook output priority 0; policy accept;
    ${addressed} ct status dnat jump session_traffic
    ${addressed} meta skuid != ${options.agentUid} reject
  }
  chain to_node {
    type filter hook input priority 0; policy accept;
    ${from} ct status dnat jump session_traffic
    ${from} ct state established,related ct direction reply accept
    ${from} meta l4proto tcp reject with tcp reset
    ${from} reject
    ${traffic.toNode}
  }
  chain through_node {
    type filter hook forward priority 0; policy accept;
    ${between} reject
    ${from} ct status dnat ct direction reply jump session_traffic
    ${from} ip daddr { 127.0.0.0/8, 169.254.0.0/16, ${ALL_PODS_RANGE} } reject
    ${to} ct status dnat jump session_traffic
    ${to} ct state established,related accept
    ${to} reject
  }
${TRAFFIC}
}
flush set ${table} watched
flush set ${table} alarmed
`
}

/** Where `nft monitor trace` says that it saw a packet. */
export const TRAFFIC_CHAIN = 'traffic'

/**
 * What pods and their clients say to each other is counted, for those that are watched, and traced where a pod sleeps
 * until somebody speaks to it. What the agent itself asks a pod is neither: it comes from here, and by no way of a session.
 */
const TRAFFIC = `  chain ${TRAFFIC_CHAIN} {
    type filter hook postrouting priority 300; policy accept;
    ip daddr @alarmed ct status dnat meta nftrace set 1
    ip daddr @alarmed fib saddr type != local meta nftrace set 1
    ct status dnat ip daddr @watched
    fib saddr type != local ip daddr @watched
    ip saddr @watched
  }`

function waysIn({ fromElsewhere }: PodTraffic, { isReachableFromOutside }: RuleOptions): string {
  const here = isReachableFromOutside ? 'fib daddr type local' : 'ip daddr 127.0.0.1'
  const local = `  chain local_clients {
    type nat hook output priority -100; policy accept;
    ${here} ${mapTo('tcp')}
    ${here} ${mapTo('udp')}
  }`
  if (!isReachableFromOutside) return local
  return `${local}
  chain remote_clients {
    type nat hook prerouting priority -100; policy accept;
    ${fromElsewhere} fib daddr type local ${mapTo('tcp')}
    ${fromElsewhere} fib daddr type local ${mapTo('udp')}
  }`
}

/** The mark first: where there is none, the port is nobody's, and the rule ends. */
function mapTo(transport: Transport): string {
  return `ct mark set ${transport} dport map @${transport}_marks dnat ip to ${transport} dport map @${transport}_targets`
}

/** Opens the ways into a pod for one session, in one transaction. */
export function openLine(tag: string, mark: number, mappings: readonly PortMapping[]): string {
  const table = `inet ${tableName(tag)}`
  const parts = [`add element ${table} live_marks { ${mark} }`]
  for (const transport of ['tcp', 'udp'] as const) {
    const of = mappings.filter((mapping) => mapping.transport === transport)
    if (of.length === 0) continue
    const marks = of.map(({ hostPort }) => `${hostPort} : ${mark}`)
    const targets = of.map(
      ({ hostPort, podAddress, containerPort }) => `${hostPort} : ${podAddress} . ${containerPort}`,
    )
    parts.push(`add element ${table} ${transport}_marks { ${marks.join(', ')} }`)
    parts.push(`add element ${table} ${transport}_targets { ${targets.join(', ')} }`)
  }
  return parts.join('; ')
}

/** Takes the ways away again and ends every connection that came by them, in one transaction. */
export function closeLine(tag: string, mark: number, mappings: readonly PortMapping[]): string {
  const table = `inet ${tableName(tag)}`
  const parts = [`delete element ${table} live_marks { ${mark} }`]
  for (const transport of ['tcp', 'udp'] as const) {
    const ports = mappings.filter((mapping) => mapping.transport === transport).map(({ hostPort }) => hostPort)
    if (ports.length === 0) continue
    parts.push(`delete element ${table} ${transport}_marks { ${ports.join(', ')} }`)
    parts.push(`delete element ${table} ${transport}_targets { ${ports.join(', ')} }`)
  }
  return parts.join('; ')
}
