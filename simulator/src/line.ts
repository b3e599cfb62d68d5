/** The network between one node and the core: how long things take, and whether they arrive at all. */
import type { Chance } from './chance.ts'
import type { Ground } from './ground.ts'
import type { Peer } from './peer.ts'

/** TCP tries again after this long at the most, once a line works again. */
const RETRANSMIT_MAX_MS = 1_500
/** A server that pings every 5 s and waits 5 s notices a dead line between these. */
const KEEPALIVE_MIN_MS = 20_000
const KEEPALIVE_MAX_MS = 30_000

/** A stream that passes over the line, as far as the line and those at its ends have to do with it. */
export type PassingStream = {
  isOpenTo(core: Peer): boolean
  agentDied(agent: Peer, isNoticed: boolean): void
  coreDied(core: Peer): void
  /** The connection breaks: who notices at once, and who only by its silence. */
  breaks(noticed: { readonly core: boolean; readonly agent: boolean }): void
  coreNoticesSilence(): void
  /** What was held back may pass. */
  release(): void
}

export class Line {
  readonly nodeName: string
  /** Streams of which one side at least is open. */
  readonly wires = new Set<PassingStream>()
  /** On top of the ordinary delay. */
  extraDelayMs = 0
  /** The share of frames that arrive twice. */
  duplicated = 0
  readonly chance: Chance
  readonly #ground: Ground
  #partitions = 0
  #isPartitioned = false

  constructor(ground: Ground, nodeName: string) {
    this.#ground = ground
    this.nodeName = nodeName
    this.chance = ground.chance(`line/${nodeName}`)
  }

  get isPartitioned(): boolean {
    return this.#isPartitioned
  }

  delayMs(): number {
    const extraMs = this.extraDelayMs === 0 ? 0 : this.chance.nextInt(this.extraDelayMs)
    if (extraMs > 0) this.#ground.fault('frames delayed')
    return this.chance.nextInt(3) + extraMs
  }

  retransmitMs(): number {
    return this.chance.nextInt(RETRANSMIT_MAX_MS)
  }

  /** When a server notices that nobody answers its pings. */
  keepaliveMs(): number {
    return this.chance.between(KEEPALIVE_MIN_MS, KEEPALIVE_MAX_MS)
  }

  /** Nothing passes; nobody is told. */
  partition(): void {
    if (this.#isPartitioned) return
    this.#isPartitioned = true
    this.#partitions += 1
    const partition = this.#partitions
    for (const wire of this.wires)
      this.#ground.clock.schedule(this.keepaliveMs(), () => {
        if (this.#isPartitioned && partition === this.#partitions) wire.coreNoticesSilence()
      })
  }

  heal(): void {
    if (!this.#isPartitioned) return
    this.#isPartitioned = false
    for (const wire of this.wires) wire.release()
  }
}
