/** A process that records sessions until it is killed. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { createInterface } from 'node:readline'
import { onTestFinished } from 'vitest'

const CHILD = fileURLToPath(new URL('record-until-killed.ts', import.meta.url))

export type RecordingChild = {
  readonly pid: number | undefined
  /** Settles when so many sessions are recorded. */
  answered(count: number): Promise<void>
  /** Kills it, and answers with what was answered. */
  kill(): Promise<readonly string[]>
}

/** A process that records one session after the other, several at a time, and says which are recorded. */
export function recordUntilKilled(url: string): RecordingChild {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', CHILD, url], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const ids: string[] = []
  const lines = createInterface({ input: child.stdout })
  lines.on('line', (id) => ids.push(id))
  const exited = Promise.all([once(child, 'exit'), once(lines, 'close')])
  const ended = exited.then(() => {
    throw new Error('the process ended')
  })
  ended.catch(() => undefined) // Heard by who waits.
  return {
    pid: child.pid,
    answered: async (count) => {
      while (ids.length < count) await Promise.race([once(lines, 'line'), ended])
    },
    kill: async () => {
      child.kill('SIGKILL')
      await exited
      return ids
    },
  }
}
