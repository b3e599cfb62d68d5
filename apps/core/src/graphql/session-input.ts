/** From `OpenSessionInput` to the command, or to the first field that cannot be accepted. */
import { createHash } from 'node:crypto'
import type { InputProblem } from '../applications/input-problem.ts'
import type { SessionRequest } from '../sessions/session.ts'
import type { OpenSession } from './core-port.ts'
import type { OpenSessionInput } from './generated/resolver-types.ts'

const OPEN_TIMEOUT_MS_MAX = 120_000
const DAY_MS = 24 * 60 * 60 * 1000
const DATA_BYTES_MAX = 64 * 1024
const ENTRIES_MAX = 64
const LABEL_CHARACTERS_MAX = 256
const ENV_BYTES_MAX = 64 * 1024
const KEY_CHARACTERS_MAX = 256
const ENV_NAME = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/
const LABEL_NAME = /^[A-Za-z0-9]([A-Za-z0-9._/-]{0,126}[A-Za-z0-9])?$/
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

export type OpenSessionCommand =
  | { readonly kind: 'command'; readonly command: OpenSession }
  | { readonly kind: 'invalid'; readonly problem: InputProblem }

export function toOpenSession(input: OpenSessionInput): OpenSessionCommand {
  const problem =
    between('openTimeoutMs', input.openTimeoutMs, 1, OPEN_TIMEOUT_MS_MAX) ??
    between('closeGraceMs', input.closeGraceMs, 0, DAY_MS) ??
    between('idleTimeoutMs', input.idleTimeoutMs, 1, Number.MAX_SAFE_INTEGER) ??
    between('maxLifetimeMs', input.maxLifetimeMs, 1, Number.MAX_SAFE_INTEGER) ??
    dataProblem(input.data) ??
    envProblem(input.env ?? []) ??
    labelsProblem(input.labels ?? []) ??
    keyProblem(input.idempotencyKey)
  if (problem !== null) return { kind: 'invalid', problem }
  const { application, wait, durability } = input
  return { kind: 'command', command: { application, request: toRequest(input), wait, durability } }
}

type Pair = { readonly name: string; readonly value: string }

function toRequest(input: OpenSessionInput): SessionRequest {
  const { idempotencyKey: key } = input
  return {
    openTimeoutMs: input.openTimeoutMs,
    closeGraceMs: input.closeGraceMs,
    killPodOnClose: input.killPodOnClose,
    idleTimeoutMs: input.idleTimeoutMs ?? null,
    maxLifetimeMs: input.maxLifetimeMs ?? null,
    data: input.data ? new Uint8Array(Buffer.from(input.data, 'base64')) : NO_DATA,
    env: toRecord(input.env ?? []),
    labels: toRecord(input.labels ?? []),
    idempotency: key === null || key === undefined ? null : { key, fingerprint: fingerprint(input) },
  }
}

const NO_DATA = new Uint8Array(0)

/** Of everything that makes the session what it is; not of the key, and not of how the caller waits. */
function fingerprint(input: OpenSessionInput): string {
  const { application, openTimeoutMs, closeGraceMs, killPodOnClose, data } = input
  const optional = [data || null, input.idleTimeoutMs ?? null, input.maxLifetimeMs ?? null]
  const pairs = [sorted(input.env ?? []), sorted(input.labels ?? [])]
  const parts = [application, openTimeoutMs, closeGraceMs, killPodOnClose, optional, pairs]
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url')
}

function sorted(pairs: readonly Pair[]): readonly (readonly [string, string])[] {
  return pairs.map(({ name, value }) => [name, value] as const).toSorted(([a], [b]) => (a < b ? -1 : 1))
}

function toRecord(pairs: readonly Pair[]): Readonly<Record<string, string>> {
  return pairs.length === 0 ? NO_PAIRS : Object.fromEntries(pairs.map(({ name, value }) => [name, value]))
}

const NO_PAIRS: Readonly<Record<string, string>> = {}

function between(field: string, value: number | null | undefined, least: number, most: number): InputProblem | null {
  if (value === null || value === undefined || (value >= least && value <= most)) return null
  const range = most === Number.MAX_SAFE_INTEGER ? `at least ${least}` : `${least} to ${most}`
  return { field, message: `${field} is ${value}; ${range} milliseconds are possible` }
}

function dataProblem(data: string | null | undefined): InputProblem | null {
  if (!data) return null
  // Its length alone says that it is too large: nothing of it is decoded.
  if (data.length > Math.ceil(DATA_BYTES_MAX / 3) * 4 || Buffer.byteLength(data, 'base64') > DATA_BYTES_MAX)
    return { field: 'data', message: `data is larger than ${DATA_BYTES_MAX} bytes (64 KiB)` }
  if (BASE64.test(data)) return null
  return { field: 'data', message: 'data is not base64: use A-Z a-z 0-9 + / in groups of four, padded with =' }
}

function envProblem(env: readonly Pair[]): InputProblem | null {
  const bytes = env.reduce((sum, { name, value }) => sum + name.length + Buffer.byteLength(value), 0)
  if (bytes > ENV_BYTES_MAX) return { field: 'env', message: `env is larger than ${ENV_BYTES_MAX} bytes` }
  return pairsProblem('env', env, ({ name, value }) => {
    if (!ENV_NAME.test(name))
      return ['name', `"${name.slice(0, 80)}" is not a variable's name: use letters, digits and _`]
    return value.includes('\0') ? ['value', `of ${name} holds a NUL character`] : null
  })
}

function labelsProblem(labels: readonly Pair[]): InputProblem | null {
  return pairsProblem('labels', labels, ({ name, value }) => {
    if (!LABEL_NAME.test(name))
      return ['name', `"${name.slice(0, 80)}" is not a label's name: use 1 to 128 letters, digits and . _ / -`]
    return value.length > LABEL_CHARACTERS_MAX ? ['value', `of ${name} is longer than ${LABEL_CHARACTERS_MAX}`] : null
  })
}

function pairsProblem(
  field: string,
  pairs: readonly Pair[],
  problemOf: (pair: Pair) => readonly [part: 'name' | 'value', what: string] | null,
): InputProblem | null {
  if (pairs.length === 0) return null
  if (pairs.length > ENTRIES_MAX) return { field, message: `${field} has more than ${ENTRIES_MAX} entries` }
  const names = new Set<string>()
  for (const [index, pair] of pairs.entries()) {
    const [part, what] = problemOf(pair) ?? (names.has(pair.name) ? ['name', `"${pair.name}" stands twice`] : [])
    if (part !== undefined) return { field: `${field}[${index}].${part}`, message: `${field} ${part} ${what}` }
    names.add(pair.name)
  }
  return null
}

function keyProblem(key: string | null | undefined): InputProblem | null {
  if (key === null || key === undefined || (key.length > 0 && key.length <= KEY_CHARACTERS_MAX)) return null
  return { field: 'idempotencyKey', message: `idempotencyKey must have 1 to ${KEY_CHARACTERS_MAX} characters` }
}
