/** Commands that define applications. */
import type { ApplyFlags } from '../commands/apply.ts'
import type { DeleteFlags } from '../commands/delete.ts'
import { CliError } from '../cli-error.ts'
import { collect, outputOption, positiveNumber } from '../options.ts'
import type { Commands } from '../command-group.ts'

const APPLY_EXAMPLES = `
A manifest holds the fields of CreateApplicationInput:

  kind: Application
  name: hello
  version:
    image: host
    workingDirectory: .
    command: [node, server.js]
    ports: [{ name: web, containerPort: 8080 }]
  scalingPolicy:
    maxPods: 20
    idleCount: { low: 3, high: 5 }

What differs from what is there is changed: another spec becomes the next version, another policy replaces the old
one. A relative workingDirectory is taken from the folder of the manifest. All fields stand in docs/cli.md.
`

export function applicationCommands({ root, connected }: Commands): void {
  root
    .command('apply')
    .summary('Make applications as files say')
    .description('Makes applications as manifests say: creates them, or changes what differs.')
    .requiredOption('-f, --filename <file>', 'a file, a folder, or - for the standard input; may be repeated', collect)
    .option('--dry-run', 'only says what it would do')
    .addHelpText('after', APPLY_EXAMPLES)
    .action(async (flags: ApplyFlags) => {
      const { applyManifests } = await import('../commands/apply.ts')
      await connected((context) => applyManifests(context, flags))
    })

  root
    .command('delete')
    .summary('Delete applications')
    .description('Deletes applications: closes their sessions, ends their pods, and forgets them.')
    .argument('[kind]', 'application, or KIND/NAME')
    .argument('[name...]', 'names')
    .option('-f, --filename <file>', 'the applications in these manifests; may be repeated', collect)
    .option('--ignore-not-found', 'is content when there is none of that name')
    .action(async (kind: string | undefined, names: readonly string[], flags: DeleteFlags) => {
      if ((kind === undefined) === (flags.filename === undefined))
        throw new CliError('what is to be deleted?', 'fornax delete application NAME, or fornax delete -f FILE')
      const { deleteObjects } = await import('../commands/delete.ts')
      await connected((context) => deleteObjects(context, kind === undefined ? [] : [kind, ...names], flags))
    })

  const rollout = root
    .command('rollout')
    .summary('See the versions of an application, and go back')
    .description('Shows the versions of an application, and goes back to one.')
  rollout
    .command('history')
    .summary('List the versions of an application')
    .description('Lists the versions of an application, newest first.')
    .argument('<application>', 'name of the application')
    .addOption(outputOption(['json', 'yaml']))
    .action(async (application: string, flags: { readonly output?: 'json' | 'yaml' }) => {
      const { printHistory } = await import('../commands/rollout.ts')
      await connected((context) => printHistory(context, application, flags.output ?? 'table'))
    })
  rollout
    .command('undo')
    .summary('Go back to an earlier version')
    .description('Publishes an earlier version again, as the newest.')
    .argument('<application>', 'name of the application')
    .option('--to-version <number>', 'which one (default: the one before the newest)', positiveNumber)
    .action(async (application: string, flags: { readonly toVersion?: number }) => {
      const { undoRollout } = await import('../commands/rollout.ts')
      await connected((context) => undoRollout(context, application, flags.toVersion))
    })
}
