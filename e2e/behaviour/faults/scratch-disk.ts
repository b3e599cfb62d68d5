/** A small disk of a test's own (a file system in memory), to be filled up and freed. Needs root. */
import { closeSync, mkdirSync, openSync, readFileSync, rmdirSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { isLeftOver, ownName, runTool } from './owner.ts'

/** What this needs of the machine, beside root. */
export const DISK_TOOLS = ['mount', 'umount']

const CHUNK_BYTES = 64 * 1024

export class ScratchDisk implements Disposable {
  readonly path = join(tmpdir(), ownName())

  constructor(sizeMiB: number) {
    removeLeftDisks()
    mkdirSync(this.path, { mode: 0o700 })
    runTool(['mount', '-t', 'tmpfs', '-o', `size=${sizeMiB}m,mode=700`, 'fornax-fault', this.path])
  }

  /** Takes all the room that is left. */
  fill(): void {
    const file = openSync(this.#filler, 'a')
    try {
      // Smaller and smaller pieces, so that not a byte stays free.
      for (let bytes = CHUNK_BYTES; bytes >= 1; bytes /= 4) while (tryWrite(file, bytes));
    } finally {
      closeSync(file)
    }
  }

  free(): void {
    rmSync(this.#filler, { force: true })
  }

  [Symbol.dispose](): void {
    removeDisk(this.path)
  }

  get #filler(): string {
    return join(this.path, 'filler')
  }
}

function tryWrite(file: number, bytes: number): boolean {
  try {
    return writeSync(file, Buffer.alloc(bytes)) > 0
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOSPC') return false
    throw error
  }
}

/** Removes disks of this kind whose makers have ended. */
export function removeLeftDisks(): void {
  const mounts = readFileSync('/proc/mounts', 'utf8').split('\n')
  const paths = mounts.map((line) => line.split(' ')[1] ?? '')
  for (const path of paths.filter((one) => isLeftOver(basename(one)))) removeDisk(path)
}

/** Lazily: a process that is just ending may still have a file open. */
function removeDisk(path: string): void {
  runTool(['umount', '--lazy', path])
  rmdirSync(path)
}
