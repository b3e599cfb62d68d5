/** Commands that show what there is. */
import { Argument, Option, type Command } from 'commander'
import type { TopFlags } from '../commands/top.ts'
import type { FilterFlags } from '../kinds/filters.ts'
import { collect, outputOption, positiveNumber } from '../options.ts'
import { FORMATS, type Format } from '../output/structured.ts'
import type { Commands } from '../command-group.ts'

const KINDS = `
Kinds, with their short names:
  sessions (session, sess, s)   pods (pod, po)   nodes (node, no)   applications (application, app)
  events (event, ev)
`

const GET_EXAMPLES = `${KINDS}
Examples:
  fornax get sessions --phase available,in-use --application hello
  fornax get sessions --all --limit 1000 -o json
  fornax get pods -o wide
  fornax get application hello -o yaml > app.yaml
  fornax get events --phase warning,error --limit 20
`

type ListFlags = FilterFlags & {
  readonly output?: Format
  readonly limit?: number
  readonly headers: boolean
  readonly watch?: true
}

export function readCommands({ root, connected }: Commands): void {
  const list = async (words: readonly string[], flags: ListFlags, isWatch: boolean): Promise<void> => {
    const { parseTarget } = await import('../kinds/all-kinds.ts')
    const { kind, names } = parseTarget(words)
    const { application, node, phase, selector, all } = flags
    const request = {
      names,
      flags: { application, node, phase, selector, all },
      format: flags.output ?? 'table',
      hasHeader: flags.headers,
      limit: flags.limit ?? null,
    } as const
    await connected((context) => (isWatch ? kind.watch(context, request) : kind.get(context, request)))
  }

  filtered(root.command('get').summary('List sessions, pods, nodes, applications or events'))
    .description('Lists what there is, or shows the objects that are named.')
    .argument('<kind>', 'a kind, or KIND/NAME')
    .argument('[name...]', 'names or ids')
    .option('--limit <count>', 'how many at most (default: all; with --all 500)', positiveNumber)
    .option('-w, --watch', 'goes on with each change')
    .addHelpText('after', GET_EXAMPLES)
    .action((kind: string, names: readonly string[], flags: ListFlags) =>
      list([kind, ...names], flags, flags.watch === true),
    )

  filtered(root.command('watch').summary('Show each change as it happens'))
    .description('Lists what there is, then a line for each change, until Ctrl-C. A lost connection is taken up again.')
    .argument('<kind>', 'a kind, or KIND/NAME')
    .argument('[name...]', 'names or ids')
    .addHelpText('after', KINDS)
    .action((kind: string, names: readonly string[], flags: ListFlags) => list([kind, ...names], flags, true))

  root
    .command('describe')
    .summary('Show one thing in full, a session with its timeline')
    .description('Shows everything about one thing: a session with every step since it was asked for.')
    .argument('<kind>', 'a kind, or KIND/NAME')
    .argument('[name...]', 'names or ids; without one, the first 50')
    .addHelpText('after', KINDS)
    .action(async (word: string, words: readonly string[]) => {
      const { parseTarget } = await import('../kinds/all-kinds.ts')
      const { kind, names } = parseTarget([word, ...words])
      await connected((context) => kind.describe(context, names, {}))
    })

  topCommand(root, connected)
}

function topCommand(root: Command, connected: Commands['connected']): void {
  root
    .command('top')
    .summary('Show what nodes and pods use now')
    .description('Shows what nodes and pods use now, the hungriest pods first.')
    .addArgument(
      new Argument('[what]', 'nodes or pods (default: both)').choices(['nodes', 'pods', 'node', 'pod', 'no', 'po']),
    )
    .option('-w, --watch', 'refreshes every two seconds')
    .option('--application <name>', 'only pods of this application')
    .option('--node <name>', 'only pods on this node')
    .option('--limit <count>', 'how many pods at most', positiveNumber, 20)
    .addOption(new Option('--sort-by <what>', 'what is hungry').choices(['cpu', 'memory']).default('cpu'))
    .action(async (what: string | undefined, flags: Omit<TopFlags, 'what'>) => {
      const { top } = await import('../commands/top.ts')
      await connected((context) => top(context, { ...flags, what: topKind(what) }))
    })
}

function topKind(what: string | undefined): TopFlags['what'] {
  if (what === undefined) return 'both'
  return what.startsWith('n') ? 'nodes' : 'pods'
}

function filtered(command: Command): Command {
  return command
    .addOption(outputOption(FORMATS))
    .option('-l, --selector <name=value>', 'only those with this label; may be repeated', collect)
    .option('--phase <phase>', 'only those in this phase, or events of this severity; several with commas', collect)
    .option('--application <name>', 'only those of this application')
    .option('--node <name>', 'only those on this node')
    .option('-A, --all', 'closed sessions too, from history')
    .option('--no-headers', 'leaves out the line of headers')
}
