/**
 * What each tenant has, counted as it changes, and what it may have. Whoever decides asks here and books in the same
 * turn, so that no quota is ever passed, however many ask at once. Without a quota an open costs two additions.
 */
import type { OpenRefusal } from '../sessions/open-session.ts'
import { fullBucket, nextTokenAtMs, refilled } from '../pools/token-bucket.ts'
import { NO_QUOTAS, type Quotas, type TenantUsage } from '../tenants/quotas.ts'
import type { ApplicationEntry, TenantAccount } from './application-entry.ts'

export type TenantTerms = { readonly quotas: Quotas; readonly isSuspended: boolean }

const NO_TERMS: TenantTerms = { quotas: NO_QUOTAS, isSuspended: false }

export class TenantBook {
  readonly #accounts = new Map<string, TenantAccount>()

  /** The account of a tenant, opened when it is asked for first. */
  account(tenantId: string): TenantAccount {
    const known = this.#accounts.get(tenantId)
    if (known !== undefined) return known
    const nothing = { sessions: 0, pods: 0, cpuMillis: 0, memoryBytes: 0 }
    const account = { ...NO_TERMS, ...nothing, opens: fullBucket(0, 0), short: new Set<ApplicationEntry>() }
    this.#accounts.set(tenantId, account)
    return account
  }

  /** Sets what a tenant may have from now on. What it has stays. */
  setTerms(tenantId: string, { quotas, isSuspended }: TenantTerms, nowMs: number): TenantAccount {
    const account = this.account(tenantId)
    const { opensPerSecond } = quotas
    if (opensPerSecond !== account.quotas.opensPerSecond) account.opens = fullBucket(opensPerSecond ?? 0, nowMs)
    account.quotas = quotas
    account.isSuspended = isSuspended
    return account
  }

  usage(tenantId: string): TenantUsage {
    const { sessions, pods, cpuMillis, memoryBytes } = this.account(tenantId)
    return { sessions, pods, cpuMillis, memoryBytes }
  }

  forget(tenantId: string): void {
    this.#accounts.delete(tenantId)
  }

  /** All accounts, for whoever checks them. */
  *all(): Iterable<readonly [tenantId: string, account: TenantAccount]> {
    yield* this.#accounts
  }
}

/** Why a tenant may not ask for another session now; null when it may, and then a token of its bucket is taken. */
export function refusalOf(account: TenantAccount, nowMs: () => number): OpenRefusal | null {
  const { quotas, isSuspended } = account
  if (isSuspended) return { kind: 'tenantSuspended' }
  if (quotas.sessions !== null && account.sessions >= quotas.sessions)
    return { kind: 'quotaExceeded', quota: 'sessions', limit: quotas.sessions, retryAfterMs: null }
  if (quotas.opensPerSecond === null) return null
  const atMs = nowMs()
  const opens = refilled(account.opens, quotas.opensPerSecond, atMs)
  const isEmpty = opens.tokens < 1
  account.opens = isEmpty ? opens : { ...opens, tokens: opens.tokens - 1 }
  if (!isEmpty) return null
  const retryAfterMs = Math.max(1, nextTokenAtMs(opens, quotas.opensPerSecond) - atMs)
  return { kind: 'quotaExceeded', quota: 'opensPerSecond', limit: quotas.opensPerSecond, retryAfterMs }
}
