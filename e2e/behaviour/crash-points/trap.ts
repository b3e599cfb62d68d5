/** Kills this very process at a crash point, as the kernel does when it runs out of memory: in the middle of it. */
import { writeSync } from 'node:fs'
import type { CrashPoint, CrashSide } from '@fornax/simulator/crash-points'

/** Where to die, and at which passage of it from now on. */
export type CrashOrder = { readonly point: CrashPoint; readonly side: CrashSide; readonly nth: number }

/** What was handed to the network has surely left after this long. */
const LEFT_AFTER_MS = 150

export class Trap {
  #order: CrashOrder | null = null
  #passages = 0
  /** The frame to die after is on its way: whatever comes next comes too late. */
  #isLast = false

  arm(order: CrashOrder): void {
    this.#order = order
    this.#passages = 0
  }

  /** Does not return where the process is to die. */
  pass(point: CrashPoint, side: CrashSide): void {
    if (this.#isLast) die(this.#order)
    if (this.#isHere(point, side)) die(this.#order)
  }

  /** A frame was handed over. Who dies after that dies when it has left, and before anything else is done. */
  passSent(point: CrashPoint): void {
    if (!this.#isHere(point, 'after')) return
    // The socket is written to at the end of this turn of the event loop or of the next.
    setImmediate(() =>
      setImmediate(() => {
        this.#isLast = true
        setTimeout(() => die(this.#order), LEFT_AFTER_MS)
      }),
    )
  }

  #isHere(point: CrashPoint, side: CrashSide): boolean {
    if (this.#order?.point !== point || this.#order.side !== side) return false
    this.#passages += 1
    return this.#passages === this.#order.nth
  }
}

function die(order: CrashOrder | null): never {
  writeSync(2, `dies ${order?.side} ${order?.point}\n`)
  process.kill(process.pid, 'SIGKILL')
  throw new Error('a killed process goes on')
}
