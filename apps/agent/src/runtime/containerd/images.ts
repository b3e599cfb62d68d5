/**
 * The images that this node has, and gets when a pod needs them or before that. What this agent pulled is noted with
 * the time of its last use, so that it can be removed again; images that others brought are never touched.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import type { Clock } from '@fornax/kernel/clock'
import type { Log } from '@fornax/kernel/log'
import type { RegistryCredentials } from '@fornax/node-model/pod-secrets'
import { z } from 'zod'
import type { ImageOrder } from '../runtime.ts'
import { CriError, type CriClient, type Image } from './cri-client.ts'
import { watchArrival } from './image-arrival.ts'
import { credentialsFor, fullNameOf } from './registry-name.ts'

export type EnsureImageResult =
  | { readonly kind: 'present'; readonly image: Image }
  /** `reason` is for people, with the words of containerd. */
  | { readonly kind: 'absent'; readonly reason: string }

export type ImagesWorld = {
  readonly client: CriClient
  readonly clock: Clock
  readonly log: Log
  /** What we pulled, and when it was used last. */
  readonly file: string
}

const REASON_LETTERS = 500
/** Unused for less than this, an image stays, however short the disk is: it may be wanted again. */
export const UNUSED_MS = 600_000
/** Uses are noted no more often than this. */
const NOTE_AGAIN_MS = 60_000
/** Removed at once; what is still short then goes with the next look. */
const REMOVED_AT_ONCE_MAX = 4
const NOTED_MAX = 1_000

const notes = z.record(z.string(), z.number())

export class Images {
  readonly #world: ImagesWorld
  /** Pods that start together wait for one pull. */
  readonly #pulls = new Map<
    string,
    { readonly done: Promise<EnsureImageResult>; arrived: ((bytes: number) => void)[] }
  >()
  /** Of what we pulled: when it was used last. */
  readonly #usedAtMs: Map<string, number>

  constructor(world: ImagesWorld) {
    this.#world = world
    this.#usedAtMs = readNotes(world.file)
  }

