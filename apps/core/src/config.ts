/** The core's settings, read once. The only file of the core that looks at the environment. */
import { readFileSync } from 'node:fs'
import { describeProblems, readSettings } from '@fornax/settings/settings'

export type CoreConfig = {
  readonly host: string
  readonly apiPort: number
  readonly nodeLinkPort: number
  readonly databaseUrl: string | null
  readonly dataDir: string
  readonly durability: 'process' | 'fsync'
  readonly logLevel: string
  /** The operator's secret; it must be able to enter, whatever the database says. */
  readonly adminToken: string
  readonly joinToken: string
  readonly isProduction: boolean
}

/** What is wrong with the settings, in words for whoever starts the core. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

/** Throws a `ConfigError` that says what to do. */
export function readConfig(env: NodeJS.ProcessEnv): CoreConfig {
  const result = readSettings(env)
  if (result.kind === 'invalid') throw new ConfigError(describeProblems(result.problems))
  const { settings } = result
  return {
    host: settings.host,
    apiPort: settings.apiPort,
    nodeLinkPort: settings.nodeLinkPort,
    databaseUrl: settings.databaseUrl,
    dataDir: settings.dataDir,
    durability: settings.durability,
    logLevel: settings.logLevel,
    adminToken: settings.adminToken ?? secretIn(settings.tokenFile, 'admin token', 'FORNAX_TOKEN_FILE'),
    joinToken: secretIn(settings.joinTokenFile, 'join token', 'FORNAX_JOIN_TOKEN_FILE'),
    isProduction: env['NODE_ENV'] === 'production',
  }
}

function secretIn(file: string, what: string, setting: string): string {
  try {
    const secret = readFileSync(file, 'utf8').trim()
    if (secret.length >= 16) return secret
  } catch (cause) {
    const message = `the ${what} cannot be read from ${file}: make the file readable to this user, or set ${setting}; "npm start" makes it`
    throw new ConfigError(message, { cause })
  }
  throw new ConfigError(`the ${what} in ${file} is shorter than 16 characters; write a longer one`)
}
