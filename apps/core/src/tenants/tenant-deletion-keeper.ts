/**
 * Takes tenants away that were asked to go: their applications, which close their sessions and end their pods; and
 * when nothing of them is left in the fleet, their rows. It begins anew wherever a core before this one stopped.
 */
import type { Cancel, Clock } from '@fornax/kernel/clock'
import type { Log } from '@fornax/kernel/log'
import type { TenantDirectory } from './tenant-directory.ts'
import type { Tenant } from './tenant.ts'
import type { UserDirectory } from './user-directory.ts'

export type TenantDeletionPorts = {
  readonly clock: Clock
  readonly log: Log
  readonly tenants: TenantDirectory
  readonly users: UserDirectory
  readonly fleet: {
    applicationsOf(tenantId: string): readonly string[]
    /** Whether nothing of it runs, and all that ended is written down. */
    isEmptyOf(tenantId: string): boolean
    forgetTenant(tenantId: string): void
  }
  /** Rejects when the database cannot; it is tried again. */
  readonly deleteApplication: (tenant: Tenant, name: string) => Promise<void>
  /** Whoever else keeps something of tenants in memory. */
  readonly forgetTenant: (tenantId: string) => void
  /** Removes every row of the tenant but those of the audit. */
  readonly removeRows: (tenantId: string) => Promise<void>
}

/** How often a tenant is looked at whose pods are ending. */
const LOOK_MS = 250

export class TenantDeletionKeeper implements Disposable {
  readonly #ports: TenantDeletionPorts
  #cancel: Cancel
  readonly #unfollow: Cancel
  #isBusy = false

  constructor(ports: TenantDeletionPorts) {
    this.#ports = ports
    this.#cancel = ports.clock.schedule(0, () => void this.#look())
    this.#unfollow = ports.tenants.onDeletion(() => void this.#look())
  }

  [Symbol.dispose](): void {
    this.#unfollow()
    this.#cancel()
    this.#isBusy = true // Whoever looks now finishes, and looks no more.
  }

  async #look(): Promise<void> {
    if (this.#isBusy) return
    this.#isBusy = true
    this.#cancel()
    const { clock, log, tenants } = this.#ports
    const leaving = [...tenants.all()].filter(({ deletedAtMs }) => deletedAtMs !== null)
    for (const tenant of leaving) {
      await this.#takeAway(tenant).catch((cause: unknown) =>
        log.error({ err: cause, tenant: tenant.name }, 'a tenant could not be taken away yet; trying again'),
      )
    }
    this.#isBusy = false
    if (leaving.length > 0) this.#cancel = clock.schedule(LOOK_MS, () => void this.#look())
  }

  async #takeAway(tenant: Tenant): Promise<void> {
    const { log, tenants, users, fleet, deleteApplication, removeRows, forgetTenant } = this.#ports
    for (const name of fleet.applicationsOf(tenant.id)) await deleteApplication(tenant, name)
    if (!fleet.isEmptyOf(tenant.id)) return
    await removeRows(tenant.id)
    fleet.forgetTenant(tenant.id)
    forgetTenant(tenant.id)
    users.forgetTenant(tenant.id)
    tenants.forgetTenant(tenant.id)
    log.info({ tenant: tenant.name }, 'a tenant is gone, with everything in it')
  }
}
