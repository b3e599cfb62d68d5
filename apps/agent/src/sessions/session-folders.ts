/**
 * A folder per pod that holds its session socket and nothing else: it is what is
 * mounted into the pod, and stays the same when the agent makes the socket anew.
 */
import { createHash } from 'node:crypto'
import { chmodSync, chownSync, lstatSync, mkdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SESSION_SOCKET } from '../runtime/runtime.ts'

/** What Linux can hold of a unix socket's path. */
const SOCKET_PATH_BYTES_MAX = 107
/** `pod-` and 16 letters. */
const POD_ID_LENGTH = 20

export class SessionFolders {
  readonly #root: string

  constructor(dataDir: string) {
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
    if (owner !== null) chownSync(path, owner.uid, owner.gid)
    return path
  }

  remove(podId: string): void {
    rmSync(this.pathOf(podId), { recursive: true, force: true })
  }
}

/** Below the folder for temporary files anybody may have made it before us, and would own what we put into it. */
function refuseForeign(root: string): void {
  const found = lstatSync(root)
  const isOurs = found.isDirectory() && found.uid === process.geteuid?.()
  if (!isOurs) throw new Error(`${root} belongs to somebody else; remove it, or choose a shorter FORNAX_DATA_DIR`)
}
