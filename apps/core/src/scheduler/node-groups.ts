/**
 * The nodes that may get pods, in groups of equals: same runtimes, same taints. Whether a version may run
 * in a group at all is asked once per group, and a fleet has few; whether a node of it has room is asked of
 * the group's capacity tree.
 */
import { invariant } from '@fornax/kernel/assert'
import type { Random } from '@fornax/kernel/random'
import { ISOLATIONS, type VersionSpec } from '../applications/application.ts'
import type { NodeResources, RuntimeOffer, Taint } from '../nodes/node.ts'
import { CapacityTree } from './capacity-tree.ts'
import { choose, shortageOf, type Candidate, type Demand, type Shortage } from './placement.ts'

/** How many nodes with room are compared: the gain of a few more random choices falls off fast (Mitzenmacher, 2001). */
const CHOICES = 3

/** Simulated nodes carry this taint. */
export const SIMULATED_TAINT = 'fornax/simulated'

/** What is booked and free on one node. The fleet books; the tree follows. */
type Slot = { -readonly [K in keyof Room]: Room[K] } & {
  readonly group: Group
  readonly index: number
  isOpen: boolean
}

type Room = {
  readonly nodeName: string
  readonly capacity: NodeResources
  readonly booked: NodeResources
  readonly versions: Set<string>
  readonly podsOfApplication: Map<string, number>
}

type Group = {
  readonly runtimes: readonly RuntimeOffer[]
  readonly isSimulated: boolean
  readonly isTainted: boolean
  readonly tree: CapacityTree
  readonly slots: (Slot | null)[]
  readonly free: number[]
}

export type Joining = {
  readonly nodeName: string
  readonly capacity: NodeResources
  readonly runtimes: readonly RuntimeOffer[]
  readonly taints: readonly Taint[]
}

const NOTHING_BOOKED: NodeResources = { cpuMillis: 0, memoryBytes: 0, pods: 0 }

export class NodeGroups {
  readonly #groups = new Map<string, Group>()
  readonly #slots = new Map<string, Slot>()
  readonly #random: Random

  constructor(random: Random) {
    this.#random = random
  }

  /** Makes room known; closed until `open`. What is booked on a node of that name stays booked. */
  join(node: Joining): void {
    const before = this.#slots.get(node.nodeName)
    this.leave(node.nodeName)
    const group = this.#groupFor(node)
    const index = group.free.pop() ?? group.slots.length
    const slot: Slot = {
      group,
      index,
      isOpen: false,
      nodeName: node.nodeName,
      capacity: node.capacity,
      booked: before?.booked ?? NOTHING_BOOKED,
      versions: new Set(),
      podsOfApplication: before?.podsOfApplication ?? new Map(),
    }
    group.slots[index] = slot
    this.#slots.set(node.nodeName, slot)
  }

  leave(nodeName: string): void {
    const slot = this.#slots.get(nodeName)
    if (!slot) return
    slot.group.tree.set(slot.index, null)
    slot.group.slots[slot.index] = null
    slot.group.free.push(slot.index)
    this.#slots.delete(nodeName)
  }

  /** Whether new pods may come to the node. */
  setOpen(nodeName: string, isOpen: boolean): void {
    const slot = this.#slots.get(nodeName)
    if (!slot) return
    slot.isOpen = isOpen
    updateTree(slot)
  }

  booked(nodeName: string): NodeResources {
    return this.#slots.get(nodeName)?.booked ?? NOTHING_BOOKED
  }

  /** Whether the node already holds the version; from now on it does. */
  learnVersion(nodeName: string, versionId: string): boolean {
    const versions = this.#slots.get(nodeName)?.versions
    if (!versions || versions.has(versionId)) return true
    versions.add(versionId)
    return false
  }

  /** Its definition may have been lost on the way: it will be sent again. */
  forgetVersion(nodeName: string, versionId: string): void {
    this.#slots.get(nodeName)?.versions.delete(versionId)
  }

