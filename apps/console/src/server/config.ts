/** The console's settings: the only reader of the environment. */
import { IssuersFileError, readIssuers, type Issuer } from '@fornax/settings/issuers-file'
import type { CertificateFiles } from '@fornax/certificates/served-certificate'
import { readSettings, describeProblems } from '@fornax/settings/settings'

/** What the console needs to know before it listens. */
export type ConsoleConfig = {
  readonly host: string
  /** 0 takes any free one. */
  readonly port: number
  /** Where the core's API answers. */
  readonly apiUrl: string
  readonly logLevel: string
  /** With it TLS is spoken, and nothing else. */
  readonly tls?: CertificateFiles | null
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
  const { host, consolePort: port, apiUrl, logLevel, issuersFile, tlsCertFile, tlsKeyFile } = result.settings
  if ((tlsCertFile === null) !== (tlsKeyFile === null))
    return { kind: 'invalid', message: 'Set both FORNAX_TLS_CERT_FILE and FORNAX_TLS_KEY_FILE, or none of them.' }
  const tls = tlsCertFile === null || tlsKeyFile === null ? null : { certificateFile: tlsCertFile, keyFile: tlsKeyFile }
  try {
    return { kind: 'valid', config: { host, port, apiUrl, logLevel, tls, issuers: readIssuers(issuersFile) } }
  } catch (error) {
    if (error instanceof IssuersFileError) return { kind: 'invalid', message: error.message }
    throw error
  }
}
