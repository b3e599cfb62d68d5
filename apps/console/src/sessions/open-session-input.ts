/** What a person typed, as what the API takes. Pure. */
import type { OpenSessionInput } from '../graphql/generated/documents.ts'
import type { ActionOutcome } from '../ui/action.ts'

/** The form as it was typed. */
export type TypedOpenSession = {
  readonly application: string
  readonly data: string
  readonly env: string
  readonly openTimeoutSeconds: string
}

export type OpenSessionRequest =
  | { readonly kind: 'input'; readonly input: OpenSessionInput }
  | Extract<ActionOutcome, { kind: 'failed' }>

/** The input, or what is wrong with the form. The API checks everything else. */
export function toOpenSessionInput(form: TypedOpenSession): OpenSessionRequest {
  if (form.application === '') return { kind: 'failed', field: 'application', message: 'Choose an application.' }
  const seconds = Number(form.openTimeoutSeconds)
  if (!Number.isFinite(seconds) || seconds <= 0)
    return { kind: 'failed', field: 'openTimeoutMs', message: 'Give a number of seconds above 0.' }
  const env = parseEnv(form.env)
  if (env === null) return { kind: 'failed', field: 'env', message: 'Write one NAME=value per line.' }
  const input = {
    application: form.application,
    openTimeoutMs: Math.round(seconds * 1_000),
    wait: 'NONE',
    ...(form.data === '' ? {} : { data: toBase64(form.data) }),
    ...(env.length === 0 ? {} : { env }),
  } as const
  return { kind: 'input', input }
}

/** Null when a line is not an assignment. */
function parseEnv(text: string): { name: string; value: string }[] | null {
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  const variables = lines.map((line) => /^\s*([A-Za-z_][A-Za-z0-9_]*)=(.*)$/.exec(line))
  if (variables.includes(null)) return null
  return variables.map((match) => ({ name: match?.[1] ?? '', value: match?.[2] ?? '' }))
}

function toBase64(text: string): string {
  const bytes = new TextEncoder().encode(text)
  return btoa(Array.from(bytes, (byte) => String.fromCodePoint(byte)).join(''))
}
