/**
 * What the kernel grants each process of a pod (see setrlimit), beside the limits of its group. They can only be
 * lowered, and whatever it starts has them too.
 */
import { readFileSync } from 'node:fs'
import type { ApplicationVersion } from '@fornax/node-model/application-version'

/** Files and connections that one process may have open. What they cost counts as memory of the pod. */
export const OPEN_FILES_MAX = 65_536

/** A pod has its log open, and nothing else on a disk. A file in its memory may be larger when the memory is. */
const FILE_BYTES_MAX = 1024 ** 3
const BLOCK_BYTES = 512

/** Lines for a POSIX shell that is about to become the pod's command. */
export function boundsScript({ memoryBytes, ephemeralBytes }: Bounded, openFilesMax = OWN_OPEN_FILES_MAX): string {
  const fileBlocks = Math.ceil(Math.max(memoryBytes, ephemeralBytes, FILE_BYTES_MAX) / BLOCK_BYTES)
  // A core dump is all of a pod's memory, secrets too, on a disk of the node.
  return `ulimit -c 0; ulimit -n ${Math.min(openFilesMax, OPEN_FILES_MAX)}; ulimit -f ${fileBlocks}; `
}

type Bounded = Pick<ApplicationVersion, 'memoryBytes' | 'ephemeralBytes'>

/** The most that this process, and so its pods, may have open; nobody without a privilege can raise it. */
const OWN_OPEN_FILES_MAX = openFilesMaxIn(readFileSync('/proc/self/limits', 'utf8'))

/** By what the kernel tells of a process: soft limit, hard limit, unit. */
export function openFilesMaxIn(limits: string): number {
  const hard = /^Max open files +\S+ +(\d+)/m.exec(limits)?.[1]
  return hard === undefined ? Number.POSITIVE_INFINITY : Number(hard)
}
