/**
 * Logging in: a password becomes the secret of a login, which speaks like a token and ends by itself. Tries are
 * counted before they are made, and only few are worked on at a time, because each costs memory and a thread.
 */
import { unreachable } from '@fornax/kernel/assert'
import { LoginThrottle, type LoginAttempt } from './login-throttle.ts'
import { hashPassword, isPassword } from './password-hash.ts'
import type { TenantDirectory } from './tenant-directory.ts'
import { hashOf, newSecret } from './tenant-directory.ts'
import type { User, Viewer } from './tenant.ts'
import type { UserDirectory } from './user-directory.ts'

export type LoginPorts = {
  readonly tenants: TenantDirectory
  readonly users: UserDirectory
  readonly nowMs: () => number
}

export type Login = {
  /** Speaks for the user, as the secret of a token does. */
  readonly secret: string
  readonly expiresAtMs: number
  readonly viewer: Viewer
}

export type LogInResult =
  | { readonly kind: 'loggedIn'; readonly login: Login }
  /** Whatever was wrong: nobody learns whether there is such a tenant or user. */
  | { readonly kind: 'refused' }
  | { readonly kind: 'tooMany'; readonly retryAfterMs: number }

export type SetPasswordResult = LogInResult | { readonly kind: 'weak'; readonly message: string }

/** A working day, unless it is ended sooner. */
export const LOGIN_MS = 12 * 60 * 60 * 1000
/** Of one user, or of one whom an issuer vouches for; who logs in once more ends the oldest. */
const LOGINS_MAX = 20
/** NIST SP 800-63B: length is what counts; nothing else is asked for. */
export const PASSWORD_CHARACTERS_MIN = 10
const PASSWORD_CHARACTERS_MAX = 256
/** Hashes at a time: each takes 32 MiB and one of the four threads that files need as well. */
const HASHES_AT_ONCE = 2
const HASHES_WAITING_MAX = 32
const BUSY_RETRY_MS = 2_000

export class LoginDesk {
  readonly #ports: LoginPorts
  readonly #throttle = new LoginThrottle()
  #hashing = 0
  readonly #waiting: (() => void)[] = []

  constructor(ports: LoginPorts) {
    this.#ports = ports
  }

  async logIn(attempt: LoginAttempt, password: string): Promise<LogInResult> {
    const { tenants, users, nowMs } = this.#ports
    const retryAfterMs = this.#book(attempt)
    if (retryAfterMs > 0) return { kind: 'tooMany', retryAfterMs }
    const tenant = tenants.tenantNamed(attempt.tenant)
    const user = tenant === null ? null : users.userNamed(tenant.id, attempt.user)
    const isRight = await this.#hash(() => isPassword(password, user?.passwordHash ?? null))
    // The user as they are now: the password may have been taken away meanwhile.
    const now = user === null ? null : users.user(user.id)
    if (!isRight || now === null || now.passwordHash !== user?.passwordHash) return { kind: 'refused' }
    this.#throttle.succeeded(attempt, nowMs())
    return this.#open(now)
  }

  /** Sets the first password, or another one, by an invitation; it is good once. */
  async register(invitation: string, password: string, address: string): Promise<SetPasswordResult> {
    const weak = passwordProblem(password)
    if (weak !== null) return { kind: 'weak', message: weak }
    const attempt = { tenant: '', user: hashOf(invitation), address } // Who guesses keeps nobody else out.
    const retryAfterMs = this.#book(attempt)
    if (retryAfterMs > 0) return { kind: 'tooMany', retryAfterMs }
    const { users, nowMs } = this.#ports
    const invited = users.invitedBy(invitation)
    if (invited === null) return { kind: 'refused' }
    const passwordHash = await this.#hash(() => hashPassword(password))
    const isMeant = (): boolean => users.invitedBy(invitation)?.id === invited.id
    const user = await users.change(invited.id, { passwordHash, invitation: null }, isMeant)
    if (user === null) return { kind: 'refused' } // Somebody was faster.
    this.#throttle.succeeded(attempt, nowMs())
    return this.#open(user)
  }

