/** Commands for what pods are given: secrets and images. */
import type { Command } from 'commander'
import type { Commands } from '../command-group.ts'
import type { ImportFlags } from '../commands/import-image.ts'
import type { ValueFlags } from '../commands/secrets.ts'
import { outputOption } from '../options.ts'
import type { Format } from '../output/structured.ts'

export function supplyCommands(commands: Commands): void {
  secretCommands(commands)
  imageCommands(commands)
}

function secretCommands({ root, connected }: Commands): void {
  const secret = root
    .command('secret')
    .summary('Store secrets for pods')
    .description('Stores, replaces, lists and deletes secrets for pods. Nothing ever shows a value again.')
  withValue(
    secret.command('create').description('Stores a secret; its value is the standard input, or a file.'),
  ).action(async (name: string, flags: ValueFlags) => {
    const { createSecret } = await import('../commands/secrets.ts')
    await connected((context) => createSecret(context, name, flags))
  })
  withValue(
    secret.command('update').description('Replaces the value of a secret; pods that are made from then on get it.'),
  ).action(async (name: string, flags: ValueFlags) => {
    const { updateSecret } = await import('../commands/secrets.ts')
    await connected((context) => updateSecret(context, name, flags))
  })
  secret
    .command('list')
    .description('Lists the secrets of your tenant, without their values.')
    .addOption(outputOption(['name', 'json', 'yaml']))
    .action(async (flags: { readonly output?: Format }) => {
      const { listSecrets } = await import('../commands/secrets.ts')
      await connected((context) => listSecrets(context, flags.output ?? 'table'))
    })
  secret
    .command('delete')
    .description('Deletes secrets that no application needs.')
    .argument('<name...>', 'names of secrets')
    .action(async (names: readonly string[]) => {
      const { deleteSecrets } = await import('../commands/secrets.ts')
      await connected((context) => deleteSecrets(context, names))
    })
}

/** Never a word of the command line: everybody on the machine can read those. */
function withValue(command: Command): Command {
  return command
    .argument('<name>', 'lower-case letters, digits and dashes')
    .option('--from-file <file>', 'where the value is (default: the standard input)')
    .option('--registry <host>', 'make it a pull secret: the value is the password at this registry of images')
    .option('--username <name>', 'whose password it is')
}

function imageCommands({ root, program }: Commands): void {
  const image = root.command('image').summary('Load images on this node').description('Loads images on this node.')
  image
    .command('import')
    .description('Loads an OCI archive into the containerd of this machine, as root. It needs no core.')
    .argument('<file>', 'the archive')
    .option('--socket <path>', 'socket of containerd (default: FORNAX_CONTAINERD_SOCKET, else the usual one)')
    .action(async (file: string, flags: ImportFlags) => {
      const { importImage } = await import('../commands/import-image.ts')
      await importImage(program, file, flags)
    })
}
