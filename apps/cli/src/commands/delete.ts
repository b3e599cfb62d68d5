/** `fornax delete`: ends applications for good, and sessions as `close` does. */
import { DeleteApplicationDocument } from '@fornax/client/generated/documents'
import { CliError } from '../cli-error.ts'
import { say, type CommandContext } from '../command-context.ts'
import { parseTarget } from '../kinds/all-kinds.ts'
import { readManifests } from '../manifest/manifest-files.ts'
import { errorOfApplication } from '../problem.ts'
import { closeSessions } from './close.ts'
import { each } from './each.ts'

export type DeleteFlags = { readonly filename?: readonly string[]; readonly ignoreNotFound?: true }

export async function deleteObjects(
  context: CommandContext,
  words: readonly string[],
  flags: DeleteFlags,
): Promise<void> {
  if (flags.filename !== undefined) {
    const manifests = await readManifests(flags.filename, context.terminal)
    return deleteApplications(
      context,
      manifests.map(({ manifest }) => manifest.name),
      flags,
    )
  }
  const { kind, names } = parseTarget(words)
  if (names.length === 0) throw new CliError(`which ${kind.name}?`, `Name it: fornax delete ${kind.name} NAME`)
  if (kind.name === 'application') return deleteApplications(context, names, flags)
  if (kind.name === 'session') return closeSessions(context, names)
  throw new CliError(
    `${kind.plural} cannot be deleted`,
    'Pods come and go with their application; nodes with their agent.',
  )
}

async function deleteApplications(
  context: CommandContext,
  names: readonly string[],
  flags: DeleteFlags,
): Promise<void> {
  await each(names, (name) => deleteOne(context, name, flags))
}

async function deleteOne(context: CommandContext, application: string, { ignoreNotFound }: DeleteFlags): Promise<void> {
  const variables = { input: { application } }
  const { deleteApplication } = await context.client.request(DeleteApplicationDocument, variables, {
    signal: context.signal,
  })
  const { problem } = deleteApplication
  if (problem?.code === 'ApplicationNotFound' && ignoreNotFound === true) return
  if (problem !== null) throw await errorOfApplication(context, problem, application)
  say(context, `application/${application} deleted`)
}
