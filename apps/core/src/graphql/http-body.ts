/** Reads the body of a request: JSON, in UTF-8, of a bounded size. */
import { isUtf8 } from 'node:buffer'
import type { IncomingMessage } from 'node:http'
import { BODY_BYTES_MAX } from './limits.ts'

export type Body =
  | { readonly kind: 'json'; readonly value: unknown }
  | { readonly kind: 'refused'; readonly status: 400 | 413 | 415; readonly message: string }
  /** The client left before it had sent everything. */
  | { readonly kind: 'gone' }

export async function readJson(request: IncomingMessage): Promise<Body> {
  const wrongType = contentProblem(request)
  if (wrongType !== null) return { kind: 'refused', status: 415, message: wrongType }
  const read = await readBytes(request)
  if (read.kind !== 'bytes') return read
  if (!isUtf8(read.bytes)) return { kind: 'refused', status: 400, message: 'The body is not UTF-8.' }
  try {
    return { kind: 'json', value: JSON.parse(read.bytes.toString('utf8')) }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return { kind: 'refused', status: 400, message: `The body is not JSON: ${why}` }
  }
}

function contentProblem({ headers }: IncomingMessage): string | null {
  if (headers['content-type'] === 'application/json' && headers['content-encoding'] === undefined) return null
  const [type = '', ...parameters] = (headers['content-type'] ?? '').toLowerCase().split(';')
  if (type.trim() !== 'application/json')
    return 'The content type of a POST must be application/json: send {"query": "…", "variables": {…}}.'
  const charset = parameters.map((one) => one.trim()).find((one) => one.startsWith('charset='))
  if (charset !== undefined && !/^charset="?utf-?8"?$/.test(charset)) return 'The body must be UTF-8.'
  const encoding = headers['content-encoding'] ?? 'identity'
  return encoding === 'identity' ? null : `The content encoding ${encoding} is not supported; send the body as it is.`
}

type Read = { readonly kind: 'bytes'; readonly bytes: Buffer } | Exclude<Body, { readonly kind: 'json' }>

const TOO_LARGE = {
  kind: 'refused',
  status: 413,
  message: `The body is larger than ${BODY_BYTES_MAX} bytes; send less in one request.`,
} as const

function readBytes(request: IncomingMessage): Promise<Read> {
  if (Number(request.headers['content-length'] ?? 0) > BODY_BYTES_MAX) return Promise.resolve(TOO_LARGE)
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let bytes = 0
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes <= BODY_BYTES_MAX) chunks.push(chunk)
      else {
        request.pause()
        resolve(TOO_LARGE)
      }
    })
    request.once('end', () => resolve({ kind: 'bytes', bytes: whole(chunks) }))
    request.once('error', () => resolve({ kind: 'gone' }))
    request.once('close', () => resolve({ kind: 'gone' }))
  })
}

/** Hardly ever more than one. */
function whole(chunks: readonly Buffer[]): Buffer {
  const [only] = chunks
  return only !== undefined && chunks.length === 1 ? only : Buffer.concat(chunks)
}
