/** The key by which a core signs its audit trail, and the head of it, in files that only their owner reads. */
import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify, type KeyObject } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import type { ChainPoint } from './audit-record.ts'
import type { AuditPen } from './audit-trail.ts'

const headFile = z.object({ number: z.number(), hash: z.string() })

/** Throws when the key is there and cannot be used: without it, what is there could not be told from a forgery. */
export function openAuditPen(dataDir: string): AuditPen & { readonly publicKey: string } {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const key = ownKey(join(dataDir, 'audit-key.pem'))
  const publicKey = createPublicKey(key)
  const headPath = join(dataDir, 'audit-head.json')
  let head = readHead(headPath)
  return {
    publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    get head() {
      return head
    },
    sign: (text) => sign(null, Buffer.from(text), key).toString('base64'),
    isSigned: (text, signature) => verify(null, Buffer.from(text), publicKey, Buffer.from(signature, 'base64')),
    noteHead: ({ number, hash }) => {
      head = { number, hash }
      writeWhole(headPath, `${JSON.stringify(head)}\n`)
    },
  }
}

function ownKey(path: string): KeyObject {
  if (existsSync(path)) {
    try {
      return createPrivateKey(readFileSync(path, 'utf8'))
    } catch (cause) {
      throw new Error(`the key of the audit trail in ${path} cannot be read: put back its backup`, { cause })
    }
  }
  const { privateKey } = generateKeyPairSync('ed25519')
  writeWhole(path, privateKey.export({ type: 'pkcs8', format: 'pem' }).toString())
  return privateKey
}

function readHead(path: string): ChainPoint | null {
  if (!existsSync(path)) return null
  return headFile.parse(JSON.parse(readFileSync(path, 'utf8')))
}

function writeWhole(path: string, text: string): void {
  const temporary = `${path}.${process.pid}`
  writeFileSync(temporary, text, { mode: 0o600 })
  renameSync(temporary, path)
}
