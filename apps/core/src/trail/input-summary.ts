/** What of an input may be written down. Rule T6. */

/** Fields that may hold a secret, or anything else that a client chose to keep there. */
const SECRET_FIELDS: ReadonlySet<string> = new Set([
  'args',
  'code',
  'command',
  'data',
  'env',
  'files',
  'idempotencyKey',
  'newPassword',
  'oldPassword',
  'password',
  'registry',
  'secret',
  'secrets',
  'text',
  'token',
  'value',
])
const SECRET_NAME = /secret|password|token$|credential|private/i
const HIDDEN = '(hidden)'
const DEPTH_MAX = 6
const ITEMS_MAX = 20
const TEXT_MAX = 256

/** The input without what may be secret, and without an end to neither width nor depth. */
export function inputSummary(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return value.length > TEXT_MAX ? `${value.slice(0, TEXT_MAX)}…` : value
  if (typeof value !== 'object' || value === null) return value
  if (depth >= DEPTH_MAX) return HIDDEN
  if (Array.isArray(value)) return value.slice(0, ITEMS_MAX).map((item) => inputSummary(item, depth + 1))
  const entries = Object.entries(value).slice(0, ITEMS_MAX)
  return Object.fromEntries(
    entries.map(([name, item]) => [name, isSecret(name, item) ? HIDDEN : inputSummary(item, depth + 1)]),
  )
}

function isSecret(name: string, value: unknown): boolean {
  const isNothing = value === null || value === undefined
  return !isNothing && (SECRET_FIELDS.has(name) || SECRET_NAME.test(name))
}
