/** Commands for who runs the platform, and for the shell. */
import { Argument, Option, type Command } from 'commander'
import type { Role } from '@fornax/client/generated/documents'
import type { CreateTokenFlags } from '../commands/access.ts'
import type { DrainFlags } from '../commands/node-actions.ts'
import type { SimulateFlags } from '../commands/simulate.ts'
import { duration, hostAndPort, outputOption, positiveNumber } from '../options.ts'
import type { Format } from '../output/structured.ts'
import type { Commands } from '../command-group.ts'

const DEFAULT_DRAIN_MS = 60_000
const ROLES: Readonly<Record<string, Role>> = {
  operator: 'OPERATOR',
  admin: 'ADMIN',
  developer: 'DEVELOPER',
  viewer: 'VIEWER',
}

export function operatorCommands(commands: Commands): void {
  nodeCommands(commands)
  tokenCommands(commands)
  tenantCommands(commands)
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
    .action(async (nodes: readonly string[], flags: DrainFlags) => {
      const { drainNodes } = await import('../commands/node-actions.ts')
      await connected((context) => drainNodes(context, nodes, flags))
    })
}

function tokenCommands({ root, connected }: Commands): void {
  const token = root
    .command('token')
    .summary('Make, list and revoke tokens')
    .description('Makes, lists and revokes the tokens of the API.')
  token
    .command('create')
    .description('Makes a token and prints its secret, this once.')
    .argument('<name>', 'for people, to tell tokens apart')
    .addOption(new Option('--role <role>', 'what it may do').choices(Object.keys(ROLES)).makeOptionMandatory())
    .option('--tenant <name>', "whose it is (default: the caller's own tenant)")
    .addOption(outputOption(['json', 'yaml']))
    .action(async (name: string, flags: Omit<CreateTokenFlags, 'role'> & { readonly role: string }) => {
      const { createToken } = await import('../commands/access.ts')
      await connected((context) => createToken(context, name, { ...flags, role: ROLES[flags.role] ?? 'VIEWER' }))
    })
  listCommand(token, 'Lists the tokens that you may revoke.').action(async (flags: { readonly output?: Format }) => {
    const { listTokens } = await import('../commands/access.ts')
    await connected((context) => listTokens(context, flags.output ?? 'table'))
  })
  token
    .command('revoke')
    .description('Ends tokens at once.')
    .argument('<id...>', 'ids of tokens')
    .action(async (ids: readonly string[]) => {
      const { revokeTokens } = await import('../commands/access.ts')
      await connected((context) => revokeTokens(context, ids))
    })
}

function tenantCommands({ root, connected }: Commands): void {
  const tenant = root.command('tenant').summary('Add and list tenants').description('Adds and lists tenants.')
  tenant
    .command('create')
    .description('Adds a tenant.')
    .argument('<name>', 'lower-case letters, digits and dashes')
    .action(async (name: string) => {
      const { createTenant } = await import('../commands/access.ts')
      await connected((context) => createTenant(context, name))
    })
  listCommand(tenant, 'Lists the tenants.').action(async (flags: { readonly output?: Format }) => {
    const { listTenants } = await import('../commands/access.ts')
    await connected((context) => listTenants(context, flags.output ?? 'table'))
  })
}

function listCommand(parent: Command, description: string): Command {
  return parent
    .command('list')
    .description(description)
    .addOption(outputOption(['name', 'json', 'yaml']))
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
