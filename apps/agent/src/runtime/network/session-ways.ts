/**
 * The ways from host ports into pods, one set per open session. The kernel holds
 * them in an nftables table that outlives the agent; this is the agent's view.
 */
import type { Log } from '@fornax/kernel/log'
import { z } from 'zod'
import { tableName } from './agent-tag.ts'
import { CommandShell, NFT } from './command-shell.ts'
import {
  closeLine,
  openLine,
  tableScript,
  type PodTraffic,
  type PortMapping,
  type RuleOptions,
  type Transport,
} from './nft-rules.ts'
import { runTool } from './run-tool.ts'
import { countSockets, type SocketCounts } from './socket-counts.ts'
import { TrafficWatch } from './traffic-watch.ts'

/** A pod as seen from the network. */
export type WayTarget = {
  readonly podId: string
  readonly address: string
  /** The file that stands for its network namespace. */
  readonly networkFile: string
}

/** What the kernel knows of a session. */
type KernelWay = { readonly mark: number; readonly mappings: readonly PortMapping[] }

/** The ways of one session. */
type Way = KernelWay & {
  /** Settles when the kernel has them. */
  readonly opening: Promise<void>
  /** They could not be opened, nor taken back: whether the kernel has them, nobody knows. */
  isDoubtful: boolean
}

/** What the kernel said of one port, after a restart. */
type FoundMapping = PortMapping & { readonly mark: number }

const MARK_MAX = 0x7fff_ffff
/** How nftables refuses a line about what is not there, an element or the whole table. The line changes nothing. */
const NOT_THERE = 'No such file or directory'
/** These take milliseconds; one that hangs must not keep a session from its end. */
const CUT_LIMIT_MS = 10_000

export class SessionWays implements AsyncDisposable {
  /** What goes by these ways. */
  readonly traffic: TrafficWatch
  readonly #tag: string
  readonly #log: Log
  readonly #nft = new CommandShell(NFT)
  readonly #ways = new Map<string, Map<string, Way>>()
  /** How many sockets each pod had when no client was connected: those that listen, and its own. */
  readonly #restingSockets = new Map<string, number>()
  readonly #marks: Set<number>
  /** Of an earlier agent, until their pods are adopted or destroyed; and what could not be closed. */
  #found: readonly FoundMapping[]
  /** Clearing is slow and nobody waits for it, so it happens one by one. */
  #clearing: Promise<void> = Promise.resolve()

  private constructor(tag: string, log: Log, found: readonly FoundMapping[]) {
    this.#tag = tag
    this.#log = log
    this.#found = found
    this.traffic = new TrafficWatch(tag, (lines) => this.#nft.run(lines), log)
    this.#marks = new Set(found.map(({ mark }) => mark))
  }

  /** Makes the table, or takes over the one of an earlier agent with the sessions in it. */
  static async open(tag: string, traffic: PodTraffic, options: RuleOptions, log: Log): Promise<SessionWays> {
    await runTool('nft', ['-f', '-'], tableScript(tag, traffic, options))
    const listing = await runTool('nft', ['-j', 'list', 'table', 'inet', tableName(tag)])
    return new SessionWays(tag, log, foundMappings(JSON.parse(listing)))
  }

  /** Opens ways for a session. The same ways again change nothing. */
  async open({ podId }: WayTarget, sessionId: string, mappings: readonly PortMapping[]): Promise<void> {
    const ways = this.#waysOf(podId)
    const known = ways.get(sessionId)
    if (known !== undefined) return await known.opening
    const mark = this.#newMark()
    const opening = this.#nft.run([openLine(this.#tag, mark, mappings)])
    const way = { mark, mappings, opening, isDoubtful: false }
    ways.set(sessionId, way)
    try {
      await opening
    } catch (cause) {
      way.isDoubtful = !(await this.#isTakenBack(way))
      if (!way.isDoubtful) ways.delete(sessionId)
      throw new Error(`no ways for session ${sessionId}`, { cause })
    }
  }

  /** Takes over the ways of an earlier agent's pod, and closes those of sessions that are no more. */
  async adopt(target: WayTarget, sessions: ReadonlyMap<string, readonly PortMapping[]>): Promise<void> {
    const ofPod = this.#takeFound(target.address)
    const kept = new Set<FoundMapping>()
    for (const [sessionId, mappings] of sessions) {
      const found = ofPod.filter((candidate) => mappings.some((mapping) => isSameWay(mapping, candidate)))
      const [first] = found
      if (first === undefined || found.length !== mappings.length) continue // Lost or half made: opened anew below.
      for (const mapping of found) kept.add(mapping)
      this.#waysOf(target.podId).set(sessionId, {
        mark: first.mark,
        mappings,
        opening: Promise.resolve(),
        isDoubtful: false,
      })
    }
    await this.#closeFound(ofPod.filter((mapping) => !kept.has(mapping)))
    for (const [sessionId, mappings] of sessions) await this.open(target, sessionId, mappings)
  }

