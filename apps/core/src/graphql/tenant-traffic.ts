/**
 * What one tenant may ask for: so many requests a second, and so many operations at a time. Each tenant has a bucket
 * that holds two seconds' worth; the operator and gateways, who serve all tenants, have none.
 */
import type { Cancel } from '@fornax/kernel/clock'
import { seesAllTenants } from '../tenants/access-rules.ts'
import type { Viewer } from '../tenants/tenant.ts'

export type TrafficLimits = {
  /** Null: any number. */
  readonly requestsPerSecond: number | null
  readonly operationsMax: number
  readonly socketsMax: number
}

export const DEFAULT_TRAFFIC: TrafficLimits = { requestsPerSecond: 5_000, operationsMax: 10_000, socketsMax: 5_000 }

type Asking = Pick<Viewer, 'role' | 'tenantId'>
type Tenant = { tokens: number; atMs: number; operations: number; sockets: number }

const BURST_SECONDS = 2

export class TenantTraffic {
  readonly #limits: TrafficLimits
  readonly #nowMs: () => number
  /** Those that ask now; who asks for nothing and has a full bucket is not kept. */
  readonly #tenants = new Map<string, Tenant>()

  constructor(limits: TrafficLimits, nowMs: () => number) {
    this.#limits = limits
    this.#nowMs = nowMs
  }

  /** Counts a request. 0: it may go on; else how long to wait before the next try. */
  waitMs(viewer: Asking): number {
    const { requestsPerSecond } = this.#limits
    if (requestsPerSecond === null || seesAllTenants(viewer.role)) return 0
    const tenant = this.#tenant(viewer.tenantId, requestsPerSecond)
    if (tenant.tokens < 1) return Math.ceil(((1 - tenant.tokens) * 1_000) / requestsPerSecond)
    tenant.tokens -= 1
    return 0
  }

  /** Counts an operation until the result is called; null: there are too many. */
  enter(viewer: Asking): Cancel | null {
    return this.#count(viewer, 'operations', this.#limits.operationsMax)
  }

  /** Counts a socket until the result is called; null: there are too many. */
  connect(viewer: Asking): Cancel | null {
    return this.#count(viewer, 'sockets', this.#limits.socketsMax)
  }

  #count(viewer: Asking, what: 'operations' | 'sockets', max: number): Cancel | null {
    if (seesAllTenants(viewer.role)) return () => undefined
    const tenant = this.#tenant(viewer.tenantId, this.#limits.requestsPerSecond ?? 1)
    if (tenant[what] >= max) return null
    tenant[what] += 1
    let isOver = false
    return () => {
      if (isOver) return
      isOver = true
      tenant[what] -= 1
      this.#forgetIfIdle(viewer.tenantId, tenant)
    }
  }

  #tenant(id: string, perSecond: number): Tenant {
    const nowMs = this.#nowMs()
    const size = perSecond * BURST_SECONDS
    const known = this.#tenants.get(id)
    if (known === undefined) {
      const tenant = { tokens: size, atMs: nowMs, operations: 0, sockets: 0 }
      this.#tenants.set(id, tenant)
      return tenant
    }
    const gained = (Math.max(0, nowMs - known.atMs) * perSecond) / 1_000
    known.tokens = Math.min(size, known.tokens + gained)
    known.atMs = Math.max(nowMs, known.atMs)
    return known
  }

  /** A tenant is as good as new when its bucket has filled again; that is looked at when it lets go of something. */
  #forgetIfIdle(id: string, tenant: Tenant): void {
    const size = (this.#limits.requestsPerSecond ?? 1) * BURST_SECONDS
    if (tenant.operations === 0 && tenant.sockets === 0 && tenant.tokens >= size) this.#tenants.delete(id)
  }
}
