/**
 * Where the API is and with which token to speak to it. What is said on the command line wins over the environment,
 * and that over what a Fornax that runs here has written into its data folder.
 */
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { isRecord } from '@fornax/client/client-error'
import { readToken } from '@fornax/settings/token-file'
import { CliError } from './cli-error.ts'
import type { Connection, ConnectionFlags } from './connection-choice.ts'
import type { GivenSettings } from './given-settings.ts'

export type Surroundings = {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly folder: string
  /** The checkout this command is from: its data folder is the second place to look. */
  readonly checkout: string
}

/** Throws a CliError when a setting, the address or the token file cannot be used. */
export async function findConnection(flags: ConnectionFlags, surroundings: Surroundings): Promise<Connection> {
  const { env } = surroundings
  const hasSettings = Object.keys(env).some((name) => name.startsWith('FORNAX_'))
  const given: ConnectionSettings = hasSettings
    ? (await import('./given-settings.ts')).givenSettings(env)
    : NOTHING_GIVEN
  const { dataDir, ready } = dataFolderOf(given, surroundings)
  const address = addressOf(flags, given, ready) ?? {
    url: (await import('./given-settings.ts')).defaultApiUrl(env),
    source: 'the default settings',
  }
  if (!isHttpUrl(address.url))
    throw new CliError(`${address.source} is "${address.url}", but an address begins with http:// or https://`)
  const said = tokenSaid(flags, given)
  if (said !== null) return { url: address.url, urlSource: address.source, ...said }
  const file = given.tokenFile ?? ready?.tokenFile ?? join(dataDir, 'admin-token')
  // The token of the Fornax on this machine is not for a server elsewhere.
  const token = isOnThisMachine(address.url) ? tokenFrom(file) : null
  return { url: address.url, urlSource: address.source, token, tokenSource: token === null ? null : `the file ${file}` }
}

/** Where nodes join a core, and with what. */
export type NodeLink = { readonly address: string; readonly joinTokenFile: string }

/** What is named wins over the environment, and that over the Fornax that runs here. */
export async function findNodeLink(core: string | undefined, surroundings: Surroundings): Promise<NodeLink> {
  const { givenSettings, givenNodeLink } = await import('./given-settings.ts')
  const { dataDir, ready } = dataFolderOf(givenSettings(surroundings.env), surroundings)
  const given = givenNodeLink(surroundings.env)
  return {
    address: core ?? given.address ?? ready?.nodeLink ?? given.defaultAddress,
    joinTokenFile: given.joinTokenFile ?? join(dataDir, 'join-token'),
  }
}

const NOTHING_GIVEN = { dataDir: null, apiUrl: null, token: null, tokenFile: null }
/** The default of FORNAX_DATA_DIR. */
export const DATA_FOLDER = '.fornax'

type ConnectionSettings = Pick<GivenSettings, keyof typeof NOTHING_GIVEN>

type ReadyFile = {
  readonly path: string
  readonly api: string
  readonly nodeLink: string | null
  readonly tokenFile: string | null
}
type Address = { readonly url: string; readonly source: string }

function addressOf(flags: ConnectionFlags, { apiUrl }: ConnectionSettings, ready: ReadyFile | null): Address | null {
  if (flags.server !== undefined) return { url: withScheme(flags.server), source: '--server' }
  if (apiUrl !== null) return { url: apiUrl, source: 'FORNAX_API_URL' }
  return ready === null ? null : { url: ready.api, source: ready.path }
}

function tokenSaid(
  flags: ConnectionFlags,
  { token }: ConnectionSettings,
): { readonly token: string; readonly tokenSource: string } | null {
  if (flags.token !== undefined) return { token: flags.token, tokenSource: '--token' }
  return token === null ? null : { token, tokenSource: 'FORNAX_TOKEN' }
}

type DataFolder = { readonly dataDir: string; readonly ready: ReadyFile | null }

function dataFolderOf({ dataDir: given }: ConnectionSettings, { folder, checkout }: Surroundings): DataFolder {
  if (given !== null) return { dataDir: given, ready: readReadyFile(given) }
  const here = resolve(folder, DATA_FOLDER)
  const ready = readReadyFile(here)
  if (ready !== null) return { dataDir: here, ready }
  const dataDir = resolve(checkout, DATA_FOLDER)
  return { dataDir, ready: readReadyFile(dataDir) }
}

function readReadyFile(dataDir: string): ReadyFile | null {
  const path = join(dataDir, 'ready.json')
  try {
    const ready: unknown = JSON.parse(readFileSync(path, 'utf8'))
    if (!isRecord(ready) || typeof ready['api'] !== 'string') return null
    const text = (name: string): string | null => (typeof ready[name] === 'string' ? ready[name] : null)
    return { path, api: ready['api'], nodeLink: text('nodeLink'), tokenFile: text('tokenFile') }
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
