/**
 * The folders of a pod that it may write to. They are memory of the pod, bounded
 * by its limit: a pod can fill its own memory and never the node's disk.
 */
import { chmodSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { runTool } from '../network/run-tool.ts'
import { SCRATCH_FOLDERS } from './container-config.ts'

const EVERYBODY = 0o1777
/** Each file takes a page at least, so only those that are empty ever meet the bound on their number. */
const BYTES_PER_FILE = 4_096
const FILES_MIN = 1_024

/** Makes the volume in a folder that is not there yet. */
export async function makeScratchVolume(folder: string, bytesMax: number): Promise<void> {
  mkdirSync(folder, { mode: 0o700 })
  const filesMax = Math.max(FILES_MIN, Math.ceil(bytesMax / BYTES_PER_FILE))
  const options = `size=${bytesMax},nr_inodes=${filesMax},mode=0700,nosuid,nodev`
  await runTool('mount', ['-t', 'tmpfs', '-o', options, 'fornax-scratch', folder])
  for (const name of Object.keys(SCRATCH_FOLDERS)) {
    mkdirSync(join(folder, name))
    chmodSync(join(folder, name), EVERYBODY) // Whatever our umask is.
  }
}

/** Gives the memory back. Does nothing when the volume is not there. */
export async function removeScratchVolume(folder: string): Promise<void> {
  if (isMounted(folder)) await runTool('umount', ['-l', folder])
}

/** The kernel writes a space as `\040`, and so on. */
function isMounted(folder: string): boolean {
  const written = folder.replaceAll(/[ \t\n\\]/g, (sign) => `\\${sign.charCodeAt(0).toString(8).padStart(3, '0')}`)
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .some((line) => line.split(' ')[4] === written)
}
