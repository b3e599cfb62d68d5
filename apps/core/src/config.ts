/** The core's settings, read once. The only file of the core that looks at the environment. */
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { IssuersFileError, readIssuers, type Issuer } from '@fornax/settings/issuers-file'
import { SETTINGS } from '@fornax/settings/setting-definitions'
import { describeProblems, readSettings, type Settings } from '@fornax/settings/settings'
import type { Retention } from './history/history-keeper.ts'
import type { Objectives } from './history/history.ts'

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
  /** Lets in machines that can read the core's own files. */
  readonly joinToken: string
  /** Seals the secrets of tenants: 32 bytes. */
  readonly secretKey: Uint8Array
  /** The authority for certificates of nodes, when it is brought from outside. */
  readonly nodeCa: { readonly certificateFile: string; readonly keyFile: string } | null
  /** With which API is served over TLS; null: plain HTTP. */
  readonly tls: { readonly certificateFile: string; readonly keyFile: string } | null
  /** Who may ask for the schema; null: in production the operator, else everybody. */
  readonly introspection: 'everybody' | 'operator' | 'nobody' | null
  /** Of each tenant; null: any number. */
  readonly requestsPerSecond: number | null
  /** Documents that clients may send; null: any. */
  readonly trustedDocumentsFile: string | null
  /** How long audit records are kept; null: for ever. */
  readonly auditKeptMs: number | null
  readonly isProduction: boolean
  /** Who may vouch for people and programs besides us. */
  readonly issuers?: readonly Issuer[]
  readonly objectives: Objectives
  /** How long history and closed sessions are kept. */
  readonly retention: Retention
  /** The least time between two fetches of an issuer's keys because of one that is not known. */
  readonly issuerKeyCooldownMs?: number
}

const DAY_MS = 24 * 3_600_000

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
    secretKey: keyIn(settings.secretKeyFile),
    nodeCa: pair(settings, ['nodeCaFile', 'nodeCaKeyFile']),
    tls: pair(settings, ['tlsCertFile', 'tlsKeyFile']),
    introspection: settings.introspection === 'auto' ? null : settings.introspection,
    requestsPerSecond: settings.requestsPerSecond === 0 ? null : settings.requestsPerSecond,
    trustedDocumentsFile: settings.trustedDocumentsFile,
    auditKeptMs: settings.auditKeptDays === 0 ? null : settings.auditKeptDays * DAY_MS,
    isProduction: env['NODE_ENV'] === 'production',
    issuers: issuersIn(settings.issuersFile),
    objectives: {
      warmP99Ms: settings.objectiveWarmP99Ms,
      coldP99Ms: settings.objectiveColdP99Ms,
      poolHitRate: settings.objectiveHitPercent / 100,
    },
    retention: { historyMs: settings.historyDays * DAY_MS, sessionsMs: settings.sessionDays * DAY_MS },
  }
}

function issuersIn(file: string | null): readonly Issuer[] {
  try {
    return readIssuers(file)
  } catch (cause) {
    if (cause instanceof IssuersFileError) throw new ConfigError(cause.message, { cause })
    throw cause
  }
}

type FileSetting = 'nodeCaFile' | 'nodeCaKeyFile' | 'tlsCertFile' | 'tlsKeyFile'

/** A certificate and its key: both or none. */
function pair(
  settings: Settings,
  [first, second]: readonly [FileSetting, FileSetting],
): { readonly certificateFile: string; readonly keyFile: string } | null {
  const certificateFile = settings[first]
  const keyFile = settings[second]
  if (certificateFile !== null && keyFile !== null) return { certificateFile, keyFile }
  if (certificateFile === null && keyFile === null) return null
  throw new ConfigError(`set both ${SETTINGS[first].name} and ${SETTINGS[second].name}, or none of them`)
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

const KEY = /^[0-9a-f]{64}$/
const KEY_BYTES = 32

/**
 * Made at the first start. Whoever loses it loses the secrets; and of a database that is restored later, the proofs by
 * which nodes tell of the epochs since its backup.
 */
function keyIn(file: string): Uint8Array {
  const setting = 'FORNAX_SECRET_KEY_FILE'
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    if (!existsSync(file))
      writeFileSync(file, `${randomBytes(KEY_BYTES).toString('hex')}\n`, { mode: 0o600, flag: 'wx' })
    const text = readFileSync(file, 'utf8').trim()
    if (KEY.test(text)) return Buffer.from(text, 'hex')
  } catch (cause) {
    const remedy = `make it readable and its folder writable for this user, or set ${setting}`
    throw new ConfigError(`the key of secrets cannot be had from ${file}: ${remedy}`, { cause })
  }
  throw new ConfigError(`${file} holds no key of secrets, which is 64 hexadecimal digits; bring the right one back`)
}
