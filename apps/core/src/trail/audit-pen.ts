/** The key by which a core signs its audit trail, and the head of it, in files that only their owner reads. */
import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify, type KeyObject } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Log } from '@fornax/kernel/log'
import { z } from 'zod'
import type { ChainPoint } from './audit-record.ts'
import type { AuditPen } from './audit-trail.ts'

const headFile = z.object({ number: z.number(), hash: z.string() })

/** Throws when the key is there and cannot be used: without it, what is there could not be told from a forgery. */
export function openAuditPen(dataDir: string, log: Log): AuditPen & { readonly publicKey: string } {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const key = ownKey(join(dataDir, 'audit-key.pem'))
  const publicKey = createPublicKey(key)
  const headPath = join(dataDir, 'audit-head.json')
  let head = readHead(headPath, log)
  return {
    publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    get head() {
      return head
    },
    sign: (text) => sign(null, Buffer.from(text), key).toString('base64'),
    isSigned: (text, signature) => verify(null, Buffer.from(text), publicKey, Buffer.from(signature, 'base64')),
    noteHead: async ({ number, hash }) => {
      head = { number, hash }
      await replaceFile(headPath, `${JSON.stringify(head)}\n`)
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

/** A head that makes no sense counts as none, as if somebody had removed it: the core starts, and its log says so. */
function readHead(path: string, log: Log): ChainPoint | null {
  if (!existsSync(path)) return null
  try {
    return headFile.parse(JSON.parse(readFileSync(path, 'utf8')))
  } catch (error) {
    log.error(
      { err: error, path },
      'the head of the audit trail cannot be read: records missing at the end are not seen',
    )
    return null
  }
}

/** As `writeWhole`, beside whatever else the core does: a busy disk takes a tenth of a second for it. */
async function replaceFile(path: string, text: string): Promise<void> {
  const temporary = `${path}.${process.pid}`
  await writeFile(temporary, text, { mode: 0o600, flush: true })
  await rename(temporary, path)
}

/** The text is on the disk before it gets its name: after a power cut there is the old one or the new one. */
function writeWhole(path: string, text: string): void {
  const temporary = `${path}.${process.pid}`
  writeFileSync(temporary, text, { mode: 0o600, flush: true })
  renameSync(temporary, path)
}
