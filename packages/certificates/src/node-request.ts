/** What a machine makes when it wants a certificate: a key that never leaves it, and a request that proves it. */
import { createPrivateKey, createPublicKey, sign, verify, type X509Certificate } from 'node:crypto'
import { Pkcs10CertificateRequestGenerator } from '@peculiar/x509'
import { NEW_KEYS, newKeyPair, pemOf } from './keys.ts'

/** Both as PEM. */
export type NodeRequest = { readonly key: string; readonly request: string }

/** A new key, and the request for a certificate for it. */
export async function newNodeRequest(nodeName: string): Promise<NodeRequest> {
  const keys = await newKeyPair()
  const request = await Pkcs10CertificateRequestGenerator.create({
    name: [{ CN: [nodeName] }],
    keys,
    signingAlgorithm: NEW_KEYS,
  })
  return { key: await pemOf(keys.privateKey), request: request.toString('pem') }
}

/** Shows, for a renewal, that the holder of the key of before makes the request. */
export function proofOf(request: string, keyOfBefore: string): Buffer {
  return sign('sha256', Buffer.from(request), createPrivateKey(keyOfBefore))
}

export function isProof(proof: Uint8Array, request: string, certificateOfBefore: X509Certificate): boolean {
  try {
    const key = createPublicKey(certificateOfBefore.publicKey.export({ type: 'spki', format: 'pem' }))
    return verify('sha256', Buffer.from(request), key, proof)
  } catch {
    return false // What is no signature at all proves nothing.
  }
}
