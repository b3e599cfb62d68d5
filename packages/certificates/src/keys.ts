/** Keys between PEM, as they are kept, and Web Crypto, as the library wants them. */
import { createPrivateKey, type KeyObject } from 'node:crypto'

type Algorithm =
  | { readonly name: 'ECDSA'; readonly namedCurve: string; readonly hash: string }
  | { readonly name: 'RSASSA-PKCS1-v1_5'; readonly hash: string }

/** As Web Crypto has it, whatever platform's types describe that. */
type Key = Awaited<ReturnType<typeof crypto.subtle.importKey>>
type KeyPair = { readonly publicKey: Key; readonly privateKey: Key }

export type SigningKey = { readonly key: Key; readonly algorithm: Algorithm }

const CURVES: Readonly<Record<string, { readonly namedCurve: string; readonly hash: string }>> = {
  prime256v1: { namedCurve: 'P-256', hash: 'SHA-256' },
  secp384r1: { namedCurve: 'P-384', hash: 'SHA-384' },
}

export const NEW_KEYS = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const

/** A key pair of the kind that everything of ours has. */
export async function newKeyPair(): Promise<KeyPair> {
  return crypto.subtle.generateKey(NEW_KEYS, true, ['sign', 'verify'])
}

/** As it is written to a file. */
export async function pemOf(key: Key): Promise<string> {
  const der = Buffer.from(await crypto.subtle.exportKey('pkcs8', key)).toString('base64')
  return `-----BEGIN PRIVATE KEY-----\n${der.replaceAll(/(.{64})/g, '$1\n').trimEnd()}\n-----END PRIVATE KEY-----\n`
}

/** Throws an `Error` that says what is expected when the key is of another kind. */
export async function signingKeyOf(pem: string): Promise<SigningKey> {
  const key = createPrivateKey(pem)
  const algorithm = algorithmOf(key)
  const der = key.export({ type: 'pkcs8', format: 'der' })
  return { algorithm, key: await crypto.subtle.importKey('pkcs8', der, algorithm, false, ['sign']) }
}

function algorithmOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): Algorithm {
  const curve = CURVES[asymmetricKeyDetails?.namedCurve ?? '']
  if (asymmetricKeyType === 'ec' && curve !== undefined) return { name: 'ECDSA', ...curve }
  if (asymmetricKeyType === 'rsa') return { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
  throw new Error('a key of an authority must be of the curve P-256 or P-384, or of RSA')
}
