/**
 * How the packets of containers are told from all others: by the pods' addresses,
 * because their network is not of our making. Only a pod's own network can send
 * from its address, as nobody in it may make packets by hand.
 */
import { tableName } from '../network/agent-tag.ts'
import type { PodTraffic } from '../network/nft-rules.ts'

/** The traffic of the pods whose addresses are in the set `pods`. */
export const ADDRESS_TRAFFIC: PodTraffic = {
  declarations: 'set pods { type ipv4_addr; }',
  from: 'ip saddr @pods',
  to: 'ip daddr @pods',
  addressed: 'ip daddr @pods',
  between: 'ip saddr @pods ip daddr @pods',
  fromElsewhere: 'ip saddr != @pods',
  senders: '',
  // Clients of this node come by 127.0.0.1, so answers to it are let in where pods are; beginnings must not be.
  toNode: 'iifname != "lo" ip daddr 127.0.0.0/8 ct direction original drop',
}

/** What is only passed on by a bridge does not meet the other rules. */
export function bridgeScript(tag: string): string {
  const table = `bridge ${tableName(tag)}`
  return `add table ${table}
flush table ${table}
table ${table} {
  set pods { type ipv4_addr; }
  chain between {
    type filter hook forward priority 0; policy accept;
    ip saddr @pods drop
    ip daddr @pods drop
  }
}
`
}

/** One transaction that changes the pods of both tables. */
export function podsLine(tag: string, verb: 'add' | 'delete', addresses: readonly string[]): string {
  return FAMILIES.map((family) => element(family, tag, verb, addresses)).join('; ')
}

/** Makes these the pods, whichever there were. */
export function onlyPodsLine(tag: string, addresses: readonly string[]): string {
  const parts = FAMILIES.map((family) => `flush set ${family} ${tableName(tag)} pods`)
  if (addresses.length > 0) parts.push(podsLine(tag, 'add', addresses))
  return parts.join('; ')
}

const FAMILIES = ['inet', 'bridge'] as const

function element(family: string, tag: string, verb: string, addresses: readonly string[]): string {
  return `${verb} element ${family} ${tableName(tag)} pods { ${addresses.join(', ')} }`
}
