/**
 * Everything that happened in a run, as a running hash, and the last of it as text. Two runs of one seed have the
 * same hash. It is not for security, only for comparing.
 */

const KEPT = 50

export class Trace {
  /** Called with each line, for whoever reads along. */
  onLine: ((line: string) => void) | null = null
  readonly #kept: string[] = []
  #lines = 0
  #low = 0x9e3779b9 | 0
  #high = 0x85ebca6b | 0

  /** How many lines there were. */
  get lines(): number {
    return this.#lines
  }

  add(line: string): void {
    this.#kept[this.#lines % KEPT] = line
    this.#lines += 1
    let low = this.#low
    let high = this.#high
    for (let index = 0; index < line.length; index += 1) {
      const code = line.charCodeAt(index)
      low = Math.imul(low ^ code, 2_654_435_761)
      high = Math.imul(high ^ code, 1_597_334_677) + (low >>> 15)
    }
    this.#low = low
    this.#high = high | 0
    this.onLine?.(line)
  }

  /** The last lines, oldest first. */
  last(): string[] {
    const start = this.#lines % KEPT
    return this.#lines <= KEPT ? [...this.#kept] : [...this.#kept.slice(start), ...this.#kept.slice(0, start)]
  }

  /** 64 bits, as 16 hexadecimal digits. */
  get hash(): string {
    return hex(this.#high ^ (this.#low >>> 7)) + hex(this.#low ^ (this.#high >>> 11))
  }
}

function hex(word: number): string {
  return (word >>> 0).toString(16).padStart(8, '0')
}
