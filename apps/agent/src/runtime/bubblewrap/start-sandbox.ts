/** Starts a pod's shim, and with it the pod. */
import { spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import type { Clock } from '@fornax/kernel/clock'
import type { PodFolder } from '../pod-folder.ts'
import type { PodNetwork } from './pod-networks.ts'
import { TOOL_ENVIRONMENT } from '../network/run-tool.ts'
import { podSandboxArgs, sandboxCommand, type Sandbox } from './sandbox-args.ts'
import { SYSTEM_CALLS } from './seccomp-filter.ts'

export type SandboxStart = {
  readonly folder: PodFolder
  readonly exitFile: string
  readonly network: PodNetwork
  /** The folders of the control groups that the pod's first process joins. */
  readonly cgroups: readonly string[]
  readonly sandbox: Sandbox
  readonly clock: Clock
  /** Writes what holds secrets where no disk keeps it; null: there are none. */
  readonly writeArgsInMemory: ((args: string) => string) | null
}

const SHIM = join(import.meta.dirname, 'pod-shim.sh')

/** A sandbox takes some ten milliseconds; this much means that the machine is stuck. */
const START_TIMEOUT_MS = 30_000

/** How much of what a failed sandbox wrote is worth reading. */
const REASON_LETTERS = 500

/** Settles when the pod's command runs. Rejects, with what was complained about, when it cannot be. */
export async function startSandbox(start: SandboxStart): Promise<void> {
  const { folder, network, exitFile, cgroups, sandbox } = start
  writeArgs(start)
  writeFileSync(join(folder.path, 'network.batch'), `${network.insideLines.join('\n')}\n`, { mode: 0o600 })
  const shim = { folder, exitFile, networkName: network.name, cgroups, command: sandboxCommand(sandbox) }
  const { announcement } = spawnShim(shim, 'ignore')
  const hasStarted = await hears(announcement, start.clock)
  announcement.destroy()
  if (!hasStarted) throw new Error(complaintOf(folder))
}

/** The shim reads them from a file, so that no list of processes shows them. */
function writeArgs({ folder, sandbox, writeArgsInMemory }: SandboxStart): void {
  const file = join(folder.path, 'sandbox.args')
  const args = podSandboxArgs(sandbox).join('\0')
  if (writeArgsInMemory === null) writeFileSync(file, args, { mode: 0o600 })
  else symlinkSync(writeArgsInMemory(args), file)
}

export type ShimStart = Pick<SandboxStart, 'folder' | 'exitFile' | 'cgroups'> & {
  /** Null for the node's own. */
  readonly networkName: string | null
  readonly command: readonly string[]
}

/** `input` is null when the sandbox reads nothing. */
export function spawnShim(
  { folder, exitFile, networkName, cgroups, command }: ShimStart,
  stdin: 'ignore' | 'pipe',
): { readonly announcement: Readable; readonly input: Writable | null } {
  const stdout = openSync(folder.stdout, 'a', 0o600)
  const stderr = openSync(folder.stderr, 'a', 0o600)
  if (SYSTEM_CALLS !== null) writeFileSync(join(folder.path, 'seccomp.bpf'), SYSTEM_CALLS, { mode: 0o600 })
  const shim = [SHIM, folder.path, exitFile, networkName ?? '-', String(cgroups.length), ...cgroups]
  try {
    const child = spawn('/bin/sh', [...shim, ...command], {
      cwd: '/',
      env: TOOL_ENVIRONMENT,
      stdio: [stdin, stdout, stderr, 'pipe'],
      detached: true, // A session and a process group of its own: signals to the agent's are not for it.
    })
    const announcement = child.stdio[3]
    if (announcement === null || announcement === undefined || !('read' in announcement)) {
      throw new Error('/bin/sh did not start')
    }
    child.on('error', (problem) => announcement.destroy(problem))
    child.unref()
    return { announcement, input: child.stdin }
  } finally {
    closeSync(stdout)
    closeSync(stderr)
  }
}

/** One byte means yes; the end without it means no. */
export function hears(announcement: Readable, clock: Clock): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const cancel = clock.schedule(START_TIMEOUT_MS, () => resolve(false))
    const settle = (hasStarted: boolean): void => {
      cancel()
      resolve(hasStarted)
    }
    announcement.once('data', () => settle(true))
    announcement.once('end', () => settle(false))
    announcement.once('error', (cause) => {
      cancel()
      reject(new Error('the shim could not be started', { cause }))
    })
  })
}

/** What a sandbox that was not made wrote instead. */
export function complaintOf(folder: PodFolder): string {
  const words = readFileSync(folder.stderr, 'utf8').trim().slice(-REASON_LETTERS)
  return words === '' ? 'the sandbox could not be made' : words
}