  /** Another password for whoever knows the one before; all their other logins end. */
  async changePassword(
    viewer: Viewer,
    { from, to, address }: { readonly from: string; readonly to: string; readonly address: string },
  ): Promise<SetPasswordResult> {
    const { tenants, users } = this.#ports
    const user = users.user(tenants.token(viewer.tokenId)?.userId ?? '')
    if (user === null) return { kind: 'refused' }
    const weak = passwordProblem(to)
    if (weak !== null) return { kind: 'weak', message: weak }
    const tenant = tenants.tenant(user.tenantId)?.name ?? ''
    const tried = await this.logIn({ tenant, user: user.name, address }, from)
    switch (tried.kind) {
      case 'tooMany':
      case 'refused':
        return tried
      case 'loggedIn': {
        const passwordHash = await this.#hash(() => hashPassword(to))
        const isMeant = (now: User): boolean => now.passwordHash === user.passwordHash
        const changed = await users.change(user.id, { passwordHash, invitation: null }, isMeant)
        const { tokenId } = tried.login.viewer
        if (changed === null) {
          await tenants.revokeToken(tokenId) // The password that it was given for was taken away meanwhile.
          return { kind: 'refused' }
        }
        await this.endLogins(user.id, tokenId)
        return tried
      }
      default:
        return unreachable(tried)
    }
  }

  /**
   * A login for whom an issuer vouches now. What the issuer says later is heard at the next login. Their logins are
   * counted by whom the issuer's token speaks for, which is never the id of a user of ours.
   */
  openFor({ role, tenantId, name, tokenId }: Viewer): Promise<Login> {
    return this.#login({ name: name ?? tokenId, role, tenantId, userId: tokenId })
  }

  /** Ends the login that speaks; false when it is none. */
  async logOut(viewer: Viewer): Promise<boolean> {
    const { tenants } = this.#ports
    if (tenants.token(viewer.tokenId)?.purpose !== 'login') return false
    await tenants.revokeToken(viewer.tokenId)
    return true
  }

  /** Ends the logins of a user, but for the one named. */
  async endLogins(userId: string, butTokenId: string | null = null): Promise<void> {
    const { tenants } = this.#ports
    const ending = [...tenants.logins(userId)].filter(({ id }) => id !== butTokenId)
    for (const { id } of ending) await tenants.revokeToken(id)
  }

  #book(attempt: LoginAttempt): number {
    const nowMs = this.#ports.nowMs()
    if (this.#waiting.length >= HASHES_WAITING_MAX) return BUSY_RETRY_MS
    const waitMs = this.#throttle.waitMs(attempt, nowMs)
    if (waitMs === 0) this.#throttle.book(attempt, nowMs)
    return waitMs
  }

  async #open(user: User): Promise<LogInResult> {
    const { tenants, users, nowMs } = this.#ports
    const { name, role, tenantId, id: userId, passwordHash } = user
    const login = await this.#login({ name, role, tenantId, userId })
    // Whoever changed the user while the login was being stored ended all logins that there were, and not this one.
    const now = users.user(userId)
    if (now === null || now.role !== role || now.passwordHash !== passwordHash) {
      await tenants.revokeToken(login.viewer.tokenId)
      return { kind: 'refused' }
    }
    await users.change(userId, { lastLoginAtMs: nowMs() })
    return { kind: 'loggedIn', login }
  }

  async #login(of: Pick<User, 'name' | 'role' | 'tenantId'> & { readonly userId: string }): Promise<Login> {
    const { tenants, nowMs } = this.#ports
    const expiresAtMs = nowMs() + LOGIN_MS
    const { token, secret } = await tenants.addToken({ ...of, expiresAtMs, purpose: 'login' }, newSecret('fxl'))
    // After it is added: so many at once are not more, either.
    for (const { id } of [...tenants.logins(of.userId)].slice(0, -LOGINS_MAX)) await tenants.revokeToken(id)
    const { name, role, tenantId } = of
    return { secret, expiresAtMs, viewer: { tokenId: token.id, tenantId, role, name, expiresAtMs } }
  }

  /** Work on a password, when it is its turn. */
  async #hash<T>(work: () => Promise<T>): Promise<T> {
    if (this.#hashing >= HASHES_AT_ONCE) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    else this.#hashing += 1
    try {
      return await work()
    } finally {
      const next = this.#waiting.shift() // Takes over the place of the one that ends.
      if (next === undefined) this.#hashing -= 1
      else next()
    }
  }
}

function passwordProblem(password: string): string | null {
  const characters = password.length
  if (characters >= PASSWORD_CHARACTERS_MIN && characters <= PASSWORD_CHARACTERS_MAX) return null
  return `a password must have ${PASSWORD_CHARACTERS_MIN} to ${PASSWORD_CHARACTERS_MAX} characters`
}
