/** The manifests in files, folders and the standard input, each with its place for messages. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { CliError } from '../cli-error.ts'
import type { Terminal } from '../terminal.ts'
import { toManifest, type Manifest } from './manifest.ts'
import { readYaml, type YamlDocument } from './read-yaml.ts'

export type PlacedManifest = {
  readonly manifest: Manifest
  /** `app.yaml:7:5` for a field as the API names it, as in `version.ports[0].name`. */
  readonly placeOf: (field: string) => string
}

type Source = { readonly name: string; readonly folder: string; readonly text: string }

/** Reads and checks everything before anything is done. Throws a CliError that lists all that is wrong. */
export async function readManifests(paths: readonly string[], terminal: Terminal): Promise<readonly PlacedManifest[]> {
  const sources: Source[] = []
  for (const path of paths) sources.push(...(await readSources(path, terminal)))
  const problems: string[] = []
  const manifests = sources.flatMap((source) => readSource(source, problems))
  if (problems.length > 0)
    throw new CliError(problems.join('\nerror: '), 'The fields of a manifest stand in docs/cli.md.')
  if (manifests.length === 0) throw new CliError(`there is no application in ${paths.join(', ')}`)
  return manifests
}

async function readSources(path: string, terminal: Terminal): Promise<readonly Source[]> {
  if (path === '-') return [{ name: 'standard input', folder: terminal.folder, text: await terminal.readInput() }]
  const full = resolve(terminal.folder, path)
  try {
    if (!statSync(full).isDirectory()) return [{ name: path, folder: dirname(full), text: readFileSync(full, 'utf8') }]
    const names = readdirSync(full).filter((name) => /\.(ya?ml|json)$/.test(name))
    return names
      .toSorted()
      .map((name) => ({ name: join(path, name), folder: full, text: readFileSync(join(full, name), 'utf8') }))
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new CliError(`${path} cannot be read: ${reason}`, 'Name a file or a folder, or - for the standard input.', {
      cause: error,
    })
  }
}

function readSource(source: Source, problems: string[]): readonly PlacedManifest[] {
  const result = readYaml(source.text)
  if (result.kind === 'refused') {
    problems.push(
      ...result.problems.map(({ place, message }) => `${source.name}:${place.line}:${place.column}: ${message}`),
    )
    return []
  }
  return result.documents.flatMap(itemsOf).flatMap((document) => readDocument(source, document, problems))
}

function readDocument(source: Source, document: YamlDocument, problems: string[]): readonly PlacedManifest[] {
  const place = (path: readonly PropertyKey[]): string => {
    const { line, column } = document.placeOf(path)
    return `${source.name}:${line}:${column}`
  }
  const result = toManifest(document.value)
  if (result.kind === 'refused') {
    problems.push(...result.problems.map(({ path, message }) => `${place(path)}: ${message}`))
    return []
  }
  const manifest = withAbsolutePaths(result.manifest, source.folder)
  return [{ manifest, placeOf: (field) => place(parsePath(field)) }]
}

/** A list, as `get applications -o yaml` prints it, stands for its items. */
function itemsOf(document: YamlDocument): readonly YamlDocument[] {
  const { value } = document
  const isList = typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'ApplicationList'
  if (!isList || !('items' in value) || !Array.isArray(value.items)) return [document]
  return value.items.map((item: unknown, at) => ({
    value: item,
    placeOf: (path) => document.placeOf(['items', at, ...path]),
  }))
}

/**
 * Nodes do not know where a manifest lay. So a relative `workingDirectory` is taken from the folder of the manifest;
 * without one, so is a command that begins with `./` or `../`.
 */
function withAbsolutePaths(manifest: Manifest, folder: string): Manifest {
  const { version } = manifest
  const { workingDirectory, command } = version
  if (typeof workingDirectory === 'string')
    return { ...manifest, version: { ...version, workingDirectory: resolve(folder, workingDirectory) } }
  const [program, ...others] = command ?? []
  if (program === undefined || !/^\.\.?\//.test(program)) return manifest
  return { ...manifest, version: { ...version, command: [resolve(folder, program), ...others] } }
}

/** `version.ports[0].name` as a path. */
function parsePath(field: string): readonly (string | number)[] {
  return field
    .split(/[.[\]]+/)
    .filter((part) => part !== '')
    .map((part) => (/^\d+$/.test(part) ? Number(part) : part))
}
