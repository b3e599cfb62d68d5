/** How much of its node's disk a pod may take. Pure. */
import type { ApplicationVersion } from '@fornax/node-model/application-version'

const MIB = 1_024 * 1_024

export type DiskBounds = Pick<ApplicationVersion, 'hasWritableRoot' | 'ephemeralBytes' | 'memoryBytes'>

/** Why a pod that has written so much to the root of its file system must end; null: it may go on. */
export function whyTooMuch(
  { hasWritableRoot, ephemeralBytes, memoryBytes }: DiskBounds,
  usedBytes: number,
): string | null {
  const mostBytes = ephemeralBytes === 0 ? memoryBytes : ephemeralBytes
  if (!hasWritableRoot || usedBytes <= mostBytes) return null
  return `it wrote ${mib(usedBytes)} to the root of its file system, where it may keep ${mib(mostBytes)}`
}

function mib(bytes: number): string {
  return `${Math.round((bytes * 10) / MIB) / 10} MiB`
}