  /** The nodes that held a version, which nobody asks for any more; now they do not. */
  forgetEverywhere(versionId: string): string[] {
    return [...this.#slots.values()].flatMap((slot) => (slot.versions.delete(versionId) ? [slot.nodeName] : []))
  }

  /** The node for a pod; null when none has room. Books nothing. */
  place(spec: VersionSpec, versionId: string, applicationId: string): string | null {
    for (const group of this.#groups.values()) {
      if (!admits(group, spec)) continue
      const slot = this.#pick(group, spec, { versionId, applicationId })
      if (slot !== null) return slot.nodeName
    }
    return null
  }

  book(nodeName: string, spec: VersionSpec, applicationId: string): void {
    this.#move(nodeName, spec, { applicationId, sign: 1 })
  }

  release(nodeName: string, spec: VersionSpec, applicationId: string): void {
    this.#move(nodeName, spec, { applicationId, sign: -1 })
  }

  /** Why there is no room: for people who ask, so it may look at every node. */
  shortage(spec: VersionSpec): Shortage {
    const open = [...this.#slots.values()].filter((slot) => slot.isOpen && admits(slot.group, spec))
    return shortageOf(
      spec,
      open.map((slot) => candidateOf(slot, { versionId: '', applicationId: '' })),
    )
  }

  #pick(group: Group, demand: Demand, pod: PodKind): Slot | null {
    const candidates: (Candidate & { readonly slot: Slot })[] = []
    const size = Math.max(1, group.slots.length)
    const start = this.#random.nextInt(size)
    const stride = Math.max(1, Math.floor(size / CHOICES)) // Evenly spread: of three nodes all are seen.
    for (let choice = 0; choice < CHOICES; choice += 1) {
      const index = group.tree.find(demand, (start + choice * stride) % size)
      if (index < 0) return null
      const slot = group.slots[index]
      invariant(slot, 'the tree knows only nodes that are there')
      candidates.push({ ...candidateOf(slot, pod), slot })
    }
    return choose(demand, candidates)?.slot ?? null
  }

  #move(nodeName: string, spec: VersionSpec, how: { applicationId: string; sign: 1 | -1 }): void {
    const slot = this.#slots.get(nodeName)
    if (!slot) return
    slot.booked = {
      cpuMillis: slot.booked.cpuMillis + how.sign * spec.cpuMillis,
      memoryBytes: slot.booked.memoryBytes + how.sign * spec.memoryBytes,
      pods: slot.booked.pods + how.sign,
    }
    const count = (slot.podsOfApplication.get(how.applicationId) ?? 0) + how.sign
    if (count > 0) slot.podsOfApplication.set(how.applicationId, count)
    else slot.podsOfApplication.delete(how.applicationId)
    updateTree(slot)
  }

  #groupFor(node: Joining): Group {
    const key = JSON.stringify([node.runtimes.map((offer) => [offer.name, offer.isolation]), node.taints])
    const known = this.#groups.get(key)
    if (known) return known
    const taints = node.taints.filter((taint) => taint.effect === 'NoSchedule')
    const group: Group = {
      runtimes: node.runtimes,
      isSimulated: taints.some((taint) => taint.key === SIMULATED_TAINT),
      isTainted: taints.some((taint) => taint.key !== SIMULATED_TAINT),
      tree: new CapacityTree(),
      slots: [],
      free: [],
    }
    this.#groups.set(key, group)
    return group
  }
}

type PodKind = { readonly versionId: string; readonly applicationId: string }

function candidateOf(slot: Slot, pod: PodKind): Candidate {
  return {
    nodeName: slot.nodeName,
    freeCpuMillis: slot.capacity.cpuMillis - slot.booked.cpuMillis,
    freeMemoryBytes: slot.capacity.memoryBytes - slot.booked.memoryBytes,
    freePods: slot.capacity.pods - slot.booked.pods,
    hasVersion: slot.versions.has(pod.versionId),
    podsOfThisApplication: slot.podsOfApplication.get(pod.applicationId) ?? 0,
  }
}

function updateTree(slot: Slot): void {
  const { capacity, booked } = slot
  const free = {
    cpuMillis: capacity.cpuMillis - booked.cpuMillis,
    memoryBytes: capacity.memoryBytes - booked.memoryBytes,
    pods: capacity.pods - booked.pods,
  }
  slot.group.tree.set(slot.index, slot.isOpen ? free : null)
}

/** Whether pods of a version may run in a group of nodes at all. */
function admits(group: Group, spec: VersionSpec): boolean {
  if (group.isTainted || group.isSimulated !== spec.toleratesSimulated) return false
  const needed = ISOLATIONS.indexOf(spec.minIsolation)
  return group.runtimes.some(
    (offer) =>
      (spec.runtimeClass === null || offer.name === spec.runtimeClass) && ISOLATIONS.indexOf(offer.isolation) >= needed,
  )
}