  /**
   * Ends a session's connections, and closes its ways. Rejects when they are still open. `networkPid`: a process in the
   * pod's network, 0 when nobody knows one.
   */
  async close(target: WayTarget, sessionId: string, networkPid: number): Promise<void> {
    const ways = this.#waysOf(target.podId)
    const way = ways.get(sessionId)
    if (way === undefined) return
    try {
      // Whether the ways were closed before or the whole table is gone sounds the same: only their pod's end is sure.
      if (way.isDoubtful) await this.#takeAway(way)
      else await this.#nft.run([closeLine(this.#tag, way.mark, way.mappings)])
    } catch (cause) {
      throw new Error(`session ${sessionId} could not be cut off`, { cause }) // They are closed with the pod.
    }
    ways.delete(sessionId)
    // Another session of this pod may have connections to the same ports, which must live.
    if (ways.size === 0) await this.#cutConnections(target, way, networkPid)
    this.#forget(way)
  }

  /** Closes all ways into a pod that has ended. */
  async closeAll(podId: string, address: string): Promise<void> {
    const ways = [...this.#waysOf(podId).values(), ...byMark(this.#takeFound(address))]
    this.#ways.delete(podId)
    this.#restingSockets.delete(podId)
    await this.#closeLast(podId, ways)
    try {
      await this.traffic.forget(address)
    } catch (error) {
      this.#log.error({ podId, err: error }, 'the packets of a pod that has ended may still be counted')
    }
  }

  /** Closes what could not be closed when the last pod of this address ended. Rejects when that is still so. */
  async closeLeft(address: string): Promise<void> {
    await this.#closeFound(this.#takeFound(address))
  }

  /** Tries twice, because the second time another tool does it. Where none does, the others are not waited for. */
  async #closeLast(podId: string, ways: readonly KernelWay[]): Promise<void> {
    for (const [index, way] of ways.entries()) {
      try {
        await this.#takeAway(way).catch(() => this.#takeAway(way))
      } catch (error) {
        const left = ways.slice(index)
        this.#keepInMind(left)
        this.#log.error({ podId, left: left.length, err: error }, 'sessions of a pod could not be cut off')
        return
      }
      this.#forget(way)
    }
  }

