/** The console's settings: the only reader of the environment. */
import { IssuersFileError, readIssuers, type Issuer } from '@fornax/settings/issuers-file'
import { readSettings, describeProblems } from '@fornax/settings/settings'

/** What the console needs to know before it listens. */
export type ConsoleConfig = {
  readonly host: string
  /** 0 takes any free one. */
  readonly port: number
  /** Where the core's API answers. */
  readonly apiUrl: string
  readonly logLevel: string
  /** Where people log in besides. */
  readonly issuers?: readonly Issuer[]
}

export type ConfigResult =
  | { readonly kind: 'valid'; readonly config: ConsoleConfig }
  | { readonly kind: 'invalid'; readonly message: string }

/** Reads and checks the whole environment. */
export function readConfig(env: Readonly<Record<string, string | undefined>>): ConfigResult {
  const result = readSettings(env)
  if (result.kind === 'invalid') return { kind: 'invalid', message: describeProblems(result.problems) }
  const { host, consolePort, apiUrl, logLevel, issuersFile } = result.settings
  try {
    return { kind: 'valid', config: { host, port: consolePort, apiUrl, logLevel, issuers: readIssuers(issuersFile) } }
  } catch (error) {
    if (error instanceof IssuersFileError) return { kind: 'invalid', message: error.message }
    throw error
  }
}
