/** Runs one command line from its words to its exit code. */
import { CommanderError } from 'commander'
import { formatError } from './cli-error.ts'
import type { CommandContext } from './command-context.ts'
import type { Program } from './command-group.ts'
import type { Connection, ConnectionFlags } from './connection-choice.ts'
import { createProgram } from './program.ts'
import type { Terminal } from './terminal.ts'

export type Surroundings = {
  readonly terminal: Terminal
  readonly checkout: string
  /** Aborts when the person has had enough: the command then ends quietly. */
  readonly signal: AbortSignal
}

/** As kubectl has it: 0 when it did what was asked, 1 for everything else. */
const OK = 0
const FAILED = 1

export async function run(words: readonly string[], surroundings: Surroundings): Promise<number> {
  const { terminal, signal } = surroundings
  let connection: Connection | null = null
  const connected: Program['connected'] = async (flags, work) => {
    const found = await connectionOf(flags, surroundings)
    connection = found
    await withClient(found, surroundings, work)
  }
  const program = createProgram({ terminal, signal, checkout: surroundings.checkout, connected })
  try {
    await program.parseAsync(words.length === 0 ? ['--help'] : [...words], { from: 'user' })
    return OK
  } catch (error) {
    if (signal.aborted) return OK
    // Commander has said what it has to say.
    if (error instanceof CommanderError) return error.exitCode === 0 ? OK : FAILED
    terminal.err(formatError(error, connection))
    return FAILED
  }
}

/** Loaded late: help, completion and mistakes in the command line need no server. */
async function connectionOf(flags: ConnectionFlags, { terminal, checkout }: Surroundings): Promise<Connection> {
  const { findConnection } = await import('./connection.ts')
  return findConnection(flags, { env: terminal.env, folder: terminal.folder, checkout })
}

async function withClient(
  { url, token }: Connection,
  { terminal, signal }: Surroundings,
  work: (context: CommandContext) => Promise<void>,
): Promise<void> {
  const { createClient } = await import('@fornax/client/client')
  await using client = createClient({ url, token, clock: terminal.clock, lingerMs: 0 })
  await work({ client, terminal, signal })
}
