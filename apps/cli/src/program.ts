/**
 * The commands, as their users see them: words, flags, help. What a command does is loaded when it is run, so that a
 * short one starts fast.
 */
import { Command } from 'commander'
import type { Commands, Program } from './command-group.ts'
import type { ConnectionFlags } from './connection-choice.ts'
import { accessCommands } from './programs/access-commands.ts'
import { applicationCommands } from './programs/application-commands.ts'
import { operatorCommands } from './programs/operator-commands.ts'
import { securityCommands } from './programs/security-commands.ts'
import { readCommands } from './programs/read-commands.ts'
import { supplyCommands } from './programs/supply-commands.ts'
import { sessionCommands } from './programs/session-commands.ts'

const EXAMPLES = `
Examples:
  fornax open hello                      opens a session and prints its endpoint
  curl $(fornax open hello)              and speaks to it at once
  fornax get sessions                    the open sessions
  fornax watch pods --application hello  each change of its pods, as it happens
  fornax apply -f app.yaml               makes an application as a file says
`

export function createProgram(program: Program): Command {
  const { terminal } = program
  const root = new Command('fornax')
    .description('Runs one isolated instance per user session, and has it ready in milliseconds.')
    .option('-s, --server <url>', 'address of the API (default: FORNAX_API_URL, else the Fornax that runs here)')
    .option('--token <token>', 'token to use (default: FORNAX_TOKEN, else the token file of the Fornax that runs here)')
    .helpOption('-h, --help', 'show help for a command')
    .helpCommand('help [command]', 'show help for a command')
    .addHelpText('after', EXAMPLES)
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ writeOut: terminal.out, writeErr: terminal.err })
    .exitOverride()
  const commands: Commands = {
    root,
    program,
    connected: (work) => program.connected(root.opts<ConnectionFlags>(), work),
  }
  sessionCommands(commands)
  readCommands(commands)
  applicationCommands(commands)
  supplyCommands(commands)
  operatorCommands(commands)
  accessCommands(commands)
  securityCommands(commands)
  hint(root, 'fornax')
  return root
}

/** Every mistake in a command line says where to read on. */
function hint(command: Command, words: string): void {
  command.showHelpAfterError(`  Help: ${words} --help`)
  for (const inner of command.commands) hint(inner, `${words} ${inner.name()}`)
}
