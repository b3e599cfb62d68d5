/** Numbers by steps of time, in memory that is taken once: a row of whole numbers for each step of the last hour. */
import { STEPS } from './time-grid.ts'

export class SampleRing {
  readonly #width: number
  readonly #values: Uint32Array
  readonly #steps = new Float64Array(STEPS).fill(-1)

  /** `width`: how many numbers each step has. */
  constructor(width: number) {
    this.#width = width
    this.#values = new Uint32Array(width * STEPS)
  }

  /** The numbers of a step, to write: zeros when it begins. */
  at(step: number): Uint32Array {
    const slot = step % STEPS
    const values = this.#values.subarray(slot * this.#width, (slot + 1) * this.#width)
    if (this.#steps[slot] !== step) values.fill(0)
    this.#steps[slot] = step
    return values
  }

  /** The numbers of a step; null when it was not sampled, or is forgotten. */
  read(step: number): Uint32Array | null {
    const slot = step % STEPS
    if (this.#steps[slot] !== step) return null
    return this.#values.subarray(slot * this.#width, (slot + 1) * this.#width)
  }
}
