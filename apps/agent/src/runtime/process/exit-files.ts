/**
 * Hears when a shim has noted its pod's exit code: one watch on one folder for
 * all pods, whoever started them.
 */
import { mkdirSync, readFileSync, rmSync, watch, type FSWatcher } from 'node:fs'
import { join } from 'node:path'

export class ExitFiles implements Disposable {
  readonly #folder: string
  readonly #waiting = new Map<string, (exitCode: number) => void>()
  readonly #watcher: FSWatcher

  constructor(folder: string) {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    this.#folder = folder
    this.#watcher = watch(folder, (_event, podId) => podId !== null && this.#tell(podId))
  }

  /** Where the shim of a pod writes. */
  pathOf(podId: string): string {
    return join(this.#folder, podId)
  }

  /** What a pod's shim wrote; null when it has not yet. */
  read(podId: string): number | null {
    try {
      const text = readFileSync(this.pathOf(podId), 'utf8')
      return /^\d+\n$/.test(text) ? Number(text) : null // Without its line end it is still being written.
    } catch {
      return null
    }
  }

  /** Calls back once, as soon as a pod's exit code is there. */
  await(podId: string, then: (exitCode: number) => void): void {
    this.#waiting.set(podId, then)
    this.#tell(podId)
  }

  /** Nobody wants to know any more. */
  remove(podId: string): void {
    this.#waiting.delete(podId)
    rmSync(this.pathOf(podId), { force: true })
  }

  [Symbol.dispose](): void {
    this.#watcher.close()
    this.#waiting.clear()
  }

  #tell(podId: string): void {
    const then = this.#waiting.get(podId)
    const exitCode = then === undefined ? null : this.read(podId)
    if (then === undefined || exitCode === null) return
    this.#waiting.delete(podId)
    then(exitCode)
  }
}
