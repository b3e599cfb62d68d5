/**
 * A started, empty sandbox: everything of a pod is there but its command, which a shell waits for on its standard
 * input. It belongs to this agent until it becomes a pod: when the agent goes, the input ends, the shell with it, and
 * the shim takes everything away.
 */
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import type { Clock } from '@fornax/kernel/clock'
import type { PodFolder } from '../pod-folder.ts'
import { BOX_COMMAND, commandScript, sandboxArgs, type EmptySandbox, type Sandbox } from './sandbox-args.ts'
import { complaintOf, hears, spawnShim } from './start-sandbox.ts'

export type BoxStart = {
  readonly name: string
  readonly folder: PodFolder
  /** The name of its network namespace; null for the node's own. */
  readonly networkName: string | null
  readonly insideLines: readonly string[]
  readonly cgroups: readonly string[]
  readonly sandbox: EmptySandbox
  readonly clock: Clock
}

export class SandboxBox {
  readonly name: string
  readonly folder: PodFolder
  readonly #input: Writable
  readonly #announcement: Readable
  readonly #clock: Clock
  /** Null while it is well. */
  #onEnd: (() => void) | null = null

  private constructor({ name, folder, clock }: BoxStart, input: Writable, announcement: Readable) {
    this.name = name
    this.folder = folder
    this.#input = input
    this.#announcement = announcement
    this.#clock = clock
    input.on('error', () => undefined) // It has ended: the announcement says so.
    announcement.once('end', () => this.#onEnd?.())
  }

  /** Settles when the shell in it waits. Rejects, with what was complained about, when it cannot be. */
  static async start(start: BoxStart): Promise<SandboxBox> {
    const { folder, insideLines, networkName, sandbox, cgroups, clock } = start
    mkdirSync(folder.path, { recursive: true, mode: 0o700 })
    writeFileSync(join(folder.path, 'sandbox.args'), sandboxArgs(sandbox).join('\0'), { mode: 0o600 })
    writeFileSync(join(folder.path, 'network.batch'), `${insideLines.join('\n')}\n`, { mode: 0o600 })
    const shim = { folder, exitFile: '/dev/null', networkName, cgroups, command: BOX_COMMAND }
    const { announcement, input } = spawnShim(shim, 'pipe')
    if (input === null || !(await hears(announcement, clock))) {
      announcement.destroy()
      input?.destroy()
      throw new Error(complaintOf(folder))
    }
    return new SandboxBox(start, input, announcement)
  }

  /** Calls back when it ends before it became a pod. */
  onEnd(then: () => void): void {
    this.#onEnd = then
  }

  /** It becomes the pod whose folder this is. Settles when the command runs; rejects when it cannot be. */
  async run(sandbox: Sandbox, folder: PodFolder, exitFile: string): Promise<void> {
    this.#onEnd = null
    renameSync(this.folder.path, folder.path) // The shim and the log move with it.
    writeFileSync(join(folder.path, 'exit-file'), `${exitFile}\n`, { mode: 0o600 })
    writeFileSync(join(folder.path, 'box'), this.folder.path, { mode: 0o600 })
    const started = hears(this.#announcement, this.#clock)
    this.#input.end(commandScript(sandbox))
    const hasStarted = await started
    this.#announcement.destroy()
    if (!hasStarted) throw new Error(complaintOf(folder))
  }

  /** Ends it; its shim takes everything away soon. */
  end(): void {
    this.#onEnd = null
    this.#input.destroy()
    this.#announcement.destroy()
  }

  /** After its shim. */
  removeFolder(): void {
    rmSync(this.folder.path, { recursive: true, force: true })
  }
}
