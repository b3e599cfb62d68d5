/** `fornax documents manifest`: the file of the documents that a core shall trust. */
import { globSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { CliError } from '../cli-error.ts'
import type { Program } from '../command-group.ts'
import { trustedManifest, type GraphqlFile, type TrustedManifest } from '../documents/trusted-documents.ts'

export type ManifestFlags = {
  /** Where it goes; the standard output when it is absent. */
  readonly output?: string
  /** Whether the documents of the console and of the command line are in it. */
  readonly own: boolean
}

/** Of the programs of this checkout; each folder is a set of its own. */
const OWN = ['packages/client/src/documents', 'apps/console/src/graphql/documents']

/** Throws a CliError that lists all that is wrong. */
export function writeManifest(
  { terminal, checkout }: Pick<Program, 'terminal' | 'checkout'>,
  paths: readonly string[],
  { output, own }: ManifestFlags,
): void {
  const given = paths.flatMap((path) => filesOf(resolve(terminal.folder, path), path))
  if (paths.length > 0 && given.length === 0)
    throw new CliError(`there is no .graphql file in ${paths.join(', ')}`, 'Name files, or folders that hold some.')
  const ownSets = own ? OWN.map((folder) => filesOf(join(checkout, folder), folder)) : []
  const manifest: TrustedManifest = Object.assign({}, ...[...ownSets, given].map(madeOf))
  const text = `${JSON.stringify(manifest, null, 2)}\n`
  if (output === undefined) return terminal.out(text)
  const file = resolve(terminal.folder, output)
  try {
    writeFileSync(file, text)
  } catch (error) {
    throw new CliError(`${output} cannot be written: ${reasonOf(error)}`, null, { cause: error })
  }
  terminal.err(`${Object.keys(manifest).length} documents in ${output}\n`)
}

function madeOf(files: readonly GraphqlFile[]): TrustedManifest {
  const result = trustedManifest(files)
  if (result.kind === 'made') return result.manifest
  throw new CliError(result.problems.join('\nerror: '), 'Nothing was written.')
}

function filesOf(full: string, name: string): readonly GraphqlFile[] {
  try {
    if (!statSync(full).isDirectory()) return [{ name, text: readFileSync(full, 'utf8') }]
    return globSync('**/*.{graphql,gql}', { cwd: full, exclude: ['**/node_modules/**'] })
      .toSorted()
      .map((inner) => ({ name: join(name, inner), text: readFileSync(join(full, inner), 'utf8') }))
  } catch (error) {
    throw new CliError(`${name} cannot be read: ${reasonOf(error)}`, 'Name files, or folders that hold some.', {
      cause: error,
    })
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
