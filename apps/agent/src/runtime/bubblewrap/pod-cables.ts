/**
 * The networks of pods: each has a namespace of its own, and a cable (a veth
 * pair) from there to the node. Cables are not joined: a pod sees the node's end
 * of its own cable and nothing else.
 */
import { existsSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  BLOCKS,
  blockRange,
  blocksToTry,
  cablePrefix,
  networkName,
  networkPrefix,
  overlapsBlock,
  slotAddresses,
  SLOTS,
  type AddressPlan,
  type SlotAddresses,
} from './address-plan.ts'
import { CommandShell, IP } from '../network/command-shell.ts'
import { readRoutes } from '../network/route-table.ts'
import { runTool } from '../network/run-tool.ts'

/** Where iproute2 keeps the names of network namespaces. */
export const NETWORKS_FOLDER = '/run/netns'

/** A slot may be taken by a cable that the kernel has not quite removed yet. */
const SLOT_TRIES = 16

export type PodCable = SlotAddresses & { readonly slot: number; readonly network: string }

export class PodCables implements AsyncDisposable {
  readonly plan: AddressPlan
  readonly #ip = new CommandShell(IP)
  readonly #slots = new Map<string, number>()
  #lastSlot = -1

  private constructor(plan: AddressPlan) {
    this.plan = plan
  }

  /** Claims a block of addresses, the same one as before when `stateFile` names it. */
  static async open(tag: string, stateFile: string): Promise<PodCables> {
    const known = knownBlock(stateFile)
    const block = known ?? (await claimBlock(tag))
    if (known === null) writeFileSync(stateFile, JSON.stringify({ block }), { mode: 0o600 })
    else await runTool('ip', ['route', 'replace', 'unreachable', blockRange(block)])
    return new PodCables({ tag, block })
  }

  /** Makes the network of a new pod, up to the node's end of its cable. */
  async lay(podId: string): Promise<PodCable> {
    for (let attempt = 0; attempt < SLOT_TRIES; attempt += 1) {
      const slot = this.#takeSlot(podId)
      const cable = this.#cableOf(podId, slot)
      try {
        await this.#ip.run(layLines(cable))
        // Clients of this machine come from 127.0.0.1, whose answers the kernel would otherwise not take from a cable.
        writeFileSync(`/proc/sys/net/ipv4/conf/${cable.cable}/route_localnet`, '1')
        return cable
      } catch (cause) {
        await this.cut(podId).catch(() => this.#slots.delete(podId)) // The network is a stray one, if it is there.
        if (!String(cause).includes('File exists')) throw new Error(`no network for ${podId}`, { cause })
      }
    }
    throw new Error(`no network for ${podId}: every address that was tried is taken`)
  }

  /** Notes the cable of a pod that an earlier agent made. */
  keep(podId: string, slot: number): PodCable {
    this.#slots.set(podId, slot)
    return this.#cableOf(podId, slot)
  }

  /** Removes a pod's network. Does nothing when there is none. */
  async cut(podId: string): Promise<void> {
    const network = networkName(this.plan.tag, podId)
    // The kernel removes the cable itself, soon after the last process of the namespace.
    if (existsSync(join(NETWORKS_FOLDER, network))) await this.#ip.run([`netns del ${network}`])
    this.#slots.delete(podId)
  }

  /** Pods of which a network is left. */
  podIds(): readonly string[] {
    const prefix = networkPrefix(this.plan.tag)
    return namesIn(NETWORKS_FOLDER)
      .filter((name) => name.startsWith(prefix))
      .map((name) => name.slice(prefix.length))
  }

  /** The addresses of pods whose cables are there, whether anybody knows the pods or not. */
  podAddresses(): ReadonlySet<string> {
    const prefix = cablePrefix(this.plan.tag)
    const slots = [...devices()].flatMap((name) => (name.startsWith(prefix) ? [Number(name.slice(prefix.length))] : []))
    return new Set(slots.map((slot) => slotAddresses(this.plan, slot).pod))
  }

  /** Gives the block of addresses back, once there are no pods. */
  async removeAll(stateFile: string): Promise<void> {
    await runTool('ip', ['route', 'del', 'unreachable', blockRange(this.plan.block)])
    writeFileSync(stateFile, '{}')
    if (namesIn(NETWORKS_FOLDER).length > 0 || !existsSync(NETWORKS_FOLDER)) return
    // iproute2 mounts its folder onto itself when it makes the first namespace, and leaves that.
    await runTool('umount', [NETWORKS_FOLDER]).catch(() => {})
    try {
      rmdirSync(NETWORKS_FOLDER)
    } catch {
      return // Somebody has made a namespace meanwhile.
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#ip[Symbol.asyncDispose]()
  }

  /** Next slots first, so that an address rests for as long as possible. */
  #takeSlot(podId: string): number {
    const taken = new Set(this.#slots.values())
    const cables = devices()
    for (let step = 1; step <= SLOTS; step += 1) {
      const slot = (this.#lastSlot + step) % SLOTS
      if (taken.has(slot) || cables.has(`${cablePrefix(this.plan.tag)}${slot}`)) continue
      this.#lastSlot = slot
      this.#slots.set(podId, slot)
      return slot
    }
    throw new Error(`all ${SLOTS} pod addresses are taken`)
  }

  #cableOf(podId: string, slot: number): PodCable {
    return { ...slotAddresses(this.plan, slot), slot, network: networkName(this.plan.tag, podId) }
  }
}

/** What the pod's end of the cable needs, run inside its namespace. */
export function insideLines({ node, pod }: SlotAddresses): readonly string[] {
  return [
    'link set lo up',
    'link set eth0 addrgenmode none',
    `addr add ${pod}/31 dev eth0`,
    'link set eth0 up',
    `route add default via ${node}`,
  ]
}

/** Without `addrgenmode none` a cable would get IPv6 addresses, by which pods reach services of the node. */
function layLines({ node, cable, network }: PodCable): readonly string[] {
  return [
    `netns add ${network}`,
    `link add ${cable} type veth peer name eth0 netns ${network}`,
    `link set ${cable} addrgenmode none`,
    `addr add ${node}/31 dev ${cable}`,
    `link set ${cable} up`,
  ]
}

async function claimBlock(tag: string): Promise<number> {
  const routes = readRoutes(readFileSync('/proc/self/net/route', 'utf8'))
  for (const block of blocksToTry(tag)) {
    if (routes.some((route) => overlapsBlock(block, route))) continue
    try {
      // The claim; and nothing for a pod that is gone ever leaves the node. It fails when another agent was faster.
      await runTool('ip', ['route', 'add', 'unreachable', blockRange(block)])
      return block
    } catch (cause) {
      if (!String(cause).includes('File exists')) throw new Error('no addresses for pods', { cause })
    }
  }
  throw new Error(`all ${BLOCKS} blocks of pod addresses are taken`)
}

function knownBlock(stateFile: string): number | null {
  try {
    const state: unknown = JSON.parse(readFileSync(stateFile, 'utf8'))
    if (typeof state !== 'object' || state === null || !('block' in state)) return null
    return typeof state.block === 'number' ? state.block : null
  } catch {
    return null // The first start on this folder.
  }
}

/** The network devices of the namespace that we are in, which /sys may not be of. */
function devices(): ReadonlySet<string> {
  const lines = readFileSync('/proc/self/net/dev', 'utf8').split('\n').slice(2)
  return new Set(lines.map((line) => line.split(':')[0]?.trim() ?? ''))
}

function namesIn(folder: string): readonly string[] {
  return existsSync(folder) ? readdirSync(folder) : []
}
