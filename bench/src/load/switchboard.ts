/** Gives every call a line that has room; calls that find none wait for the next one. */
import type { Line, LineAnswer } from './line.ts'

type Call = { readonly prepared: string; readonly done: (answer: LineAnswer) => void }

export class Switchboard {
  readonly #lines: readonly Line[]
  /** A line stands here once for each call that it has room for. */
  readonly #free: Line[]
  readonly #waiting: Call[] = []
  #waitingFrom = 0
  #isServing = false

  constructor(lines: readonly Line[]) {
    this.#lines = lines
    const most = Math.max(...lines.map((line) => line.capacity))
    this.#free = Array.from({ length: most }, () => lines).flat()
  }

  prepare(payload: string): string {
    const [line] = this.#lines
    if (line === undefined) throw new Error('there is no line')
    return line.prepare(payload)
  }

  send(prepared: string, done: (answer: LineAnswer) => void): void {
    const line = this.#free.pop()
    if (line === undefined) this.#waiting.push({ prepared, done })
    else this.#sendOn(line, { prepared, done })
  }

  close(): void {
    for (const line of this.#lines) line.close()
  }

  #sendOn(line: Line, { prepared, done }: Call): void {
    line.send(prepared, (answer) => {
      this.#free.push(line)
      this.#serveWaiting()
      done(answer)
    })
  }

  /** A line that has failed answers at once: one call after the other, so that not each stands on the one before. */
  #serveWaiting(): void {
    if (this.#isServing) return
    this.#isServing = true
    for (let line = this.#free.pop(); line; line = this.#free.pop()) {
      const next = this.#nextWaiting()
      if (next === undefined) {
        this.#free.push(line)
        break
      }
      this.#sendOn(line, next)
    }
    this.#isServing = false
  }

  /** In the order of asking, without moving those behind each time. */
  #nextWaiting(): Call | undefined {
    const next = this.#waiting[this.#waitingFrom]
    if (next === undefined) return undefined
    this.#waitingFrom += 1
    if (this.#waitingFrom === this.#waiting.length) {
      this.#waiting.length = 0
      this.#waitingFrom = 0
    }
    return next
  }
}
