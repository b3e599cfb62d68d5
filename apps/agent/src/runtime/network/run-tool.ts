/** Runs a command line tool once, where a process more does not matter. */
import { spawn } from 'node:child_process'
import { systemClock } from '@fornax/kernel/clock'

/** Where the system's own tools are, which an agent's PATH does not always know. */
export const TOOL_ENVIRONMENT = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' }

const NO_LIMIT_MS = Number.POSITIVE_INFINITY

/**
 * What it wrote to its output. Rejects, with what it complained about, unless it ended well; or when it took longer than
 * the limit, and then kills it.
 */
export function runTool(program: string, args: readonly string[], input = '', limitMs = NO_LIMIT_MS): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: 'pipe', env: TOOL_ENVIRONMENT })
    let output = ''
    let complaint = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint += text))
    child.stdin.on('error', () => {}) // It ended without reading; its exit code says why.
    const tooLate = (): void => {
      child.kill('SIGKILL')
      reject(new Error(`${program} ${args.join(' ')} took longer than ${limitMs} ms`)) // The kernel may still have it.
    }
    const cancelLimit = limitMs === NO_LIMIT_MS ? () => undefined : systemClock.schedule(limitMs, tooLate)
    child.once('error', (cause) => {
      cancelLimit()
      reject(new Error(`${program} could not be started`, { cause }))
    })
    child.once('close', (code) => {
      cancelLimit()
      if (code === 0) resolve(output)
      else reject(new Error(`${program} ${args.join(' ')} ended with ${code}: ${complaint.trim()}`))
    })
    child.stdin.end(input)
  })
}
