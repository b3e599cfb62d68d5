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
import { NodeTally } from './node-tally.ts'
import { NO_CHOICE, packChoice } from './placement-choice.ts'
import { choose, shortageOf, type Candidate, type Demand, type Shortage } from './placement.ts'

/** How many nodes with room are compared: the gain of a few more random choices falls off fast (Mitzenmacher, 2001). */
const CHOICES = 3

/** Simulated nodes carry this taint. */
export const SIMULATED_TAINT = 'fornax/simulated'

/** What is booked and free on one node. The fleet books; the tree follows. */
type Slot = {
  readonly nodeName: string
  /** Stays while the node is known, whichever group it is in. */
  readonly number: number
  readonly group: Group
  readonly index: number
  readonly capacity: NodeResources
  readonly booked: { -readonly [K in keyof NodeResources]: NodeResources[K] }
  isOpen: boolean
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

export type NodeAccount = {
  readonly capacity: NodeResources
  readonly booked: NodeResources
  /** Whether new pods may come. */
  readonly isOpen: boolean
  readonly free: NodeResources | null
}

const NOTHING_BOOKED: NodeResources = { cpuMillis: 0, memoryBytes: 0, pods: 0 }

export class NodeGroups {
  readonly #groups = new Map<string, Group>()
  readonly #slots = new Map<string, Slot>()
  readonly #random: Random
  /** Of each application. */
  readonly #pods = new NodeTally()
  /** One of each version that a node holds. */
  readonly #versions = new NodeTally()
  readonly #freeNumbers: number[] = []
  #lastChoice = NO_CHOICE

  constructor(random: Random) {
    this.#random = random
  }

  /** Makes room known; closed until `open`. What is booked on a node of that name stays booked. */
  join(node: Joining): void {
    const before = this.#slots.get(node.nodeName)
    if (before) this.#takeOut(before)
    const group = this.#groupFor(node)
    const index = group.free.pop() ?? group.slots.length
    const slot: Slot = {
      nodeName: node.nodeName,
      number: before?.number ?? this.#freeNumbers.pop() ?? this.#slots.size,
      group,
      index,
      capacity: node.capacity,
      booked: before?.booked ?? { ...NOTHING_BOOKED },
      isOpen: false,
    }
    group.slots[index] = slot
    this.#slots.set(node.nodeName, slot)
  }

  leave(nodeName: string): void {
    const slot = this.#slots.get(nodeName)
    if (!slot) return
    this.#takeOut(slot)
    this.#pods.clear(slot.number)
    this.#freeNumbers.push(slot.number)
  }

  /** Whether new pods may come to the node. */
  setOpen(nodeName: string, isOpen: boolean): void {
    const slot = this.#slots.get(nodeName)
    if (!slot) return
    slot.isOpen = isOpen
    updateTree(slot)
  }

  /** What is known of a node; null when it has no room to offer. `free` is what a placement sees: null when closed. */
  account(nodeName: string): NodeAccount | null {
    const slot = this.#slots.get(nodeName)
    if (!slot) return null
    const { capacity, booked, isOpen, group, index } = slot
    return { capacity, booked: { ...booked }, isOpen, free: group.tree.free(index) }
  }

  booked(nodeName: string): NodeResources {
    return { ...(this.#slots.get(nodeName)?.booked ?? NOTHING_BOOKED) }
  }

  /** Whether the node already holds the version; from now on it does. */
  learnVersion(nodeName: string, versionId: string): boolean {
    const slot = this.#slots.get(nodeName)
    if (!slot || this.#versions.get(slot.number, versionId) > 0) return true
    this.#versions.add(slot.number, versionId, 1)
    return false
  }

  /** Its definition may have been lost on the way: it will be sent again. */
  forgetVersion(nodeName: string, versionId: string): void {
    const slot = this.#slots.get(nodeName)
    if (slot) this.#forget(slot, versionId)
  }

  /** The nodes that held a version, which nobody asks for any more; now they do not. */
  forgetEverywhere(versionId: string): string[] {
    return [...this.#slots.values()].flatMap((slot) => (this.#forget(slot, versionId) ? [slot.nodeName] : []))
  }

  /**
   * The node for a pod; null when none has room. Books nothing. `beside`: the node that the pod before it got, which
   * is compared as well, so that a few pods of an application share an image and a message (D5).
   */
  place(spec: VersionSpec, versionId: string, applicationId: string, beside: string | null = null): string | null {
    const neighbour = beside === null ? undefined : this.#slots.get(beside)
    for (const group of this.#groups.values()) {
      if (!admits(group, spec)) continue
      const slot = this.#pick(group, spec, { versionId, applicationId, neighbour })
      if (slot !== null) return slot.nodeName
    }
    return null
  }

  /** How the node that `place` gave last was chosen, as `placement-choice.ts` packs it. */
  get lastChoice(): number {
    return this.#lastChoice
  }

  /** Whether so much more could be booked on a node, for a pod that is there already. */
  hasRoomFor(nodeName: string, more: Demand): boolean {
    const slot = this.#slots.get(nodeName)
    if (!slot) return false
    const { capacity, booked } = slot
    const freeMemoryBytes = capacity.memoryBytes - booked.memoryBytes
    return capacity.cpuMillis - booked.cpuMillis >= more.cpuMillis && freeMemoryBytes >= more.memoryBytes
  }

  book(nodeName: string, booking: Demand, applicationId: string): void {
    this.#move(nodeName, booking, { applicationId, sign: 1 })
  }

  release(nodeName: string, booking: Demand, applicationId: string): void {
    this.#move(nodeName, booking, { applicationId, sign: -1 })
  }

  /** Why there is no room: for people who ask, so it may look at every node. */
  shortage(spec: VersionSpec): Shortage {
    const open = [...this.#slots.values()].filter((slot) => slot.isOpen && admits(slot.group, spec))
    const anyPod: PodKind = { versionId: '', applicationId: '', neighbour: undefined }
    return shortageOf(
      spec,
      open.map((slot) => this.#candidate(slot, anyPod)),
    )
  }

  /** How many pods of a version the other nodes have room for now, up to a number: for people who ask. */
  roomBeside(nodeNames: ReadonlySet<string>, spec: VersionSpec, upTo: number): number {
    let room = 0
    for (const slot of this.#slots.values()) {
      if (room >= upTo) return upTo
      if (nodeNames.has(slot.nodeName) || !slot.isOpen || !admits(slot.group, spec)) continue
      const { capacity, booked } = slot
      const cpu = Math.floor((capacity.cpuMillis - booked.cpuMillis) / Math.max(1, spec.cpuMillis))
      const memory = Math.floor((capacity.memoryBytes - booked.memoryBytes) / Math.max(1, spec.memoryBytes))
      room += Math.max(0, Math.min(cpu, memory, capacity.pods - booked.pods))
    }
    return Math.min(room, upTo)
  }

  #pick(group: Group, demand: Demand, pod: PodKind): Slot | null {
    const { tree, slots } = group
    const { neighbour } = pod
    const candidates: SlotCandidate[] = []
    if (neighbour?.group === group && tree.hasRoom(neighbour.index, demand))
      candidates.push(this.#candidate(neighbour, pod))
    const size = Math.max(1, slots.length)
    const start = this.#random.nextInt(size)
    const stride = Math.max(1, Math.floor(size / CHOICES)) // Evenly spread: of three nodes all are seen.
    for (let choice = 0; choice < CHOICES; choice += 1) {
      const index = tree.find(demand, (start + choice * stride) % size)
      if (index < 0) return null
      const slot = slots[index]
      invariant(slot, 'the tree knows only nodes that are there')
      candidates.push(this.#candidate(slot, pod))
    }
    const chosen = choose(demand, candidates)
    if (chosen === null) return null
    // Two of the choices may be the same node: then it was compared with one less.
    const compared = countDistinct(candidates)
    this.#lastChoice = packChoice(compared, chosen.hasVersion, chosen.podsOfThisApplication)
    return chosen.slot
  }

  #candidate(slot: Slot, { versionId, applicationId }: PodKind): SlotCandidate {
    const { nodeName, number, capacity, booked } = slot
    return {
      slot,
      nodeName,
      freeCpuMillis: capacity.cpuMillis - booked.cpuMillis,
      freeMemoryBytes: capacity.memoryBytes - booked.memoryBytes,
      freePods: capacity.pods - booked.pods,
      hasVersion: this.#versions.get(number, versionId) > 0,
      podsOfThisApplication: this.#pods.get(number, applicationId),
    }
  }

  #takeOut(slot: Slot): void {
    slot.group.tree.set(slot.index, null)
    slot.group.slots[slot.index] = null
    slot.group.free.push(slot.index)
    this.#slots.delete(slot.nodeName)
    this.#versions.clear(slot.number)
  }

  #forget(slot: Slot, versionId: string): boolean {
    if (this.#versions.get(slot.number, versionId) === 0) return false
    this.#versions.add(slot.number, versionId, -1)
    return true
  }

  #move(nodeName: string, booking: Demand, how: { applicationId: string; sign: 1 | -1 }): void {
    const slot = this.#slots.get(nodeName)
    if (!slot) return
    slot.booked.cpuMillis += how.sign * booking.cpuMillis
    slot.booked.memoryBytes += how.sign * booking.memoryBytes
    slot.booked.pods += how.sign
    this.#pods.add(slot.number, how.applicationId, how.sign)
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

/** Of a handful. */
function countDistinct(candidates: readonly SlotCandidate[]): number {
  let distinct = 0
  for (let at = 0; at < candidates.length; at += 1) {
    let earlier = 0
    while (candidates[earlier]?.slot !== candidates[at]?.slot) earlier += 1
    if (earlier === at) distinct += 1
  }
  return distinct
}

type PodKind = { readonly versionId: string; readonly applicationId: string; readonly neighbour: Slot | undefined }

type SlotCandidate = Candidate & { readonly slot: Slot }

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
