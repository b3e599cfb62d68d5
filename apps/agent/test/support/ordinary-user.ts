/** Root may do anything with any file. What others may not can be tested all the same. */
import { chownSync } from 'node:fs'

const NOBODY = 65_534
const isRoot = process.geteuid?.() === 0

/** Works as nobody where we are root, and as ourselves otherwise. Only for what ends before it returns. */
export function asOrdinaryUser<T>(work: () => T): T {
  if (!isRoot) return work()
  process.seteuid?.(NOBODY)
  try {
    return work()
  } finally {
    process.seteuid?.(0)
  }
}

/** Makes it a file of whoever `asOrdinaryUser` is. */
export function giveToOrdinaryUser(path: string): void {
  if (isRoot) chownSync(path, NOBODY, NOBODY)
}
