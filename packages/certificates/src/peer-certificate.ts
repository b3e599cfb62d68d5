/** Reads certificates that were shown, with what Node has: nothing of it needs the library that makes them. */
import { createHash, X509Certificate } from 'node:crypto'
import { nodeOfUri, type NodeSubject } from './names.ts'

/** What a certificate of a node says. Times are in ms since 1970. */
export type NodeCertificate = NodeSubject & { readonly notBeforeMs: number; readonly notAfterMs: number }

const PEM = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

/** The certificates of a PEM text, one by one. */
export function certificatesIn(pem: string): readonly string[] {
  return (pem.match(PEM) ?? []).map((one) => `${one}\n`)
}

/** Whether one of the authorities has signed the certificate, whatever its dates. */
export function isSignedBy(certificate: X509Certificate, authorities: readonly string[]): boolean {
  return authorities.some((pem) => {
    const authority = new X509Certificate(pem)
    return authority.ca && certificate.checkIssued(authority) && certificate.verify(authority.publicKey)
  })
}

/** Whom a certificate speaks for; null when it is none of a node. Says nothing about who signed it. */
export function readNodeCertificate(certificate: X509Certificate): NodeCertificate | null {
  const names = (certificate.subjectAltName ?? '').split(', ')
  const [only] = names
  if (names.length !== 1 || only === undefined || !only.startsWith('URI:')) return null
  const subject = nodeOfUri(only.slice('URI:'.length))
  const { validFromDate, validToDate } = certificate
  return subject && { ...subject, notBeforeMs: validFromDate.getTime(), notAfterMs: validToDate.getTime() }
}

/** SHA-256 of the public key of an authority: short enough to travel with a join token. */
export function pinOf(authorityPem: string): string {
  const key = new X509Certificate(authorityPem).publicKey.export({ type: 'spki', format: 'der' })
  return createHash('sha256').update(key).digest('base64url')
}
