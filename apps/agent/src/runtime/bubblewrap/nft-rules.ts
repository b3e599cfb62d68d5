/**
 * The nftables rules of this agent, as text.
 *
 * A session's connections are recognised by a mark that no other session ever
 * has. The mark is put on a connection with its first packet, together with the
 * way to the pod; from then on every packet needs a mark that is still live. So
 * closing a session is one transaction that ends all its connections, idle ones
 * too, and a client of a closed session can never reach the next session, even
 * if both have the same pod, the same port and an old entry in the kernel's
 * connection table.
 */
import { ALL_CABLES, ALL_PODS_RANGE, blockRange, cablePrefix, tableName, type AddressPlan } from './address-plan.ts'

export type RuleOptions = {
  /** Whether clients come from other machines, too; otherwise only from this one, by 127.0.0.1. */
  readonly isReachableFromOutside: boolean
  /** The agent's own user, who may talk to pods directly, for probes. */
  readonly agentUid: number
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
export function tableScript(plan: AddressPlan, options: RuleOptions): string {
  const table = `inet ${tableName(plan.tag)}`
  const cables = `"${cablePrefix(plan.tag)}*"`
  const range = blockRange(plan.block)
  return `add table ${table}
flush table ${table}
table ${table} {
  map tcp_targets { type inet_service : ipv4_addr . inet_service; }
  map udp_targets { type inet_service : ipv4_addr . inet_service; }
  map tcp_marks { type inet_service : mark; }
  map udp_marks { type inet_service : mark; }
  set live_marks { type mark; }
${waysIn(options)}
  chain senders {
    type nat hook postrouting priority 100; policy accept;
    oifname ${cables} ip saddr 127.0.0.0/8 masquerade
    oifname != "${ALL_CABLES}*" ip saddr ${range} masquerade
  }
  chain session_traffic {
    ct mark @live_marks accept
    tcp flags & rst == rst accept
    meta l4proto tcp reject with tcp reset
    reject
  }
  chain from_node {
    type filter hook output priority 0; policy accept;
    ip daddr ${range} ct status dnat jump session_traffic
    ip daddr ${range} meta skuid != ${options.agentUid} reject
  }
  chain to_node {
    type filter hook input priority 0; policy accept;
    iifname ${cables} ct status dnat jump session_traffic
    iifname ${cables} ct state established,related ct direction reply accept
    iifname ${cables} meta l4proto tcp reject with tcp reset
    iifname ${cables} reject
  }
  chain through_node {
    type filter hook forward priority 0; policy accept;
    iifname ${cables} oifname "${ALL_CABLES}*" reject
    iifname ${cables} ct status dnat ct direction reply jump session_traffic
    iifname ${cables} ip daddr { 127.0.0.0/8, 169.254.0.0/16, ${ALL_PODS_RANGE} } reject
    oifname ${cables} ct status dnat jump session_traffic
    oifname ${cables} ct state established,related accept
    oifname ${cables} reject
  }
}
`
}

function waysIn({ isReachableFromOutside }: RuleOptions): string {
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
    iifname != "${ALL_CABLES}*" fib daddr type local ${mapTo('tcp')}
    iifname != "${ALL_CABLES}*" fib daddr type local ${mapTo('udp')}
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
