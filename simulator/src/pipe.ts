/** One direction of a stream: what is put in first comes out first, later, or not at all. */
import type { Ground } from './ground.ts'
import type { Line } from './line.ts'

type Item = { readonly deliver: () => void; readyAtMs: number }

export class Pipe {
  /** Told when everything that waited has come out. */
  onEmpty: () => void = () => undefined
  readonly #ground: Ground
  readonly #line: Line
  #items: Item[] = []
  #isArmed = false
  #isCut = false

  constructor(ground: Ground, line: Line) {
    this.#ground = ground
    this.#line = line
  }

  /** How much is under way. */
  get waiting(): number {
    return this.#items.length
  }

  push(deliver: () => void): void {
    if (this.#isCut) return
    this.#items.push({ deliver, readyAtMs: this.#ground.clock.nowMs() + this.#line.delayMs() })
    this.#arm()
  }

  /** The last of what is under way is lost; `keep` of it arrives. */
  lose(keep: number): void {
    if (this.#items.length <= keep) return
    this.#ground.fault('frames lost with the connection')
    this.#items.length = keep
  }

  /** Nothing arrives any more. */
  cut(): void {
    if (this.#items.length > 0) this.#ground.fault('frames lost with the connection')
    this.#isCut = true
    this.#items = []
  }

  /** The line works again: what was held back is sent once more, after a while. */
  release(): void {
    const [first] = this.#items
    if (first !== undefined) first.readyAtMs = this.#ground.clock.nowMs() + this.#line.retransmitMs()
    this.#arm()
  }

  #arm(): void {
    const [first] = this.#items
    if (first === undefined || this.#isArmed || this.#line.isPartitioned) return
    this.#isArmed = true
    this.#ground.clock.schedule(first.readyAtMs - this.#ground.clock.nowMs(), () => this.#deliver())
  }

  #deliver(): void {
    this.#isArmed = false
    if (this.#isCut || this.#line.isPartitioned) return
    const [first] = this.#items
    if (first === undefined || first.readyAtMs > this.#ground.clock.nowMs()) return this.#arm()
    this.#items.shift()
    first.deliver()
    this.#arm()
    if (this.#items.length === 0) this.onEmpty()
  }
}
