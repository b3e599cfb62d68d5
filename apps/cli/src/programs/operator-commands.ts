/** Commands for who runs the platform, and for the shell. */
import { Argument, Option } from 'commander'
import type { DrainFlags } from '../commands/node-actions.ts'
import type { SimulateFlags } from '../commands/simulate.ts'
import { duration, hostAndPort, positiveNumber } from '../options.ts'
import type { Commands } from '../command-group.ts'

const DEFAULT_DRAIN_MS = 60_000

export function operatorCommands(commands: Commands): void {
  nodeCommands(commands)
  simulateCommand(commands)
  shellCommands(commands)
}

function nodeCommands({ root, connected }: Commands): void {
  root
    .command('cordon')
    .summary('Keep new pods away from nodes')
    .description('Keeps new pods away from nodes; what runs there goes on.')
    .argument('<node...>', 'names of nodes')
    .action(async (nodes: readonly string[]) => {
      const { cordonNodes } = await import('../commands/node-actions.ts')
      await connected((context) => cordonNodes(context, nodes))
    })
  root
    .command('uncordon')
    .summary('Let new pods come to nodes again')
    .description('Lets new pods come to nodes again, and ends a drain.')
    .argument('<node...>', 'names of nodes')
    .action(async (nodes: readonly string[]) => {
      const { uncordonNodes } = await import('../commands/node-actions.ts')
      await connected((context) => uncordonNodes(context, nodes))
    })
  root
    .command('drain')
    .summary('Empty nodes')
    .description('Empties nodes: cordons them, replaces their idle pods elsewhere, and closes their sessions in time.')
    .argument('<node...>', 'names of nodes')
    .addOption(
      new Option('--sessions-may-last <duration>', 'how long open sessions may go on; 0 closes them now')
        .argParser(duration)
        .default(DEFAULT_DRAIN_MS, '60s'),
    )
    .option('--dry-run', 'only says what would end, and when')
    .action(async (nodes: readonly string[], flags: DrainFlags) => {
      const { drainNodes } = await import('../commands/node-actions.ts')
      await connected((context) => drainNodes(context, nodes, flags))
    })
}

const DEFAULT_NODES = 100
const DEFAULT_AT_ONCE = 5
const DEFAULT_CREATE_MS = 250
const DEFAULT_SESSION_MS = 3

function simulateCommand({ root, program }: Commands): void {
  root
    .command('simulate')
    .summary('Add simulated nodes to a core, to try scale')
    .description('Adds simulated nodes to a core that runs, until Ctrl-C. Their pods run nothing; all else is real.')
    .addOption(new Option('--nodes <count>', 'how many').argParser(positiveNumber).default(DEFAULT_NODES))
    .option('--prefix <name>', 'what their names begin with', 'sim')
    .addOption(
      new Option('--create-time <duration>', 'how long a node takes to create or stop a pod')
        .argParser(duration)
        .default(DEFAULT_CREATE_MS, '250ms'),
    )
    .addOption(
      new Option('--at-once <count>', 'how many pods a node creates or stops at a time')
        .argParser(positiveNumber)
        .default(DEFAULT_AT_ONCE),
    )
    .addOption(
      new Option('--session-time <duration>', 'how long a node takes to open or close a session')
        .argParser(duration)
        .default(DEFAULT_SESSION_MS, '3ms'),
    )
    .addOption(
      new Option(
        '--core <address>',
        'node link of the core, as host:port (default: FORNAX_CORE_ADDRESS, else the Fornax that runs here)',
      ).argParser(hostAndPort),
    )
    .action(async (flags: SimulateFlags) => {
      const { simulateNodes } = await import('../commands/simulate.ts')
      await simulateNodes(program, flags)
    })
}

function shellCommands({ root, program, connected }: Commands): void {
  root
    .command('version')
    .summary('Show versions, and who you are at the server')
    .description('Shows the version of this command, and who you are at the server.')
    .option('--client', 'only the version of this command')
    .action(async (flags: { readonly client?: true }) => {
      const { clientVersion, printServer } = await import('../commands/version.ts')
      program.terminal.out(`Fornax   ${clientVersion(program.checkout)}\n`)
      if (flags.client !== true) await connected(printServer)
    })
  root
    .command('completion')
    .summary('Print a completion script for a shell')
    .description('Prints a script that completes commands in a shell: eval "$(fornax completion bash)"')
    .addArgument(new Argument('<shell>', 'which shell').choices(['bash', 'zsh']))
    .action(async (shell: 'bash' | 'zsh') => {
      const { completionScript } = await import('../commands/completion.ts')
      program.terminal.out(completionScript(root, shell))
    })
}
