/** Commands that open and end sessions. */
import { Option } from 'commander'
import type { LogFlags } from '../commands/logs.ts'
import type { OpenFlags } from '../commands/open.ts'
import { collect, duration, outputOption, wholeNumber } from '../options.ts'
import type { Commands } from '../command-group.ts'

const OPEN_EXAMPLES = `
The endpoint goes to the standard output, everything else to the standard error output.

Examples:
  fornax open hello --data '{"user":"ada"}' --env MODE=demo --label team=a
  fornax open hello --data @start.json --timeout 30s
  fornax open hello --wait none -o name
`

export function sessionCommands({ root, connected }: Commands): void {
  root
    .command('open')
    .summary('Open a session and print its endpoint')
    .description('Opens a session of an application and prints where it can be reached.')
    .argument('<application>', 'name of the application')
    .option('-d, --data <text|@file>', 'handed to the session exactly as given, at most 64 KiB')
    .option('-e, --env <name=value>', 'a variable for the session; may be repeated', collect)
    .option('-l, --label <name=value>', 'a label of the session; may be repeated', collect)
    .option('-t, --timeout <duration>', 'how long it may take until it is available (default: 10s)', duration)
    .option('--grace <duration>', 'how long its clients have to leave when it closes (default: 60s)', duration)
    .option('--idle-timeout <duration>', 'closes it after this long without clients (default: never)', duration)
    .option('--max-lifetime <duration>', 'closes it this long after its creation (default: never)', duration)
    .option('--kill-pod', 'ends its pod with it')
    .option('--idempotency-key <key>', 'the same key with the same input gives the same session')
    .addOption(new Option('--wait <until>', 'when to come back').choices(['ready', 'none']).default('ready'))
    .addOption(outputOption(['url', 'name', 'json', 'yaml']))
    .addHelpText('after', OPEN_EXAMPLES)
    .action(async (application: string, flags: OpenFlags) => {
      const { openSession } = await import('../commands/open.ts')
      await connected((context) => openSession(context, application, flags))
    })

  root
    .command('close')
    .summary('End sessions')
    .description('Asks sessions to end; their clients have their grace to leave.')
    .argument('<id...>', 'ids of sessions')
    .action(async (ids: readonly string[]) => {
      const { closeSessions } = await import('../commands/close.ts')
      await connected((context) => closeSessions(context, ids))
    })

  root
    .command('logs')
    .summary('Print what a pod wrote')
    .description('Prints what a pod wrote, or the pod of a session.')
    .argument('<pod>', 'id of a pod or of a session')
    .option('-f, --follow', 'goes on as the pod writes')
    .option('--tail <lines>', 'how many of the last lines to begin with', wholeNumber, 100)
    .action(async (pod: string, flags: LogFlags) => {
      const { printLogs } = await import('../commands/logs.ts')
      await connected((context) => printLogs(context, pod, flags))
    })
}
