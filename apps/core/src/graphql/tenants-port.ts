/** What the edge needs from the core of who may ask: tenants, tokens, users and logins. Reads are in memory. */
import type { Cancel } from '@fornax/kernel/clock'
import type { InputProblem } from '../applications/input-problem.ts'
import type { Login, LogInResult, SetPasswordResult } from '../tenants/login-desk.ts'
import type { LoginAttempt } from '../tenants/login-throttle.ts'
import type { Quotas, TenantUsage } from '../tenants/quotas.ts'
import type { ApiToken, Role, Tenant, User, Viewer } from '../tenants/tenant.ts'

export type TenantDirectory = {
  tenant(id: string): Tenant | null
  tenantNamed(name: string): Tenant | null
  all(): Iterable<Tenant>
  /** Whose secret it is; null when nobody's. A promise where an issuer vouches for it. */
  authenticate(secret: string): Viewer | null | Promise<Viewer | null>
  tokens(): Iterable<ApiToken>
  /** A token of the API; null when there is none of that id. */
  token(id: string): ApiToken | null
  users(): Iterable<User>
  user(id: string): User | null
  /** What a tenant has at this moment, as quotas count it. */
  usage(tenantId: string): TenantUsage
  /** Calls back once, when what the viewer showed is revoked or their tenant is gone; expiry is the caller's to watch. */
  onEnded(viewer: Pick<Viewer, 'tokenId' | 'tenantId'>, act: () => void): Cancel

  createTenant(viewer: Viewer, command: { readonly name: string }): Promise<CreateTenantResult>
  setQuotas(viewer: Viewer, command: { readonly tenant: string; readonly quotas: Quotas }): Promise<SetQuotasResult>
  suspendTenant(
    viewer: Viewer,
    command: { readonly tenant: string; readonly closeSessions: boolean },
  ): Promise<EndTenantResult>
  resumeTenant(viewer: Viewer, tenant: string): Promise<WriteTenantResult>
  deleteTenant(viewer: Viewer, tenant: string): Promise<EndTenantResult>

  createToken(viewer: Viewer, command: CreateToken): Promise<CreateTokenResult>
  revokeToken(viewer: Viewer, tokenId: string): Promise<RevokeTokenResult>

  inviteUser(viewer: Viewer, command: InviteUser): Promise<InviteUserResult>
  changeUserRole(viewer: Viewer, command: { readonly id: string; readonly role: Role }): Promise<WriteUserResult>
  resetUserPassword(viewer: Viewer, id: string): Promise<InvitedAgainResult>
  removeUser(viewer: Viewer, id: string): Promise<WriteUserResult>
}

/** Logging in with a password, or with what an issuer said of somebody. */
export type Logins = {
  logIn(attempt: LoginAttempt, password: string): Promise<LogInResult>
  register(invitation: string, password: string, address: string): Promise<SetPasswordResult>
  changePassword(viewer: Viewer, command: ChangePassword): Promise<SetPasswordResult>
  /** A login for whom an issuer vouches; null when the viewer came with something else. */
  exchange(viewer: Viewer): Promise<Login | null>
  /** False when the viewer came with something that is no login. */
  logOut(viewer: Viewer): Promise<boolean>
}

export type ChangePassword = { readonly from: string; readonly to: string; readonly address: string }

export type CreateToken = {
  /** For people, to tell tokens apart. */
  readonly name: string
  readonly role: Role
  readonly tenantId: string
  /** Null: it never ends by itself. */
  readonly expiresAtMs: number | null
}

export type InviteUser = { readonly name: string; readonly role: Role; readonly tenantId: string }

type Invalid = { readonly kind: 'invalid' } & InputProblem
type Written = { readonly kind: 'written'; readonly tenant: Tenant }
type TenantNotFound = { readonly kind: 'tenantNotFound'; readonly tenant: string }

export type CreateTenantResult =
  | { readonly kind: 'created'; readonly tenant: Tenant }
  | { readonly kind: 'nameTaken'; readonly name: string }
  | Invalid

export type WriteTenantResult = Written | TenantNotFound
export type SetQuotasResult = WriteTenantResult | Invalid
/** `needed`: the first tenant and the caller's own stay. */
export type EndTenantResult = WriteTenantResult | { readonly kind: 'needed'; readonly tenant: string }

export type CreateTokenResult =
  | { readonly kind: 'created'; readonly token: ApiToken; readonly secret: string }
  | Invalid

export type RevokeTokenResult =
  | { readonly kind: 'revoked'; readonly token: ApiToken }
  | { readonly kind: 'tokenNotFound'; readonly id: string }

type UserNotFound = { readonly kind: 'userNotFound'; readonly id: string }

export type InviteUserResult =
  | { readonly kind: 'invited'; readonly user: User; readonly secret: string }
  | { readonly kind: 'nameTaken'; readonly name: string }
  | Invalid

export type InvitedAgainResult = Extract<InviteUserResult, { kind: 'invited' }> | UserNotFound
export type WriteUserResult = { readonly kind: 'written'; readonly user: User } | UserNotFound | Invalid
