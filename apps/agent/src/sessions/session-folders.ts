/**
 * A folder per pod that holds its session socket and nothing else: it is what is
 * mounted into the pod, and stays the same when the agent makes the socket anew.
 */
import { createHash } from 'node:crypto'
import { chmodSync, lchownSync, lstatSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import { invariant } from '@fornax/kernel/assert'
import type { Log } from '@fornax/kernel/log'
import { SESSION_SOCKET } from '../runtime/runtime.ts'
import { openSessionServer, type ApplicationLink, type SessionServerOptions } from './session-server.ts'

/** What Linux can hold of a unix socket's path. */
const SOCKET_PATH_BYTES_MAX = 107
/** `pod-` and 16 letters. */
const POD_ID_LENGTH = 20

/** Where the agent meets the applications in its pods. */
export type SessionPlaces = {
  /** The folder of a pod, as its runtime mounts it. */
  pathOf(podId: string): string
  /** Makes the folder, and listens in it for the application. */
  open(options: Omit<SessionServerOptions, 'folder'>): Promise<ApplicationLink>
  remove(podId: string): void
  /** Removes what is left of all other pods, as far as it can: agents before us may have died before they could. */
  keepOnly(podIds: ReadonlySet<string>): readonly LeftFolder[]
}

/** A folder that could not be removed: where a pod is our user, it may have seen to that. */
export type LeftFolder = { readonly podId: string; readonly err: unknown }

/** For nodes on which no application can be met: nothing is kept anywhere. */
export const NO_SESSION_PLACES: SessionPlaces = {
  pathOf: (podId) => podId,
  open: ({ podId }) => Promise.reject(new Error(`pod ${podId} cannot be met here`)),
  remove: () => undefined,
  keepOnly: () => [],
}

export class SessionFolders implements SessionPlaces {
  readonly #root: string

  /** Everything in its folder below `dataDir` is the agent's own, and goes when nobody needs it. */
  constructor(dataDir: string) {
    invariant(isAbsolute(dataDir), 'the data folder is named by its whole path')
    const root = join(dataDir, 'sockets')
    const longest = join(root, 'x'.repeat(POD_ID_LENGTH), SESSION_SOCKET)
    const isShortEnough = Buffer.byteLength(longest) <= SOCKET_PATH_BYTES_MAX
    // The same data folder leads to the same place, also after a restart.
    const name = createHash('sha256').update(dataDir).digest('hex').slice(0, 12)
    this.#root = isShortEnough ? root : join(tmpdir(), `fornax-${name}`)
  }

  pathOf(podId: string): string {
    return join(this.#root, podId)
  }

  /** Makes the folder of a pod, for its owner only. */
  make(podId: string, owner: { readonly uid: number; readonly gid: number } | null): string {
    // Another user's pods must be able to pass through the root, but not to list it.
    mkdirSync(this.#root, { recursive: true, mode: 0o700 })
    refuseForeign(this.#root)
    if (owner !== null) chmodSync(this.#root, 0o711)
    const path = this.pathOf(podId)
    mkdirSync(path, { recursive: true, mode: 0o700 })
    if (owner !== null) lchownSync(path, owner.uid, owner.gid)
    return path
  }

  async open(options: Omit<SessionServerOptions, 'folder'>): Promise<ApplicationLink> {
    return await openSessionServer({ ...options, folder: this.make(options.podId, options.owner) })
  }

  remove(podId: string): void {
    rmSync(this.pathOf(podId), { recursive: true, force: true })
  }

  keepOnly(podIds: ReadonlySet<string>): readonly LeftFolder[] {
    if (!isOurs(this.#root)) return []
    const others = readdirSync(this.#root).filter((name) => !podIds.has(name))
    return others.flatMap((podId) => this.#tryToRemove(podId))
  }

  #tryToRemove(podId: string): readonly LeftFolder[] {
    try {
      this.remove(podId)
      return []
    } catch (err) {
      return [{ podId, err }]
    }
  }
}

/** Ends what an application was met by, and then what it was met in, as far as its pod lets us. */
export async function removeLink(
  link: ApplicationLink | null,
  podId: string,
  { folders, log }: { readonly folders: SessionPlaces; readonly log: Log },
): Promise<void> {
  if (link === null) return
  try {
    await link[Symbol.asyncDispose]()
    folders.remove(podId)
  } catch (err) {
    log.error({ podId, err }, 'the session folder of a pod could not be removed')
  }
}

/** Below the folder for temporary files anybody may have made it before us, and would own what we put into it. */
function refuseForeign(root: string): void {
  if (isOurs(root)) return
  throw new Error(`${root} belongs to somebody else; remove it, or choose a shorter FORNAX_DATA_DIR`)
}

function isOurs(root: string): boolean {
  const found = lstatSync(root, { throwIfNoEntry: false })
  return found?.isDirectory() === true && found.uid === process.geteuid?.()
}
