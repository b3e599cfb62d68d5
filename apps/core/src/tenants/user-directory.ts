/** People who log in with a password, in memory. Passwords and invitations are kept as hashes only. */
import { newId } from '@fornax/kernel/ids'
import { inTurn } from '@fornax/kernel/in-turn'
import { hashOf, newSecret } from './tenant-directory.ts'
import type { Role, User } from './tenant.ts'

export type UserStore = {
  addUser(user: User): Promise<void>
  /** Writes what can change of a user; one that is gone stays gone. */
  saveUser(user: User): Promise<void>
  removeUser(id: string): Promise<void>
}

export type Invited = { readonly user: User; readonly secret: string }

/** How long an invitation waits to be taken. */
export const INVITATION_MS = 7 * 24 * 60 * 60 * 1000

export class UserDirectory {
  readonly #store: UserStore
  readonly #nowMs: () => number
  /** A row is written whole: whoever writes one begins with what the one before has made of it. */
  readonly #inTurn = inTurn()
  readonly #users = new Map<string, User>()
  readonly #byName = new Map<string, string>()
  readonly #byInvitation = new Map<string, string>()

  constructor(options: { store: UserStore; nowMs: () => number; users: readonly User[] }) {
    this.#store = options.store
    this.#nowMs = options.nowMs
    for (const user of options.users) this.#keep(user)
  }

  user(id: string): User | null {
    return this.#users.get(id) ?? null
  }

  userNamed(tenantId: string, name: string): User | null {
    return this.user(this.#byName.get(nameKey(tenantId, name)) ?? '')
  }

  all(): Iterable<User> {
    return this.#users.values()
  }

  /** Whose invitation it is; null when nobody's, or not any more. */
  invitedBy(secret: string): User | null {
    const user = this.user(this.#byInvitation.get(hashOf(secret)) ?? '')
    const endsAtMs = user?.invitation?.expiresAtMs ?? 0
    return endsAtMs > this.#nowMs() ? user : null
  }

  /** Adds a user who may set a password by the secret; null when the tenant has one of that name. */
  async invite({ tenantId, name, role }: { tenantId: string; name: string; role: Role }): Promise<Invited | null> {
    if (this.userNamed(tenantId, name) !== null) return null
    const { secret, invitation } = this.#newInvitation()
    const told = { passwordHash: null, invitation, lastLoginAtMs: null }
    const user: User = { id: newId('usr'), tenantId, name, role, createdAtMs: this.#nowMs(), ...told }
    this.#keep(user) // Booked before the first wait, so that a name is given once.
    try {
      await this.#inTurn(() => this.#add(user))
    } catch (cause) {
      this.#drop(user)
      throw new Error(`user ${name} could not be stored`, { cause })
    }
    return { user, secret }
  }

  /** Takes the password away, and gives another invitation; null when there is no such user. */
  async inviteAgain(id: string): Promise<Invited | null> {
    const { secret, invitation } = this.#newInvitation()
    const user = await this.change(id, { passwordHash: null, invitation })
    return user === null ? null : { user, secret }
  }

  /**
   * Changes a user once that is stored; null when there is none of that id, or they are not any more what the change
   * is meant for, once all that was asked for before is done.
   */
  change(
    id: string,
    change: Partial<Pick<User, Changeable>>,
    isMeant: (before: User) => boolean = () => true,
  ): Promise<User | null> {
    return this.#inTurn(async () => {
      const before = this.#users.get(id)
      if (before === undefined || !isMeant(before)) return null
      const changed = { ...before, ...change }
      await this.#store.saveUser(changed)
      if (!this.#users.has(id)) return null // Gone with their tenant meanwhile.
      this.#drop(before)
      this.#keep(changed)
      return changed
    })
  }

  remove(id: string): Promise<User | null> {
    return this.#inTurn(async () => {
      const user = this.#users.get(id)
      if (user === undefined) return null
      await this.#store.removeUser(id)
      this.#drop(user)
      return user
    })
  }

  /** Their rows are gone with those of their tenant. */
  forgetTenant(tenantId: string): void {
    for (const user of this.#users.values()) if (user.tenantId === tenantId) this.#drop(user)
  }

  async #add(user: User): Promise<void> {
    try {
      await this.#store.addUser(user)
    } catch (cause) {
      this.#drop(user) // Before the next turn, which would write them all the same.
      throw cause
    }
  }

  #newInvitation(): { secret: string; invitation: NonNullable<User['invitation']> } {
    const secret = newSecret('fxi')
    return { secret, invitation: { secretHash: hashOf(secret), expiresAtMs: this.#nowMs() + INVITATION_MS } }
  }

  #keep(user: User): void {
    this.#users.set(user.id, user)
    this.#byName.set(nameKey(user.tenantId, user.name), user.id)
    if (user.invitation !== null) this.#byInvitation.set(user.invitation.secretHash, user.id)
  }

  #drop(user: User): void {
    if (!this.#users.delete(user.id)) return
    this.#byName.delete(nameKey(user.tenantId, user.name))
    if (user.invitation !== null) this.#byInvitation.delete(user.invitation.secretHash)
  }
}

type Changeable = 'role' | 'passwordHash' | 'invitation' | 'lastLoginAtMs'

function nameKey(tenantId: string, name: string): string {
  return `${tenantId}/${name}`
}
