/** A store in memory whose writes can be held back, so that a test says what overlaps. */
import { MemoryStore } from '../../src/store/memory-store.ts'
import type { ApiToken, Tenant, User } from '../../src/tenants/tenant.ts'

type Held = 'addTenant' | 'saveTenant' | 'addToken' | 'addUser' | 'saveUser'

export class HeldStore extends MemoryStore {
  readonly #held = new Map<Held, { readonly reached: () => void; readonly go: Promise<void> }>()

  /** Holds the next write of that kind until it is let go. */
  hold(what: Held): { readonly reached: Promise<void>; readonly letGo: () => void } {
    const reached = Promise.withResolvers<void>()
    const go = Promise.withResolvers<void>()
    this.#held.set(what, { reached: reached.resolve, go: go.promise })
    return { reached: reached.promise, letGo: go.resolve }
  }

  override async addTenant(tenant: Tenant): Promise<void> {
    await this.#pass('addTenant')
    await super.addTenant(tenant)
  }

  override async saveTenant(tenant: Tenant): Promise<void> {
    await this.#pass('saveTenant')
    await super.saveTenant(tenant)
  }

  override async addToken(token: ApiToken): Promise<void> {
    await this.#pass('addToken')
    await super.addToken(token)
  }

  override async addUser(user: User): Promise<void> {
    await this.#pass('addUser')
    await super.addUser(user)
  }

  override async saveUser(user: User): Promise<void> {
    await this.#pass('saveUser')
    await super.saveUser(user)
  }

  async #pass(what: Held): Promise<void> {
    const held = this.#held.get(what)
    this.#held.delete(what)
    held?.reached()
    await held?.go
  }
}
