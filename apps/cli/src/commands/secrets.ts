/** `fornax secret`: what a tenant stores for its pods. Values come from files and the standard input, never as words. */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import {
  CreateSecretDocument,
  DeleteSecretDocument,
  SecretsDocument,
  UpdateSecretDocument,
  type SecretFieldsFragment,
} from '@fornax/client/generated/documents'
import { CliError } from '../cli-error.ts'
import { say, type CommandContext } from '../command-context.ts'
import { ageOf } from '../output/age.ts'
import type { Format } from '../output/structured.ts'
import type { Column } from '../output/table.ts'
import { errorOf } from '../problem.ts'
import { printList } from './print-list.ts'

/** Where the value comes from. Without a file it is the standard input. */
export type ValueFlags = {
  readonly fromFile?: string
  /** The value is the password of a user of this registry of images. */
  readonly registry?: string
  readonly username?: string
}

const columns: readonly Column<SecretFieldsFragment>[] = [
  { header: 'NAME', cell: ({ name }) => name },
  { header: 'REVISION', cell: ({ revision }) => String(revision) },
  { header: 'USED BY', cell: ({ usedBy }) => usedBy.join(',') || '-' },
  { header: 'UPDATED', cell: ({ updatedAt }, nowMs) => ageOf(updatedAt, nowMs) },
  { header: 'AGE', cell: ({ createdAt }, nowMs) => ageOf(createdAt, nowMs) },
]

function nameOf({ name }: SecretFieldsFragment): string {
  return `secret/${name}`
}

export async function createSecret(context: CommandContext, name: string, flags: ValueFlags): Promise<void> {
  const { client, signal } = context
  const input = { name, value: await readValue(context, flags) }
  const { createSecret: payload } = await client.request(CreateSecretDocument, { input }, { signal })
  if (payload.problem !== null) throw errorOf(payload.problem)
  say(context, `secret/${name} created`)
}

export async function updateSecret(context: CommandContext, name: string, flags: ValueFlags): Promise<void> {
  const { client, signal } = context
  const input = { name, value: await readValue(context, flags) }
  const { updateSecret: payload } = await client.request(UpdateSecretDocument, { input }, { signal })
  if (payload.problem !== null) throw errorOf(payload.problem)
  say(context, `secret/${name} updated; pods that are made from now on get it`)
}

export async function listSecrets(context: CommandContext, format: Format): Promise<void> {
  const { secrets } = await context.client.request(SecretsDocument, {}, { signal: context.signal })
  await printList(context, { items: secrets, columns, kind: 'Secret', nameOf }, format)
}

export async function deleteSecrets(context: CommandContext, words: readonly string[]): Promise<void> {
  for (const name of words.map((word) => word.replace(/^secret\//, ''))) {
    const variables = { input: { name } }
    const { deleteSecret } = await context.client.request(DeleteSecretDocument, variables, { signal: context.signal })
    if (deleteSecret.problem !== null) throw errorOf(deleteSecret.problem)
    say(context, `secret/${name} deleted`)
  }
}

/** In base64. */
async function readValue({ terminal }: CommandContext, flags: ValueFlags): Promise<string> {
  const { fromFile, registry, username } = flags
  const given = fromFile === undefined ? await terminal.readInput() : readBytes(resolve(terminal.folder, fromFile))
  if (registry === undefined && username === undefined) return Buffer.from(given).toString('base64')
  if (registry === undefined || username === undefined)
    throw new CliError('--registry and --username go together', 'The value is then the password of that user.')
  const password = Buffer.from(given)
    .toString('utf8')
    .replace(/\r?\n$/, '')
  const document = { auths: { [registry]: { username, password } } }
  return Buffer.from(JSON.stringify(document)).toString('base64')
}

function readBytes(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new CliError(`${path} cannot be read: ${reason}`, 'Name a file, or give the value as standard input.', {
      cause,
    })
  }
}
