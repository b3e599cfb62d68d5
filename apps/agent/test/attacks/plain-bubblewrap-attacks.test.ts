/** The same by an agent without root: this process gives up being root, which it has for itself. */
import { spawn } from 'node:child_process'
import { chownSync, mkdirSync, mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { describe } from 'vitest'
import { isBubblewrapUsable } from '../../src/runtime/bubblewrap/bubblewrap-probe.ts'
import { createBubblewrapRuntime } from '../../src/runtime/bubblewrap/bubblewrap-runtime.ts'
import { SYSTEM_CALLS } from '../../src/runtime/bubblewrap/seccomp-filter.ts'
import { scratchOptions } from '../../src/runtime/bubblewrap/test/scratch-orders.ts'
import { readProcess } from '../../src/runtime/process/process-table.ts'
import { lacks } from '../support/lacks.ts'
import type { AttackedRuntime } from './attack-world.ts'
import { describeAttacks } from './attacks.contract.ts'

const NOBODY = 65_534

const place = process.geteuid?.() === 0 ? leaveRoot() : {}
const isUsable = await isBubblewrapUsable(process.env['PATH'] ?? '')

describe.skipIf(lacks(isUsable, 'bubblewrap without root'))('from inside a pod of bubblewrap without root', () => {
  const can = { networks: true, limits: true, filter: SYSTEM_CALLS !== null }
  describeAttacks('plainBubblewrap', open, { ...can, ...place })
})

/** What only root can remove goes with this process, however it ends. */
function leaveRoot(): { readonly parentFolder: string } {
  const parentFolder = mkdtempSync('/var/lib/fornax-plain-')
  chownSync(parentFolder, NOBODY, NOBODY)
  const cleaning = ['-c', 'cat > /dev/null; exec rm -rf -- "$1"', 'sh', parentFolder]
  spawn('/bin/sh', cleaning, { stdio: ['pipe', 'ignore', 'ignore'], detached: true }).unref()
  readProcess(process.pid) // Of a process that has changed its user the kernel hides what this remembers.
  process.setgroups?.([])
  process.setgid?.(NOBODY)
  process.setuid?.(NOBODY)
  return { parentFolder }
}

async function open(dataDir: string): Promise<AttackedRuntime> {
  const podsFolder = join(dataDir, 'pods')
  mkdirSync(podsFolder)
  const runtime = await createBubblewrapRuntime({ ...scratchOptions(podsFolder), hiddenFolders: [dataDir] })
  return {
    kind: 'plainBubblewrap',
    runtime,
    podsFolder,
    adapt: (order) => order,
    ownFolders: ['/tmp', '/var/tmp', '/dev/shm'],
    [Symbol.asyncDispose]: () => runtime[Symbol.asyncDispose](),
  }
}
