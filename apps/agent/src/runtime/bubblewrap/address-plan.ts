/**
 * Names and addresses of pod networks, out of numbers alone.
 *
 * An agent owns a block of 4,096 addresses in 100.64.0.0/10, which is set aside
 * for such inner networks, and 2,048 slots in it. A slot is two addresses: the
 * node's end of the pod's cable and the pod's end. Names carry the agent's tag.
 */
import { createHash } from 'node:crypto'

export const BLOCKS = 1_024
export const SLOTS = 2_048
const RANGE_START = 0x64400000
const BLOCK_ADDRESSES = 4_096

/** Every cable's name on the node begins with this, whoever made it. */
export const ALL_CABLES = 'fxc'

export type AddressPlan = {
  /** Of this agent. */
  readonly tag: string
  readonly block: number
}

export type SlotAddresses = {
  /** The node's end. */
  readonly node: string
  /** The pod's end. */
  readonly pod: string
  /** The network device at the node's end. */
  readonly cable: string
}

/** The blocks in the order in which to try them. Different agents begin at different ones. */
export function* blocksToTry(tag: string): Generator<number> {
  const first = createHash('sha256').update(tag).digest().readUInt16BE(0)
  for (let step = 0; step < BLOCKS; step += 1) yield (first + step) % BLOCKS
}

/** A block as nftables and iproute2 write it. */
export function blockRange(block: number): string {
  return `${dotted(RANGE_START + block * BLOCK_ADDRESSES)}/20`
}

/** Whether a route (numbers as in an address, most significant byte first) touches a block. */
export function overlapsBlock(block: number, route: { readonly address: number; readonly mask: number }): boolean {
  const first = RANGE_START + block * BLOCK_ADDRESSES
  const last = first + BLOCK_ADDRESSES - 1
  const routeLast = route.address + (0xffffffff - route.mask)
  return route.address <= last && routeLast >= first
}

/** What belongs to a slot. */
export function slotAddresses(plan: AddressPlan, slot: number): SlotAddresses {
  const first = RANGE_START + plan.block * BLOCK_ADDRESSES + slot * 2
  return { node: dotted(first), pod: dotted(first + 1), cable: `${cablePrefix(plan.tag)}${slot}` }
}

/** How the names of this agent's cables begin. */
export function cablePrefix(tag: string): string {
  return `${ALL_CABLES}${tag}-`
}

/** The network namespace of a pod. Named by the pod, so that a leftover says whose it is. */
export function networkName(tag: string, podId: string): string {
  return `${networkPrefix(tag)}${podId}`
}

/** How the names of this agent's network namespaces begin. */
export function networkPrefix(tag: string): string {
  return `fornax-${tag}-`
}

function dotted(address: number): string {
  return [address >>> 24, (address >>> 16) & 255, (address >>> 8) & 255, address & 255].join('.')
}
