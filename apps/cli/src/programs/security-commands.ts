/** Commands for who answers for the platform's security. */
import { Option, type Command } from 'commander'
import type { AuditFlags } from '../commands/audit.ts'
import type { ManifestFlags } from '../commands/documents.ts'
import type { JoinTokenFlags } from '../commands/join-tokens.ts'
import { duration, outputOption } from '../options.ts'
import type { Format } from '../output/structured.ts'
import type { Commands } from '../command-group.ts'

const DEFAULT_JOIN_MS = 60 * 60 * 1_000

export function securityCommands(commands: Commands): void {
  joinCommands(commands)
  auditCommands(commands)
  documentCommands(commands)
}

function joinCommands({ root, connected }: Commands): void {
  const node = root
    .command('node')
    .summary('Let machines join, and put nodes out')
    .description('Makes the tokens by which machines join, and takes from nodes their right to speak.')
  node
    .command('join-token')
    .description('Makes a token by which one machine joins, once, and prints it.')
    .option('--node <name>', 'the only name that it is good for (default: any that is free)')
    .addOption(
      new Option('--valid-for <duration>', 'how long it can be used')
        .argParser(duration)
        .default(DEFAULT_JOIN_MS, '1h'),
    )
    .action(async (flags: JoinTokenFlags) => {
      const { createJoinToken } = await import('../commands/join-tokens.ts')
      await connected((context) => createJoinToken(context, flags))
    })
  node
    .command('join-tokens')
    .description('Lists join tokens, and who has used them.')
    .addOption(outputOption(['name', 'json', 'yaml']))
    .action(async (flags: { readonly output?: Format }) => {
      const { listJoinTokens } = await import('../commands/join-tokens.ts')
      await connected((context) => listJoinTokens(context, flags.output ?? 'table'))
    })
  node
    .command('revoke-token')
    .description('Takes join tokens back that nobody has used.')
    .argument('<id...>', 'ids of join tokens')
    .action(async (ids: readonly string[]) => {
      const { revokeJoinTokens } = await import('../commands/join-tokens.ts')
      await connected((context) => revokeJoinTokens(context, ids))
    })
  putOutCommands(node, connected)
}

function putOutCommands(node: Command, connected: Commands['connected']): void {
  node
    .command('revoke')
    .description('Cuts nodes off at once, and closes their names until a new join token opens them.')
    .argument('<node...>', 'names of nodes')
    .action(async (names: readonly string[]) => {
      const { revokeNodes } = await import('../commands/join-tokens.ts')
      await connected((context) => revokeNodes(context, names))
    })
  node
    .command('remove')
    .description(
      'Takes nodes out of the list that are not connected and will not come back; whoever comes again is new.',
    )
    .argument('<node...>', 'names of nodes')
    .action(async (names: readonly string[]) => {
      const { removeNodes } = await import('../commands/node-actions.ts')
      await connected((context) => removeNodes(context, names))
    })
  node
    .command('rotate-ca')
    .description('Makes a new authority for the certificates of nodes; the one before counts for a while.')
    .action(async () => {
      const { rotateAuthority } = await import('../commands/join-tokens.ts')
      await connected(rotateAuthority)
    })
}

function auditCommands({ root, connected }: Commands): void {
  const audit = root
    .command('audit')
    .summary('Read, export and verify what was done')
    .description('Reads, exports and verifies the records of what was done and refused.')
  filtered(audit.command('list').description('Lists the newest records.'))
    .addOption(outputOption(['name', 'json', 'yaml']))
    .action(async (flags: AuditFlags & { readonly output?: Format }) => {
      const { listAudit } = await import('../commands/audit.ts')
      await connected((context) => listAudit(context, flags))
    })
  filtered(audit.command('export').description('Prints records as JSON, one a line, newest first.')).action(
    async (flags: AuditFlags) => {
      const { exportAudit } = await import('../commands/audit.ts')
      await connected((context) => exportAudit(context, flags))
    },
  )
  audit
    .command('verify')
    .description('Looks whether the records are whole: no change, no gap, no other order.')
    .action(async () => {
      const { verifyAudit } = await import('../commands/audit.ts')
      await connected(verifyAudit)
    })
}

function documentCommands({ root, program }: Commands): void {
  root
    .command('documents')
    .summary('Say which GraphQL documents clients may send')
    .description('Makes the file of the only GraphQL documents that a core lets its clients send.')
    .command('manifest')
    .description('Makes the file for FORNAX_TRUSTED_DOCUMENTS_FILE. It needs no core.')
    .argument('[path...]', 'files of GraphQL operations, or folders that hold some')
    .option('-o, --output <file>', 'where to write it (default: the standard output)')
    .option('--no-own', 'leave out the documents of the console and of this command')
    .action(async (paths: readonly string[], flags: ManifestFlags) => {
      const { writeManifest } = await import('../commands/documents.ts')
      writeManifest(program, paths, flags)
    })
}

function filtered(command: Command): Command {
  return command
    .option('--action <name>', 'only this action, as in createApplication')
    .option('--object <name>', 'only this object, as in application/hello')
    .option('--since <time>', 'only from this time on, as in 2026-01-31T12:00:00Z')
}
