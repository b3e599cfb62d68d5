/** A log file that never grows beyond its bound: when it is full it makes room, and the oldest one goes. */
import { closeSync, existsSync, fstatSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'

type RotatingLogOptions = { readonly path: string; readonly bytesMax: number; readonly oldFilesMax: number }

export class RotatingLog implements Disposable {
  readonly #options: RotatingLogOptions
  #file: number
  #bytes: number

  constructor(options: RotatingLogOptions) {
    this.#options = options
    mkdirSync(dirname(options.path), { recursive: true, mode: 0o700 })
    this.#file = openSync(options.path, 'a', 0o600)
    this.#bytes = fstatSync(this.#file).size
  }

  /** Appends whole lines, so that no line is cut in two by a rotation. */
  write(lines: string): void {
    const bytes = Buffer.byteLength(lines)
    if (this.#bytes > 0 && this.#bytes + bytes > this.#options.bytesMax) this.#rotate()
    writeSync(this.#file, lines)
    this.#bytes += bytes
  }

  [Symbol.dispose](): void {
    closeSync(this.#file)
  }

  /** The open file moves aside before it is closed: when that fails, what there is stays usable. */
  #rotate(): void {
    const { path, oldFilesMax } = this.#options
    for (let age = oldFilesMax; age >= 1; age -= 1) {
      const younger = age === 1 ? path : `${path}.${age - 1}`
      if (existsSync(younger)) renameSync(younger, `${path}.${age}`)
    }
    const full = this.#file
    this.#file = openSync(path, 'w', 0o600)
    this.#bytes = 0
    closeSync(full)
  }
}
