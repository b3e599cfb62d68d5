/** What the commands of the command line are made from. */
import type { Command } from 'commander'
import type { CommandContext } from './command-context.ts'
import type { ConnectionFlags } from './connection-choice.ts'
import type { Terminal } from './terminal.ts'

/** The world of the whole command line. */
export type Program = {
  readonly terminal: Terminal
  readonly checkout: string
  /** Aborts when the person has had enough. */
  readonly signal: AbortSignal
  /** Finds the server, and does the work with it. */
  readonly connected: (flags: ConnectionFlags, work: (context: CommandContext) => Promise<void>) => Promise<void>
}

/** What a group of commands is given. */
export type Commands = {
  readonly root: Command
  readonly program: Program
  /** Does the work with the server that the flags of the command line name. */
  readonly connected: (work: (context: CommandContext) => Promise<void>) => Promise<void>
}
