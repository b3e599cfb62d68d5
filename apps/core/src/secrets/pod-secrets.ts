/** What of a tenant's secrets the pods of a version get: opened, and only for the node that makes the pod. */
import type { Provision } from '../applications/provision.ts'
import { credentialsIn, type RegistryCredentials } from './registry-credentials.ts'
import type { OpenSecretResult } from './secret-directory.ts'

/** The values for one pod. It must never be logged, kept or compared. */
export type PodSecrets = {
  readonly env: Readonly<Record<string, string>>
  readonly files: readonly { readonly path: string; readonly content: Uint8Array }[]
  readonly credentials: readonly RegistryCredentials[]
  /** Why the pod cannot be made, without any value; empty: it can. */
  readonly problem: string
}

/** Null: the version asks for none. */
export function podSecretsOf(
  provision: Provision | undefined,
  open: (name: string) => OpenSecretResult,
): PodSecrets | null {
  if (provision === undefined || provision.secrets.length + provision.imagePullSecrets.length === 0) return null
  const env: Record<string, string> = {}
  const files: PodSecrets['files'][number][] = []
  for (const { secret, as } of provision.secrets) {
    const opened = open(secret)
    if (opened.kind !== 'value') return failed(problemOf(secret, opened.kind))
    if (as.kind === 'file') files.push({ path: as.path, content: opened.value })
    else {
      const text = textOf(opened.value)
      if (text === null) return failed(`the secret ${secret} is no text, and cannot be the variable ${as.name}`)
      env[as.name] = text
    }
  }
  const pulls = pullCredentials(provision, open)
  return pulls.kind === 'problem' ? failed(pulls.problem) : { env, files, credentials: pulls.value, problem: '' }
}

type Credentials =
  | { readonly kind: 'value'; readonly value: readonly RegistryCredentials[] }
  | { readonly kind: 'problem'; readonly problem: string }

/** What a node needs to pull the image of a version. */
export function pullCredentials(
  { imagePullSecrets }: Pick<Provision, 'imagePullSecrets'>,
  open: (name: string) => OpenSecretResult,
): Credentials {
  const value: RegistryCredentials[] = []
  for (const name of imagePullSecrets) {
    const opened = open(name)
    if (opened.kind !== 'value') return { kind: 'problem', problem: problemOf(name, opened.kind) }
    const found = credentialsIn(opened.value)
    if (found === null)
      return {
        kind: 'problem',
        problem: `the secret ${name} holds no credentials of a registry, as Docker writes them`,
      }
    value.push(...found)
  }
  return { kind: 'value', value }
}

function problemOf(name: string, kind: 'missing' | 'unreadable'): string {
  if (kind === 'missing') return `there is no secret ${name}; create it, or publish a version without it`
  return `the secret ${name} was sealed with another key than this core has; restore the key, or write the secret anew`
}

function failed(problem: string): PodSecrets {
  return { env: {}, files: [], credentials: [], problem }
}

/** Null: not UTF-8, or with a NUL, which no variable can hold. */
function textOf(value: Uint8Array): string | null {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(value)
    return text.includes('\0') ? null : text
  } catch {
    return null
  }
}
