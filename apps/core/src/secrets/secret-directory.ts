/**
 * The secrets of all tenants: sealed in memory as in the database, opened only for a pod that is about to be made.
 * Writes come one after another, so that a revision is judged against the latest.
 */
import { inTurn } from '@fornax/kernel/in-turn'
import { isDnsLabel } from '../applications/version-rules.ts'
import type { SecretSeal } from './secret-seal.ts'
import { SECRET_BYTES_MAX, SECRETS_PER_TENANT_MAX, type Secret, type SecretStore } from './secret.ts'

export type OpenSecretResult =
  | { readonly kind: 'value'; readonly value: Uint8Array }
  | { readonly kind: 'missing' }
  /** Sealed with another key than this core has. */
  | { readonly kind: 'unreadable' }

export type WriteSecretResult =
  | { readonly kind: 'written'; readonly secret: Secret }
  | { readonly kind: 'nameTaken'; readonly name: string }
  | { readonly kind: 'secretNotFound'; readonly name: string }
  | { readonly kind: 'conflict'; readonly currentRevision: number }
  | { readonly kind: 'inUse'; readonly name: string; readonly applications: readonly string[] }
  | { readonly kind: 'invalid'; readonly field: string; readonly message: string }

/** Which secret, and what is to become of it. */
export type SecretWrite = { readonly tenantId: string; readonly name: string; readonly value: Uint8Array }

/** Which secret, and the revision that the writer saw; null when the last write wins. */
export type SecretGuard = { readonly tenantId: string; readonly name: string; readonly revision: number | null }

export type SecretDirectoryOptions = {
  readonly store: SecretStore
  readonly seal: SecretSeal
  readonly nowMs: () => number
  readonly newId: (kind: 'sec') => string
  /** As the store has them. */
  readonly secrets: readonly Secret[]
}

export class SecretDirectory {
  readonly #options: SecretDirectoryOptions
  readonly #byName = new Map<string, Map<string, Secret>>()
  readonly #inTurn = inTurn()

  constructor(options: SecretDirectoryOptions) {
    this.#options = options
    for (const secret of options.secrets) this.#keep(secret)
  }

  /** By name. */
  ofTenant(tenantId: string): readonly Secret[] {
    return [...this.#of(tenantId).values()].toSorted((a, b) => (a.name < b.name ? -1 : 1))
  }

  named(tenantId: string, name: string): Secret | null {
    return this.#of(tenantId).get(name) ?? null
  }

  withId(id: string): Secret | null {
    for (const secrets of this.#byName.values())
      for (const secret of secrets.values()) if (secret.id === id) return secret
    return null
  }

  open(tenantId: string, name: string): OpenSecretResult {
    const secret = this.named(tenantId, name)
    if (secret === null) return { kind: 'missing' }
    const value = this.#options.seal.open(secret.sealed, secret)
    return value === null ? { kind: 'unreadable' } : { kind: 'value', value }
  }

  /** Its rows are gone with those of its tenant. */
  forgetTenant(tenantId: string): void {
    this.#byName.delete(tenantId)
  }

  /** How many this core has no key for. */
  unreadableCount(): number {
    let count = 0
    for (const secrets of this.#byName.values())
      for (const secret of secrets.values()) if (this.#options.seal.open(secret.sealed, secret) === null) count += 1
    return count
  }

  create({ tenantId, name, value }: SecretWrite): Promise<WriteSecretResult> {
    return this.#inTurn(async () => {
      const problem = nameProblem(name) ?? valueProblem(value)
      if (problem !== null) return problem
      if (this.named(tenantId, name) !== null) return { kind: 'nameTaken', name }
      if (this.#of(tenantId).size >= SECRETS_PER_TENANT_MAX)
        return invalid('name', `there are ${SECRETS_PER_TENANT_MAX} secrets already; delete one that nobody uses`)
      const { store, seal, nowMs, newId } = this.#options
      const id = newId('sec')
      const atMs = nowMs()
      const sealed = seal.seal(value, { tenantId, id })
      const secret = { id, tenantId, name, revision: 1, createdAtMs: atMs, updatedAtMs: atMs, sealed }
      await store.addSecret(secret)
      this.#keep(secret)
      return { kind: 'written', secret }
    })
  }

  /** Pods that are made from then on get the new value. */
  update(guard: SecretGuard, value: Uint8Array): Promise<WriteSecretResult> {
    return this.#inTurn(async () => {
      const before = this.#guarded(guard)
      if ('kind' in before) return before
      const problem = valueProblem(value)
      if (problem !== null) return problem
      const { store, seal, nowMs } = this.#options
      const sealed = seal.seal(value, before)
      const secret = { ...before, revision: before.revision + 1, updatedAtMs: nowMs(), sealed }
      await store.updateSecret(secret)
      this.#keep(secret)
      return { kind: 'written', secret }
    })
  }

  /** `usedBy`: the applications that would have no pods without it; asked when it is this write's turn. */
  remove(guard: SecretGuard, usedBy: () => readonly string[]): Promise<WriteSecretResult> {
    return this.#inTurn(async () => {
      const before = this.#guarded(guard)
      if ('kind' in before) return before
      const applications = usedBy()
      if (applications.length > 0) return { kind: 'inUse', name: guard.name, applications }
      await this.#options.store.removeSecret(before.id)
      this.#of(guard.tenantId).delete(guard.name)
      return { kind: 'written', secret: before }
    })
  }

  #guarded({ tenantId, name, revision }: SecretGuard): Secret | WriteSecretResult {
    const before = this.named(tenantId, name)
    if (before === null) return { kind: 'secretNotFound', name }
    if (revision !== null && revision !== before.revision) return { kind: 'conflict', currentRevision: before.revision }
    return before
  }

  #of(tenantId: string): ReadonlyMap<string, Secret> & { delete(name: string): boolean } {
    return this.#byName.get(tenantId) ?? new Map<string, Secret>()
  }

  #keep(secret: Secret): void {
    const known = this.#byName.get(secret.tenantId) ?? new Map<string, Secret>()
    this.#byName.set(secret.tenantId, known.set(secret.name, secret))
  }
}

function nameProblem(name: string): WriteSecretResult | null {
  if (isDnsLabel(name)) return null
  return invalid('name', 'name is not a DNS label: use 1 to 63 lower-case letters, digits and inner dashes')
}

/** Says nothing of the value but its size. */
function valueProblem(value: Uint8Array): WriteSecretResult | null {
  if (value.length === 0) return invalid('value', 'value is empty')
  if (value.length <= SECRET_BYTES_MAX) return null
  return invalid('value', `value has ${value.length} bytes; at most ${SECRET_BYTES_MAX} are possible`)
}

function invalid(field: string, message: string): WriteSecretResult {
  return { kind: 'invalid', field, message }
}
