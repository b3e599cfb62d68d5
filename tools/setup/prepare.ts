/** Generates code and builds the console, each only when what it is made from has changed. */
import { spawn } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { systemClock } from '@fornax/kernel/clock'
import { withLock } from './install-lock.mjs'

/** The checkout. */
export const ROOT = resolve(import.meta.dirname, '../..')

const GENERATE = ['generate', 'generate:proto', 'generate:graphql']
const BUILD = [...GENERATE, 'build']

export type Prepared = { readonly kind: 'ready' } | { readonly kind: 'failed'; readonly message: string }

/** Everything that sources import but nobody writes by hand. */
export function generateCode(signal?: AbortSignal): Promise<Prepared> {
  return runTasks('Generating code', GENERATE, signal)
}

/** The console as it is served; its code is generated first. */
export function buildConsole(signal?: AbortSignal): Promise<Prepared> {
  return runTasks('Building the console', BUILD, signal)
}

/** Quiet when there is nothing to do, which Turborepo knows in a moment; else a line that grows old. */
async function runTasks(what: string, tasks: readonly string[], signal?: AbortSignal): Promise<Prepared> {
  mkdirSync(join(ROOT, '.turbo'), { recursive: true })
  return await withLock(join(ROOT, '.turbo', 'prepare.lock'), async () => {
    const startedMs = systemClock.nowMs()
    const patience = announceWhenSlow(what)
    const { code, output } = await runTurbo(tasks, signal).finally(() => patience.stop())
    const tookSeconds = ((systemClock.nowMs() - startedMs) / 1000).toFixed(1)
    if (code !== 0)
      return { kind: 'failed', message: `${output.trimEnd()}\n${what} failed after ${tookSeconds} s; see above.` }
    if (patience.hasSpoken()) console.log(`  done after ${tookSeconds} s.`)
    return { kind: 'ready' }
  })
}

const SLOW_AFTER_MS = 700
const REPEAT_EVERY_MS = 10_000

function announceWhenSlow(what: string) {
  let said = 0
  let cancel = systemClock.schedule(SLOW_AFTER_MS, function announce() {
    console.log(said === 0 ? `${what} …` : `  still at it, ${(said * REPEAT_EVERY_MS) / 1000} s`)
    said += 1
    cancel = systemClock.schedule(REPEAT_EVERY_MS, announce)
  })
  return { stop: () => cancel(), hasSpoken: () => said > 0 }
}

const OUTPUT_BYTES_MAX = 256 * 1024

function runTurbo(tasks: readonly string[], signal?: AbortSignal): Promise<{ code: number; output: string }> {
  const turbo = join(ROOT, 'node_modules', '.bin', 'turbo')
  const child = spawn(turbo, ['run', ...tasks, '--output-logs=errors-only', '--no-color'], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(signal === undefined ? {} : { signal }),
  })
  let output = ''
  const keep = (chunk: string): void => void (output = (output + chunk).slice(-OUTPUT_BYTES_MAX))
  child.stdout.setEncoding('utf8').on('data', keep)
  child.stderr.setEncoding('utf8').on('data', keep)
  return new Promise((done, fail) => {
    child.once('error', (cause) => {
      if (signal?.aborted === true) done({ code: 1, output: '' })
      else fail(new Error('cannot run turbo', { cause }))
    })
    child.once('close', (code) => done({ code: code ?? 1, output }))
  })
}