  #keepInMind(ways: readonly KernelWay[]): void {
    const left = ways.flatMap(({ mark, mappings }) => mappings.map((mapping) => ({ ...mapping, mark })))
    this.#found = [...this.#found, ...left]
  }

  /** Closes what leads to pods that are not there; `isThere` tells by address. */
  async closeStray(isThere: (address: string) => boolean): Promise<void> {
    const stray = this.#found.filter((mapping) => !isThere(mapping.podAddress))
    this.#found = this.#found.filter((mapping) => isThere(mapping.podAddress))
    await this.#closeFound(stray)
  }

  /** Changes sets that the words of the traffic speak of, in its turn among the ways. */
  change(lines: readonly string[]): Promise<void> {
    return this.#nft.run(lines)
  }

  /** Takes the table away, once there are no pods. */
  async removeAll(): Promise<void> {
    const table = `table inet ${tableName(this.#tag)}`
    await this.#nft.run([`add ${table}; delete ${table}`]) // Somebody else may have deleted it.
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#clearing
    await this.traffic[Symbol.asyncDispose]()
    await this.#nft[Symbol.asyncDispose]()
  }

  #waysOf(podId: string): Map<string, Way> {
    const known = this.#ways.get(podId)
    if (known !== undefined) return known
    const ways = new Map<string, Way>()
    this.#ways.set(podId, ways)
    return ways
  }

  #takeFound(address: string): readonly FoundMapping[] {
    const taken = this.#found.filter((mapping) => mapping.podAddress === address)
    if (taken.length > 0) this.#found = this.#found.filter((mapping) => mapping.podAddress !== address)
    return taken
  }

  async #closeFound(mappings: readonly FoundMapping[]): Promise<void> {
    const found = byMark(mappings)
    await Promise.all(
      found.map(async (way) => {
        try {
          await this.#takeAway(way)
        } catch (error) {
          this.#keepInMind([way])
          throw error
        }
        this.#forget(way)
      }),
    )
  }

  /** A tool that ended may have opened them before. Where they cannot be taken back, they end with the pod. */
  async #isTakenBack(way: KernelWay): Promise<boolean> {
    try {
      await this.#takeAway(way)
    } catch {
      return false
    }
    this.#forget(way)
    return true
  }

  /** Closes ways that may be closed already: a tool that ended with its work done has told nobody. */
  async #takeAway({ mark, mappings }: KernelWay): Promise<void> {
    try {
      await this.#nft.run([closeLine(this.#tag, mark, mappings)])
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith(`${NFT.program}: `))) throw error
      if (!error.message.includes(NOT_THERE)) throw error
    }
  }

  /** The rules would end a connection with its next packet; this ends those too in which nobody speaks. */
  async #cutConnections(target: WayTarget, { mappings }: Way, networkPid: number): Promise<void> {
    const { podId, networkFile } = target
    const ports = mappings.filter(({ transport }) => transport === 'tcp').map((each) => each.containerPort)
    const sockets = countSockets(networkPid, networkFile)
    if (ports.length === 0 || this.#isAtRest(podId, sockets)) return
    const which = ports.map((port) => `sport = :${port}`).join(' or ')
    const args = [`--net=${networkFile}`, 'ss', '-K', '-H', '-t', 'state', 'connected', `( ${which} )`]
    await runTool('nsenter', args, '', CUT_LIMIT_MS).catch((error: unknown) => {
      this.#log.debug({ err: error }, 'idle connections stay until their next packet')
    })
    const left = countSockets(networkPid, networkFile)
    if (left !== null) this.#restingSockets.set(podId, left.open)
  }

  /** Whether nobody is connected. Then a process less is started, which takes milliseconds. */
  #isAtRest(podId: string, sockets: SocketCounts | null): boolean {
    const resting = this.#restingSockets.get(podId)
    if (sockets === null || resting === undefined || sockets.connected > 0 || sockets.open > resting) return false
    this.#restingSockets.set(podId, sockets.open)
    return true
  }

  /**
   * A closed session's mark lets no packet pass. That is the end of its TCP connections; but a UDP client that keeps
   * its port would look like its own former self to the kernel, until that has forgotten it.
   */
  #forget({ mark, mappings }: KernelWay): void {
    this.#marks.delete(mark)
    if (!mappings.some(({ transport }) => transport === 'udp')) return
    this.#clearing = this.#clearing
      .then(() => runTool('conntrack', ['-D', '-p', 'udp', '--mark', String(mark)], '', CUT_LIMIT_MS))
      .then(ignore, ignore) // It fails, too, when there was nothing to clear.
  }

  #newMark(): number {
    for (;;) {
      const mark = 1 + Math.floor(Math.random() * (MARK_MAX - 1))
      if (this.#marks.has(mark)) continue
      this.#marks.add(mark)
      return mark
    }
  }
}

function ignore(): void {}

function byMark(mappings: readonly FoundMapping[]): readonly KernelWay[] {
  return Array.from(
    Map.groupBy(mappings, ({ mark }) => mark),
    ([mark, of]) => ({ mark, mappings: of }),
  )
}

function isSameWay(one: PortMapping, other: PortMapping): boolean {
  return (
    one.hostPort === other.hostPort && one.transport === other.transport && one.containerPort === other.containerPort
  )
}

const port = z.number()
const listingSchema = z.object({
  nftables: z.array(
    z.object({ map: z.object({ name: z.string(), elem: z.array(z.unknown()).default([]) }).optional() }),
  ),
})
const targetSchema = z.tuple([port, z.object({ concat: z.tuple([z.string(), port]) })])
const markSchema = z.tuple([port, z.number()])

/** Reads what `nft -j list table` says of our maps. A port without a mark leads nowhere and is left out. */
export function foundMappings(listing: unknown): readonly FoundMapping[] {
  const maps = new Map(listingSchema.parse(listing).nftables.flatMap(({ map }) => (map ? [[map.name, map.elem]] : [])))
  return (['tcp', 'udp'] as const).flatMap((transport) => mappingsOf(transport, maps))
}

function mappingsOf(transport: Transport, maps: ReadonlyMap<string, readonly unknown[]>): readonly FoundMapping[] {
  const marks = new Map((maps.get(`${transport}_marks`) ?? []).map((element) => markSchema.parse(element)))
  return (maps.get(`${transport}_targets`) ?? []).flatMap((element) => {
    const [hostPort, { concat }] = targetSchema.parse(element)
    const mark = marks.get(hostPort)
    return mark === undefined ? [] : [{ transport, hostPort, podAddress: concat[0], containerPort: concat[1], mark }]
  })
}
