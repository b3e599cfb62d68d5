/** What the environment says about the command line. Loaded only when it says something: checking it all costs time. */
import { SETTINGS } from '@fornax/settings/setting-definitions'
import { readSettings, type Settings } from '@fornax/settings/settings'
import { CliError } from './cli-error.ts'

/** Null: not given. */
export type GivenSettings = {
  readonly dataDir: string | null
  readonly apiUrl: string | null
  readonly token: string | null
  readonly tokenFile: string | null
}

type Environment = Readonly<Record<string, string | undefined>>

/** Throws a CliError for a name that no part knows, and for a value that cannot be used. */
export function givenSettings(env: Environment): GivenSettings {
  const settings = settingsOf(env)
  const ifGiven = (name: string, value: string): string | null => (env[name] ? value : null)
  return {
    dataDir: ifGiven(SETTINGS.dataDir.name, settings.dataDir),
    apiUrl: ifGiven(SETTINGS.apiUrl.name, settings.apiUrl),
    token: settings.token,
    tokenFile: ifGiven(SETTINGS.tokenFile.name, settings.tokenFile),
  }
}

/** Where the API is when nobody says it. */
export function defaultApiUrl(env: Environment): string {
  return settingsOf(env).apiUrl
}

/** Where nodes join. Null: not given. A value that cannot be used is for the nodes to refuse. */
export type GivenNodeLink = {
  readonly address: string | null
  readonly joinTokenFile: string | null
  /** When nobody says it. */
  readonly defaultAddress: string
}

/** Throws a CliError as `givenSettings` does. */
export function givenNodeLink(env: Environment): GivenNodeLink {
  const given = (name: string): string | null => env[name] || null
  return {
    address: given(SETTINGS.coreAddress.name),
    joinTokenFile: given(SETTINGS.joinTokenFile.name),
    defaultAddress: settingsOf(env).coreAddress,
  }
}

const OURS: readonly string[] = [SETTINGS.dataDir, SETTINGS.apiUrl, SETTINGS.token, SETTINGS.tokenFile].map(
  (one) => one.name,
)
const KNOWN: readonly string[] = Object.values(SETTINGS).map((one) => one.name)

/** A wrong setting of another part is not this command's business; a name that no part knows is everybody's. */
function settingsOf(env: Environment): Settings {
  const first = readSettings(env)
  if (first.kind === 'valid') return first.settings
  const serious = first.problems.filter(({ name }) => OURS.includes(name) || !KNOWN.includes(name))
  const foreign = first.problems.map(({ name }) => name)
  const second = readSettings(Object.fromEntries(Object.entries(env).filter(([name]) => !foreign.includes(name))))
  if (serious.length === 0 && second.kind === 'valid') return second.settings
  const shown = serious.length > 0 ? serious : first.problems
  throw new CliError(shown.map(({ message }) => message).join('\n'))
}
