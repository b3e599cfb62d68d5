/** The authority of the node link: it signs for the nodes of one cluster, and for its core. */
import { randomBytes } from 'node:crypto'
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  Pkcs10CertificateRequest,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  AuthorityKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
  type Extension,
  type PublicKeyType,
} from '@peculiar/x509'
import { newKeyPair, NEW_KEYS, pemOf, signingKeyOf, type SigningKey } from './keys.ts'
import { CORE_NAME, uriOfNode, type NodeSubject } from './names.ts'

/** A certificate and its key, as PEM. */
export type KeyedCertificate = { readonly certificate: string; readonly key: string }

export type Issued =
  | { readonly kind: 'issued'; readonly certificate: string; readonly notAfterMs: number }
  /** The request is none, or is not signed by the key that it holds. */
  | { readonly kind: 'refused'; readonly why: string }

const DAY_MS = 24 * 60 * 60 * 1_000
/** Certificates begin a little before now: clocks of two machines differ. */
const CLOCK_SKEW_MS = 5 * 60 * 1_000
const AUTHORITY_MS = 3_650 * DAY_MS
const CORE_MS = 90 * DAY_MS
const SERIAL_BYTES = 16

/** A new authority, with a key of its own. */
export async function newAuthority(nowMs: number): Promise<KeyedCertificate> {
  const keys = await newKeyPair()
  const name = `CN=Fornax nodes ${randomBytes(4).toString('hex')}`
  const certificate = await X509CertificateGenerator.create({
    serialNumber: newSerial(),
    subject: name,
    issuer: name,
    notBefore: new Date(nowMs - CLOCK_SKEW_MS),
    notAfter: new Date(nowMs + AUTHORITY_MS),
    signingAlgorithm: NEW_KEYS,
    signingKey: keys.privateKey,
    publicKey: keys.publicKey,
    extensions: await authorityExtensions(keys.publicKey, 1),
  })
  return { certificate: certificate.toString('pem'), key: await pemOf(keys.privateKey) }
}

/** Signs with one authority. */
export class Issuer {
  readonly #certificate: X509Certificate
  readonly #signing: SigningKey

  private constructor(certificate: X509Certificate, signing: SigningKey) {
    this.#certificate = certificate
    this.#signing = signing
  }

  /** Throws an `Error` when the two do not belong together, or the certificate is none of an authority. */
  static async open({ certificate, key }: KeyedCertificate): Promise<Issuer> {
    const own = new X509Certificate(certificate)
    if (own.getExtension(BasicConstraintsExtension)?.ca !== true)
      throw new Error('the certificate is none of an authority (CA:TRUE)')
    const issuer = new Issuer(own, await signingKeyOf(key))
    const trial = await issuer.coreCertificate(own.notBefore.getTime())
    if (!(await new X509Certificate(trial.certificate).verify({ publicKey: own.publicKey, signatureOnly: true })))
      throw new Error('the key does not belong to the certificate of the authority')
    return issuer
  }

  /** For a key that its node made itself, which the request proves. The names are ours, not the request's. */
  async nodeCertificate(request: string, node: NodeSubject, times: { nowMs: number; lifeMs: number }): Promise<Issued> {
    const asked = await readRequest(request)
    if (asked === null) return { kind: 'refused', why: 'the certificate request is none' }
    const { nowMs, lifeMs } = times
    const notAfterMs = Math.floor((nowMs + lifeMs) / 1_000) * 1_000 // Certificates know no milliseconds.
    const certificate = await this.#sign({
      subject: `CN=${node.nodeName}`,
      publicKey: asked.publicKey,
      notBeforeMs: nowMs - CLOCK_SKEW_MS,
      notAfterMs,
      extensions: [
        new SubjectAlternativeNameExtension([{ type: 'url', value: uriOfNode(node) }]),
        new ExtendedKeyUsageExtension([ExtendedKeyUsage.clientAuth]),
      ],
    })
    return { kind: 'issued', certificate, notAfterMs }
  }

  /** For a core of this cluster, with a key of its own. */
  async coreCertificate(nowMs: number): Promise<KeyedCertificate> {
    const keys = await newKeyPair()
    const certificate = await this.#sign({
      subject: `CN=${CORE_NAME}`,
      publicKey: keys.publicKey,
      notBeforeMs: nowMs - CLOCK_SKEW_MS,
      notAfterMs: nowMs + CORE_MS,
      extensions: [
        new SubjectAlternativeNameExtension([{ type: 'dns', value: CORE_NAME }]),
        new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      ],
    })
    return { certificate, key: await pemOf(keys.privateKey) }
  }

  /** Says that the next authority is to be trusted, to those who know only this one. */
  async vouchFor(next: string): Promise<string> {
    const { publicKey, subject, notAfter, notBefore } = new X509Certificate(next)
    const certificate = await X509CertificateGenerator.create({
      serialNumber: newSerial(),
      subject,
      issuer: this.#certificate.subject,
      notBefore,
      notAfter: new Date(Math.min(notAfter.getTime(), this.#certificate.notAfter.getTime())),
      signingAlgorithm: this.#signing.algorithm,
      signingKey: this.#signing.key,
      publicKey,
      extensions: [
        ...(await authorityExtensions(publicKey, 0)),
        await AuthorityKeyIdentifierExtension.create(this.#certificate.publicKey),
      ],
    })
    return certificate.toString('pem')
  }

  async #sign(what: {
    readonly subject: string
    readonly publicKey: PublicKeyType
    readonly notBeforeMs: number
    readonly notAfterMs: number
    readonly extensions: readonly Extension[]
  }): Promise<string> {
    const certificate = await X509CertificateGenerator.create({
      serialNumber: newSerial(),
      subject: what.subject,
      issuer: this.#certificate.subject,
      notBefore: new Date(what.notBeforeMs),
      notAfter: new Date(what.notAfterMs),
      signingAlgorithm: this.#signing.algorithm,
      signingKey: this.#signing.key,
      publicKey: what.publicKey,
      extensions: [
        new BasicConstraintsExtension(false, undefined, true),
        new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
        await AuthorityKeyIdentifierExtension.create(this.#certificate.publicKey),
        ...what.extensions,
      ],
    })
    return certificate.toString('pem')
  }
}

/** `below`: how many authorities may follow, as the next one does while nodes learn of it. */
async function authorityExtensions(publicKey: PublicKeyType, below: number): Promise<Extension[]> {
  return [
    new BasicConstraintsExtension(true, below, true),
    new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
    await SubjectKeyIdentifierExtension.create(publicKey),
  ]
}

const REQUEST_CHARACTERS_MAX = 8_192

async function readRequest(pem: string): Promise<Pkcs10CertificateRequest | null> {
  if (pem.length > REQUEST_CHARACTERS_MAX) return null
  try {
    const request = new Pkcs10CertificateRequest(pem)
    return (await request.verify()) ? request : null
  } catch {
    return null // What does not parse is none.
  }
}

/** Positive, and never twice. */
function newSerial(): string {
  const bytes = randomBytes(SERIAL_BYTES)
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40
  return bytes.toString('hex')
}
