/** Who may ask, put together: tenants, tokens, users, logins and issuers, with what is kept of them. */
import type { Log } from '@fornax/kernel/log'
import type { CoreConfig } from './config.ts'
import type { CoreRooms } from './core-rooms.ts'
import type { Logins, TenantDirectory } from './graphql/tenants-port.ts'
import { IssuerDirectory } from './issuers/issuer-directory.ts'
import { LoginDesk } from './tenants/login-desk.ts'
import { TenantDeletionKeeper, type TenantDeletionPorts } from './tenants/tenant-deletion-keeper.ts'
import { isVouchedFor } from './tenants/tenant.ts'
import { TokenKeeper } from './tenants/token-keeper.ts'
import { deleteApplicationOf, tenantsPort } from './use-cases.ts'

/**
 * Writes when tokens are used, and takes tenants away that were asked to go, as long as the core runs. `tenantGone`:
 * nothing of the tenant is left in the fleet.
 */
export function accessKept(rooms: CoreRooms, log: Log, tenantGone: (tenantId: string) => void): AsyncDisposable {
  const stack = new AsyncDisposableStack()
  stack.use(new TokenKeeper({ clock: rooms.clock, log, tenants: rooms.tenants }))
  stack.use(new TenantDeletionKeeper(deletionPorts(rooms, log, tenantGone)))
  return stack
}

/** The issuers of the settings. */
export function issuersOf({ clock, tenants }: CoreRooms, config: CoreConfig, log: Log): IssuerDirectory {
  const { issuers = [], issuerKeyCooldownMs: keyCooldownMs } = config
  return new IssuerDirectory({ clock, log, tenants, issuers, ...(keyCooldownMs !== undefined && { keyCooldownMs }) })
}

/** Tokens of our own are known at once; those of issuers are looked into. */
export function tenantsWith(rooms: CoreRooms, issuers: IssuerDirectory): TenantDirectory {
  return {
    ...tenantsPort(rooms),
    authenticate: (secret) =>
      issuers.mayBeToken(secret) ? issuers.authenticate(secret) : rooms.tenants.authenticate(secret),
  }
}

function deletionPorts(rooms: CoreRooms, log: Log, tenantGone: (tenantId: string) => void): TenantDeletionPorts {
  const { clock, tenants, users, fleet, reader, store, secrets } = rooms
  return {
    clock,
    log,
    tenants,
    users,
    fleet: {
      applicationsOf: (tenantId) => reader.applicationsOf(tenantId),
      isEmptyOf: (tenantId) => reader.isEmptyOf(tenantId),
      forgetTenant: (tenantId) => {
        fleet.forgetTenant(tenantId)
        tenantGone(tenantId)
      },
    },
    deleteApplication: (tenant, name) => deleteApplicationOf(rooms, tenant, name),
    removeRows: (tenantId) => store.removeTenant(tenantId),
    forgetTenant: (tenantId) => secrets.forgetTenant(tenantId),
  }
}

/** Logging in with a password, or with what an issuer said. */
export function logins({ tenants, users, clock }: CoreRooms): Logins {
  const desk = new LoginDesk({ tenants, users, nowMs: () => clock.nowMs() })
  return {
    logIn: (attempt, password) => desk.logIn(attempt, password),
    register: (invitation, password, address) => desk.register(invitation, password, address),
    changePassword: (viewer, command) => desk.changePassword(viewer, command),
    exchange: async (viewer) => (isVouchedFor(viewer) ? desk.openFor(viewer) : null),
    logOut: (viewer) => desk.logOut(viewer),
  }
}
