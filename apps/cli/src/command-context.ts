/** What a command that speaks to a Fornax is given. */
import type { Client } from '@fornax/client/client'
import type { Terminal } from './terminal.ts'

export type CommandContext = {
  readonly client: Client
  readonly terminal: Terminal
  /** Aborts when the person has had enough. */
  readonly signal: AbortSignal
}

/** Says a result, on a line of its own. */
export function say(context: CommandContext, line: string): void {
  context.terminal.out(`${line}\n`)
}

/** Says something beside the results, for the person only. */
export function note(context: CommandContext, line: string): void {
  context.terminal.err(`${line}\n`)
}

/** The present, for ages. */
export function nowMs(context: CommandContext): number {
  return context.terminal.clock.nowMs()
}
