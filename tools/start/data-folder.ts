/** The folder in which a Fornax keeps everything, held by one supervisor at a time. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { z } from 'zod'
import { writeAtomically } from './write-atomically.ts'

const readyFile = z.object({
  console: z.string().nullable(),
  api: z.string(),
  nodeLink: z.string(),
  tokenFile: z.string(),
  pid: z.number(),
})

/** Where a running Fornax is found, for whoever started it. */
export type ReadyFile = z.infer<typeof readyFile>

export type DataFolderResult =
  | { readonly kind: 'open'; readonly folder: DataFolder }
  | { readonly kind: 'refused'; readonly message: string }

/** Makes the folder when it is missing, and takes it for this process. */
export function openDataFolder(path: string): DataFolderResult {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 })
    const probe = join(path, `.probe-${process.pid}`)
    writeFileSync(probe, 'x')
    rmSync(probe)
  } catch (error) {
    return { kind: 'refused', message: whyNotUsable(path, error) }
  }
  const lock = takeLock(join(path, 'start.lock'))
  if (lock !== null) return { kind: 'open', folder: new DataFolder(path, lock) }
  const running = readReady(path)
  const who =
    running === null ? 'It is still starting or stopping' : `Its process is ${running.pid}, its API ${running.api}`
  return {
    kind: 'refused',
    message:
      `Another Fornax already uses the data folder ${path}. ${who}.\n` +
      'Stop it first, or give this one a folder and ports of its own, as in:\n' +
      '  FORNAX_DATA_DIR=.fornax-2 FORNAX_CONSOLE_PORT=0 FORNAX_API_PORT=0 FORNAX_NODELINK_PORT=0 npm start',
  }
}

export class DataFolder implements Disposable {
  readonly path: string
  readonly #lock: DatabaseSync

  constructor(path: string, lock: DatabaseSync) {
    this.path = path
    this.#lock = lock
  }

  /** Appears whole or not at all. */
  writeReady(ready: ReadyFile): void {
    writeAtomically(join(this.path, 'ready.json'), `${JSON.stringify(ready, null, 2)}\n`)
  }

  removeReady(): void {
    rmSync(join(this.path, 'ready.json'), { force: true })
  }

  [Symbol.dispose](): void {
    this.removeReady()
    this.#lock.close()
  }
}

/** What a running, or killed, Fornax wrote; null without one. */
function readReady(path: string): ReadyFile | null {
  try {
    return readyFile.safeParse(JSON.parse(readFileSync(join(path, 'ready.json'), 'utf8'))).data ?? null
  } catch {
    return null
  }
}

/** SQLite's lock on a file goes with the process that holds it, however that ends. Null: another process has it. */
function takeLock(path: string): DatabaseSync | null {
  const database = new DatabaseSync(path)
  try {
    database.exec('BEGIN EXCLUSIVE')
    return database
  } catch (error) {
    database.close()
    const isHeld = error instanceof Error && error.message.includes('locked')
    if (isHeld) return null
    throw new Error(`cannot lock ${path}`, { cause: error })
  }
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'it is not writable for this user',
  EPERM: 'it is not writable for this user',
  EROFS: 'it is on a read-only file system',
  EEXIST: 'there is a file in its place',
  ENOTDIR: 'a part of its path is a file',
  ENOSPC: 'its disk is full',
}

function whyNotUsable(path: string, error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const reason = REASONS[code] ?? (error instanceof Error ? error.message : String(error))
  return (
    `The data folder ${path} cannot be used: ${reason}.\n` +
    `Mend that for the user ${userName()}, or choose another folder with FORNAX_DATA_DIR.`
  )
}

/** A user without an entry in the system's list still has a number. */
function userName(): string {
  try {
    return userInfo().username
  } catch {
    return String(process.getuid?.() ?? 'that runs it')
  }
}
