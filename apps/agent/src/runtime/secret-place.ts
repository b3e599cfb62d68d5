/**
 * Where secrets lie while a pod runs: one folder for each pod, in memory, that only the agent's user can enter. What is
 * mounted into pods are the files in it. A machine that is switched off has none of it any more.
 */
import { chmodSync, existsSync, mkdirSync, readdirSync, rmdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const MEMORY = '/dev/shm'
/** The type of tmpfs, as the kernel tells it. */
const TMPFS = 0x01021994
const READ_ONLY = 0o444

export class SecretPlace {
  readonly #folder: string

  /** `tag` is the agent's, or the runtime's. Nothing is made before there is a secret. */
  constructor(tag: string) {
    this.#folder = join(MEMORY, `fornax-secrets-${tag}`)
  }

  /** Writes a file for a pod, and returns where it is. Throws where there is no file system in memory. */
  write(podId: string, name: string, content: string | Uint8Array): string {
    if (!existsSync(MEMORY) || statfsSync(MEMORY).type !== TMPFS)
      throw new Error(`secrets need a file system in memory: mount a tmpfs at ${MEMORY}`)
    const folder = this.#folderOf(podId)
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const path = join(folder, name)
    writeFileSync(path, content, { mode: READ_ONLY, flag: 'wx' })
    chmodSync(path, READ_ONLY) // Whatever our umask is: who may enter the folder is what counts.
    return path
  }

  /** Removes one file of a pod. */
  removeFile(podId: string, name: string): void {
    rmSync(join(this.#folderOf(podId), name), { force: true })
  }

  /** Does nothing when there is nothing. */
  remove(podId: string): void {
    if (!existsSync(this.#folder)) return
    rmSync(this.#folderOf(podId), { recursive: true, force: true })
    if (readdirSync(this.#folder).length === 0) rmdirSync(this.#folder)
  }

  /** What agents that were killed have left of pods that are no more. */
  keepOnly(podIds: ReadonlySet<string>): void {
    if (!existsSync(this.#folder)) return
    for (const podId of readdirSync(this.#folder)) if (!podIds.has(podId)) this.remove(podId)
  }

  #folderOf(podId: string): string {
    return join(this.#folder, podId)
  }
}
