/** Runs a program of a step: quietly, keeping what it says, or in view. Nothing runs for ever. */
import { spawn } from 'node:child_process'
import type { Clock } from '@fornax/kernel/clock'

export type Command = {
  readonly program: string
  readonly args: readonly string[]
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly timeoutMs: number
  /** Whether a person follows its output, or sees it only when it fails. */
  readonly isInView: boolean
}

export type CommandResult = { readonly isOk: boolean; readonly output: string; readonly tookMs: number }

const OUTPUT_CHARS_MAX = 400_000

/** Resolves when it has ended; an abort ends it. */
export async function runCommand(command: Command, clock: Clock, signal: AbortSignal): Promise<CommandResult> {
  const startedMs = clock.nowMs()
  const said = command.isInView ? ('inherit' as const) : ('pipe' as const)
  const child = spawn(command.program, [...command.args], {
    cwd: command.cwd,
    env: command.env,
    stdio: ['ignore', said, said],
    // A runner has workers: they share its group, and end with it.
    detached: true,
  })
  const end = (how: NodeJS.Signals): void => void (child.pid !== undefined && endGroup(child.pid, how))
  const leave = (): void => end('SIGTERM')
  signal.addEventListener('abort', leave, { once: true })
  let output = ''
  const keep = (chunk: string): void => void (output = (output + chunk).slice(-OUTPUT_CHARS_MAX))
  child.stdout?.setEncoding('utf8').on('data', keep)
  child.stderr?.setEncoding('utf8').on('data', keep)
  const cancel = clock.schedule(command.timeoutMs, () => {
    keep(`\nnot finished after ${command.timeoutMs / 1000} s, so it was ended`)
    end('SIGKILL')
  })
  const code = await new Promise<number | null>((done) => {
    child.once('error', (error) => {
      keep(`\n${command.program} cannot be run: ${error.message}`)
      done(null)
    })
    child.once('close', (exitCode, how) => {
      if (how !== null) keep(`\n${command.program} was ended by ${how}`)
      done(exitCode)
    })
  })
  cancel()
  signal.removeEventListener('abort', leave)
  return { isOk: code === 0, output, tookMs: clock.nowMs() - startedMs }
}

function endGroup(pid: number, how: NodeJS.Signals): void {
  try {
    process.kill(-pid, how)
  } catch (error) {
    const isGone = error instanceof Error && 'code' in error && error.code === 'ESRCH'
    if (!isGone) throw new Error(`cannot end process group ${pid}`, { cause: error })
  }
}