  /** Pulls the image when the node does not have it, or when the order says so. */
  async ensure(order: ImageOrder, arrived?: (bytes: number) => void): Promise<EnsureImageResult> {
    const { image: name, pullPolicy } = order
    try {
      const image = pullPolicy === 'always' ? null : await this.#world.client.imageStatus(name)
      if (image !== null) {
        if (this.#usedAtMs.has(name)) this.#noteUse(name)
        return { kind: 'present', image }
      }
    } catch (error) {
      return absent(name, error) // Not the name of an image, most likely.
    }
    if (pullPolicy === 'never')
      return { kind: 'absent', reason: `the image ${name} is not on this node, and its version says not to pull it` }
    return await this.#pullOnce(name, credentialsFor(name, order.credentials), arrived)
  }

  /** The folder of the file system that images lie on; null when containerd does not say. */
  async folder(): Promise<string | null> {
    return await this.#world.client.imageFolder()
  }

  /**
   * Removes what we pulled and nobody has used for long, the least recently used first. An image stays as long as it
   * has a name that is wanted, or that others gave it. Returns the names.
   */
  async collect(keep: ReadonlySet<string>): Promise<readonly string[]> {
    const { client, clock, log } = this.#world
    const nowMs = clock.nowMs()
    const wanted = new Set([...keep].map(fullNameOf))
    const candidates = [...this.#usedAtMs]
      .filter(([name, atMs]) => nowMs - atMs >= UNUSED_MS && !wanted.has(fullNameOf(name)) && !this.#isPulled(name))
      .toSorted(([, a], [, b]) => a - b)
    if (candidates.length === 0) return []
    const containers = await client.listContainers({}) // Of everybody: who runs an image keeps it.
    const inUse = new Set(containers.map(({ imageRef }) => imageRef))
    const free = new Set(candidates.map(([name]) => fullNameOf(name)))
    const removed: string[] = []
    for (const [name] of candidates) {
      if (removed.length === REMOVED_AT_ONCE_MAX) break
      const image = await client.imageStatus(name)
      if (image !== null && (inUse.has(image.id) || isCalledOtherwise(image, free, wanted))) continue
      if (image !== null) await client.removeImage(name)
      if (image !== null) removed.push(name)
      this.#usedAtMs.delete(name)
    }
    this.#writeNotes()
    if (removed.length > 0) log.info({ images: removed }, 'the disk is short: images were removed that nobody used')
    return removed
  }

  #isPulled(name: string): boolean {
    return [...this.#pulls.keys()].some((key) => key.startsWith(`${name}\0`))
  }

  /** Who waits for the same image with the same credentials waits for one pull. */
  async #pullOnce(
    name: string,
    credentials: RegistryCredentials | null,
    arrived: ((bytes: number) => void) | undefined,
  ): Promise<EnsureImageResult> {
    const key = `${name}\0${JSON.stringify(credentials)}`
    const known = this.#pulls.get(key)
    if (known !== undefined) {
      if (arrived !== undefined) known.arrived.push(arrived)
      return await known.done
    }
    const listeners = arrived === undefined ? [] : [arrived]
    const tell = (bytes: number): void => listeners.forEach((listener) => listener(bytes))
    const done = this.#pull(name, credentials, tell).finally(() => this.#pulls.delete(key))
    this.#pulls.set(key, { done, arrived: listeners })
    return await done
  }

  async #pull(
    name: string,
    credentials: RegistryCredentials | null,
    arrived: (bytes: number) => void,
  ): Promise<EnsureImageResult> {
    const { client, clock } = this.#world
    const watch = watchArrival({ client, clock, arrived })
    try {
      await client.pullImage(name, credentials === null ? null : authOf(credentials))
      const image = await client.imageStatus(name)
      if (image === null) return { kind: 'absent', reason: `the image ${name} was pulled and is not there` }
      this.#noteUse(name)
      return { kind: 'present', image }
    } catch (error) {
      return absent(name, error)
    } finally {
      watch[Symbol.dispose]()
    }
  }

  #noteUse(name: string): void {
    const nowMs = this.#world.clock.nowMs()
    const before = this.#usedAtMs.get(name)
    if (before !== undefined && nowMs - before < NOTE_AGAIN_MS) return
    this.#usedAtMs.delete(name)
    this.#usedAtMs.set(name, nowMs) // The least recently used stands first.
    const [oldest] = this.#usedAtMs.keys()
    if (this.#usedAtMs.size > NOTED_MAX && oldest !== undefined) this.#usedAtMs.delete(oldest)
    this.#writeNotes()
  }

  /** Where that fails, the disk is full most likely; the next use tries again. */
  #writeNotes(): void {
    const { file, log } = this.#world
    try {
      writeFileSync(`${file}.new`, JSON.stringify(Object.fromEntries(this.#usedAtMs)), { mode: 0o600 })
      renameSync(`${file}.new`, file)
    } catch (error) {
      log.warn({ err: error }, 'which images were pulled could not be noted')
    }
  }
}

/** A digest comes with a tag of its repository: alone it counts only when somebody wants it. */
function isCalledOtherwise({ names }: Image, free: ReadonlySet<string>, wanted: ReadonlySet<string>): boolean {
  const repositories = new Set([...free].map(repositoryOf))
  return names.some((name) => {
    if (!name.includes('@')) return !free.has(name)
    return wanted.has(name) || !repositories.has(repositoryOf(name))
  })
}

/** Of a full name. */
function repositoryOf(name: string): string {
  const digestAt = name.indexOf('@')
  return name.slice(0, digestAt === -1 ? name.lastIndexOf(':') : digestAt)
}

function authOf({ username, password, identityToken }: RegistryCredentials) {
  return { username, password, identityToken, serverAddress: '' }
}

/** A note that is lost costs nothing but disk: its images are nobody's to remove then. */
function readNotes(file: string): Map<string, number> {
  try {
    return new Map(Object.entries(notes.parse(JSON.parse(readFileSync(file, 'utf8')))))
  } catch {
    return new Map()
  }
}

function absent(name: string, error: unknown): EnsureImageResult {
  if (!(error instanceof CriError)) throw error
  return { kind: 'absent', reason: `the image ${name}: ${error.message}`.slice(0, REASON_LETTERS) }
}
