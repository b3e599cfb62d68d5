/** The edge of the command: the one place that touches the process. */
import { resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { systemClock } from '@fornax/kernel/clock'
import { run } from './run.ts'
import type { Terminal } from './terminal.ts'

const CHECKOUT = resolve(import.meta.dirname, '../../..')
/** What a shell shows for a command that a signal ended. */
const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const

const abort = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    process.exitCode = EXIT_CODES[signal]
    abort.abort()
  })
}

// Who reads our output has seen enough, as in `fornax get sessions | head`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  abort.abort()
})

const isScreen = process.stdout.isTTY
const { NO_COLOR: noColour, TERM: kind } = process.env

const terminal: Terminal = {
  out: (written) => process.stdout.write(written),
  err: (written) => process.stderr.write(written),
  isScreen,
  hasColour: isScreen && (noColour === undefined || noColour === '') && kind !== 'dumb',
  readInput: () => text(process.stdin),
  env: process.env,
  folder: process.cwd(),
  clock: systemClock,
}

const exitCode = await run(process.argv.slice(2), { terminal, checkout: CHECKOUT, signal: abort.signal })
process.exitCode ??= exitCode
