/** The certificate that a port shows to clients: from files, and read again when they change. */
import { readFileSync, statSync } from 'node:fs'
import type { SecureContextOptions, Server } from 'node:tls'
import type { Cancel, Clock } from '@fornax/kernel/clock'
import type { Log } from '@fornax/kernel/log'

/** Both PEM. */
export type CertificateFiles = { readonly certificateFile: string; readonly keyFile: string }

/** The files cannot be used: the message says which, and why. */
export class CertificateFileError extends Error {
  override readonly name = 'CertificateFileError'
}

const LOOK_MS = 60_000
const NOTHING: Cancel = () => undefined

/** Throws a `CertificateFileError`. */
export function readCertificate({ certificateFile, keyFile }: CertificateFiles): SecureContextOptions {
  try {
    return { minVersion: 'TLSv1.2', cert: readFileSync(certificateFile), key: readFileSync(keyFile) }
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new CertificateFileError(`the certificate of FORNAX_TLS_CERT_FILE cannot be read: ${why}`, { cause })
  }
}

/** Takes what is in the files from now on, whenever that changes. What cannot be used leaves the one before. */
export function keepCertificate(
  server: Pick<Server, 'setSecureContext'>,
  files: CertificateFiles,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): Disposable {
  let seen = changedAt(files)
  let cancel: Cancel = NOTHING
  const look = (): void => {
    cancel = clock.schedule(LOOK_MS, () => {
      const now = changedAt(files)
      if (now !== seen) {
        seen = now
        try {
          server.setSecureContext(readCertificate(files))
          log.info({ file: files.certificateFile }, 'the certificate was read again')
        } catch (error) {
          log.error({ err: error }, 'the new certificate cannot be used; the one before goes on')
        }
      }
      look()
    })
  }
  look()
  return { [Symbol.dispose]: () => cancel() }
}

function changedAt({ certificateFile, keyFile }: CertificateFiles): string {
  return [certificateFile, keyFile].map((file) => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0).join(' ')
}
