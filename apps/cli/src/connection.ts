/**
 * Where the API is and with which token to speak to it. What is said on the command line wins over the environment,
 * and that over what a Fornax that runs here has written into its data folder.
 */
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { isRecord } from '@fornax/client/client-error'
import { readSettings, SETTINGS, type Settings } from '@fornax/settings/settings'
import { readToken } from '@fornax/settings/token-file'
import { CliError } from './cli-error.ts'

export type Connection = {
  readonly url: string
  /** For messages: who said so. */
  readonly urlSource: string
  readonly token: string | null
  readonly tokenSource: string | null
}

export type ConnectionFlags = { readonly server?: string | undefined; readonly token?: string | undefined }

export type Surroundings = {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly folder: string
  /** The checkout this command is from: its data folder is the second place to look. */
  readonly checkout: string
}

/** Throws a CliError when a setting, the address or the token file cannot be used. */
export function findConnection(flags: ConnectionFlags, surroundings: Surroundings): Connection {
  const settings = settingsFor(surroundings.env)
  const dataDir = dataDirOf(surroundings)
  const ready = readReadyFile(dataDir)
  const address = addressOf(flags, settings, { env: surroundings.env, ready })
  if (!isHttpUrl(address.url))
    throw new CliError(`${address.source} is "${address.url}", but an address begins with http:// or https://`)
  const given = givenToken(flags, settings)
  if (given !== null) return { url: address.url, urlSource: address.source, ...given }
  const file = surroundings.env[SETTINGS.tokenFile.name]
    ? settings.tokenFile
    : (ready?.tokenFile ?? join(dataDir, 'admin-token'))
  // The token of the Fornax on this machine is not for a server elsewhere.
  const token = isOnThisMachine(address.url) ? tokenFrom(file) : null
  return { url: address.url, urlSource: address.source, token, tokenSource: token === null ? null : `the file ${file}` }
}

type ReadyFile = { readonly path: string; readonly api: string; readonly tokenFile: string | null }
type Address = { readonly url: string; readonly source: string }

function addressOf(
  flags: ConnectionFlags,
  settings: Settings,
  { env, ready }: { readonly env: Surroundings['env']; readonly ready: ReadyFile | null },
): Address {
  if (flags.server !== undefined) return { url: withScheme(flags.server), source: '--server' }
  const name = SETTINGS.apiUrl.name
  if (env[name]) return { url: settings.apiUrl, source: name }
  if (ready !== null) return { url: ready.api, source: ready.path }
  return { url: settings.apiUrl, source: 'the default settings' }
}

function givenToken(
  flags: ConnectionFlags,
  settings: Settings,
): { readonly token: string; readonly tokenSource: string } | null {
  if (flags.token !== undefined) return { token: flags.token, tokenSource: '--token' }
  return settings.token === null ? null : { token: settings.token, tokenSource: SETTINGS.token.name }
}

/** A wrong setting of another part is not this command's business; a name that no part knows is everybody's. */
function settingsFor(env: Surroundings['env']): Settings {
  const first = readSettings(env)
  if (first.kind === 'valid') return first.settings
  const ours: readonly string[] = [SETTINGS.dataDir, SETTINGS.apiUrl, SETTINGS.token, SETTINGS.tokenFile].map(
    (one) => one.name,
  )
  const all: readonly string[] = Object.values(SETTINGS).map((one) => one.name)
  const serious = first.problems.filter(({ name }) => ours.includes(name) || !all.includes(name))
  const foreign = first.problems.map(({ name }) => name)
  const second = readSettings(Object.fromEntries(Object.entries(env).filter(([name]) => !foreign.includes(name))))
  if (serious.length > 0 || second.kind === 'invalid') {
    const shown = serious.length > 0 ? serious : first.problems
    throw new CliError(shown.map(({ message }) => message).join('\n'))
  }
  return second.settings
}

function dataDirOf({ env, folder, checkout }: Surroundings): string {
  const given = env[SETTINGS.dataDir.name]
  if (given) return resolve(folder, given)
  const here = resolve(folder, SETTINGS.dataDir.default)
  return readReadyFile(here) === null ? resolve(checkout, SETTINGS.dataDir.default) : here
}

function readReadyFile(dataDir: string): ReadyFile | null {
  const path = join(dataDir, 'ready.json')
  try {
    const ready: unknown = JSON.parse(readFileSync(path, 'utf8'))
    if (!isRecord(ready) || typeof ready['api'] !== 'string') return null
    return { path, api: ready['api'], tokenFile: typeof ready['tokenFile'] === 'string' ? ready['tokenFile'] : null }
  } catch {
    // No Fornax was started here, or it belongs to somebody else: then it is named some other way.
    return null
  }
}

function tokenFrom(file: string): string | null {
  try {
    return readToken(file)
  } catch (error) {
    throw new CliError(
      `the token file ${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      'Run this as the user that started Fornax, or give a token with --token or FORNAX_TOKEN.',
      { cause: error },
    )
  }
}

/** `127.0.0.1:4000` is as clear as `http://127.0.0.1:4000`. */
function withScheme(url: string): string {
  return url.includes('://') ? url : `http://${url}`
}

function isHttpUrl(url: string): boolean {
  return URL.canParse(url) && ['http:', 'https:'].includes(new URL(url).protocol)
}

function isOnThisMachine(url: string): boolean {
  const { hostname } = new URL(url)
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname)
}
