/** Commands about who may use the platform: tokens, users and tenants. */
import { Option, type Command } from 'commander'
import type { Role } from '@fornax/client/generated/documents'
import type { CreateTokenFlags } from '../commands/access.ts'
import type { DeleteTenantFlags, QuotaFlags, SuspendFlags } from '../commands/tenants.ts'
import type { InviteFlags, WhoseFlags } from '../commands/users.ts'
import type { Commands } from '../command-group.ts'
import { byteQuota, countQuota, longDuration, outputOption } from '../options.ts'
import type { Format } from '../output/structured.ts'

const PEOPLE: Readonly<Record<string, Role>> = {
  operator: 'OPERATOR',
  admin: 'ADMIN',
  developer: 'DEVELOPER',
  viewer: 'VIEWER',
}
const ROLES: Readonly<Record<string, Role>> = { ...PEOPLE, gateway: 'GATEWAY', ci: 'CI' }

export function accessCommands(commands: Commands): void {
  tokenCommands(commands)
  userCommands(commands)
  tenantCommands(commands)
}

type WithRole<Flags> = Omit<Flags, 'role'> & { readonly role: string }

function tokenCommands({ root, connected }: Commands): void {
  const token = root
    .command('token')
    .summary('Make, list and revoke tokens')
    .description('Makes, lists and revokes the tokens of the API.')
  token
    .command('create')
    .description('Makes a token and prints its secret, this once.')
    .argument('<name>', 'for people, to tell tokens apart')
    .addOption(roleOption(ROLES))
    .option('--tenant <name>', "whose it is (default: the caller's own tenant)")
    .addOption(new Option('--ends-after <duration>', 'when it ends by itself, as in 90d').argParser(longDuration))
    .addOption(outputOption(['json', 'yaml']))
    .action(async (name: string, flags: WithRole<CreateTokenFlags>) => {
      const { createToken } = await import('../commands/access.ts')
      await connected((context) => createToken(context, name, { ...flags, role: roleOf(flags) }))
    })
  listCommand(token, 'Lists the tokens that you may revoke.').action(async (flags: { readonly output?: Format }) => {
    const { listTokens } = await import('../commands/access.ts')
    await connected((context) => listTokens(context, flags.output ?? 'table'))
  })
  token
    .command('revoke')
    .description('Ends tokens at once.')
    .argument('<id...>', 'ids of tokens')
    .action(async (ids: readonly string[]) => {
      const { revokeTokens } = await import('../commands/access.ts')
      await connected((context) => revokeTokens(context, ids))
    })
}

function userCommands({ root, connected }: Commands): void {
  const user = root
    .command('user')
    .summary('Invite, list and remove users')
    .description('Invites, lists and removes people who log in with a password.')
  user
    .command('invite')
    .description('Adds a user and prints their invitation, this once.')
    .argument('<name>', 'what they log in with')
    .addOption(roleOption(PEOPLE))
    .option('--tenant <name>', "where they belong (default: the caller's own tenant)")
    .action(async (name: string, flags: WithRole<InviteFlags>) => {
      const { inviteUser } = await import('../commands/users.ts')
      await connected((context) => inviteUser(context, name, { ...flags, role: roleOf(flags) }))
    })
  listCommand(user, 'Lists the users whom you may change.').action(async (flags: { readonly output?: Format }) => {
    const { listUsers } = await import('../commands/users.ts')
    await connected((context) => listUsers(context, flags.output ?? 'table'))
  })
  user
    .command('role')
    .description('Gives a user another role, and ends their logins.')
    .argument('<name>', 'name of the user')
    .addOption(roleOption(PEOPLE))
    .option('--tenant <name>', 'their tenant, where several have a user of that name')
    .action(async (name: string, flags: WithRole<InviteFlags>) => {
      const { changeUserRole } = await import('../commands/users.ts')
      await connected((context) => changeUserRole(context, name, { ...flags, role: roleOf(flags) }))
    })
  user
    .command('reset')
    .description('Takes the password of a user away, ends their logins, and prints a new invitation.')
    .argument('<name>', 'name of the user')
    .option('--tenant <name>', 'their tenant, where several have a user of that name')
    .action(async (name: string, flags: WhoseFlags) => {
      const { resetUser } = await import('../commands/users.ts')
      await connected((context) => resetUser(context, name, flags))
    })
  user
    .command('remove')
    .description('Removes a user, and ends their logins.')
    .argument('<name>', 'name of the user')
    .option('--tenant <name>', 'their tenant, where several have a user of that name')
    .action(async (name: string, flags: WhoseFlags) => {
      const { removeUser } = await import('../commands/users.ts')
      await connected((context) => removeUser(context, name, flags))
    })
}

function tenantCommands(commands: Commands): void {
  const { root, connected } = commands
  const tenant = root
    .command('tenant')
    .summary('Add, bound, suspend and delete tenants')
    .description('Adds, lists, bounds, suspends and deletes tenants.')
  tenant
    .command('create')
    .description('Adds a tenant.')
    .argument('<name>', 'lower-case letters, digits and dashes')
    .action(async (name: string) => {
      const { createTenant } = await import('../commands/tenants.ts')
      await connected((context) => createTenant(context, name))
    })
  listCommand(tenant, 'Lists the tenants, what they have, and what they may have.').action(
    async (flags: { readonly output?: Format }) => {
      const { listTenants } = await import('../commands/tenants.ts')
      await connected((context) => listTenants(context, flags.output ?? 'table'))
    },
  )
  quotaCommand(tenant, commands)
  endCommands(tenant, commands)
}

function quotaCommand(tenant: Command, { connected }: Commands): void {
  tenant
    .command('quota')
    .description('Says how much a tenant may have; what is not named stays. What it has already stays as well.')
    .argument('<name>', 'name of the tenant')
    .addOption(new Option('--sessions <count>', 'open sessions; none: no bound').argParser(countQuota))
    .addOption(new Option('--pods <count>', 'pods').argParser(countQuota))
    .addOption(new Option('--cpu <millis>', 'what pods ask for, in thousandths of a CPU').argParser(countQuota))
    .addOption(new Option('--memory <bytes>', 'what pods ask for, as in 64Gi').argParser(byteQuota))
    .addOption(new Option('--opens-per-second <count>', 'sessions asked for in a second').argParser(countQuota))
    .action(async (name: string, flags: QuotaFlags) => {
      const { setQuotas } = await import('../commands/tenants.ts')
      await connected((context) => setQuotas(context, name, flags))
    })
}

function endCommands(tenant: Command, { connected }: Commands): void {
  tenant
    .command('suspend')
    .description('Keeps a tenant from opening sessions; those that are open go on.')
    .argument('<name>', 'name of the tenant')
    .option('--close-sessions', 'close those that are open as well')
    .action(async (name: string, flags: SuspendFlags) => {
      const { suspendTenant } = await import('../commands/tenants.ts')
      await connected((context) => suspendTenant(context, name, flags))
    })
  tenant
    .command('resume')
    .description('Lets a suspended tenant open sessions again.')
    .argument('<name>', 'name of the tenant')
    .action(async (name: string) => {
      const { resumeTenant } = await import('../commands/tenants.ts')
      await connected((context) => resumeTenant(context, name))
    })
  tenant
    .command('delete')
    .description('Deletes a tenant with everything in it.')
    .argument('<name>', 'name of the tenant')
    .option('--yes', 'it is meant')
    .action(async (name: string, flags: DeleteTenantFlags) => {
      const { deleteTenant } = await import('../commands/tenants.ts')
      await connected((context) => deleteTenant(context, name, flags))
    })
}

function roleOption(roles: Readonly<Record<string, Role>>): Option {
  return new Option('--role <role>', 'what it may do').choices(Object.keys(roles)).makeOptionMandatory()
}

function roleOf({ role }: { readonly role: string }): Role {
  return ROLES[role] ?? 'VIEWER'
}

function listCommand(parent: Command, description: string): Command {
  return parent
    .command('list')
    .description(description)
    .addOption(outputOption(['name', 'json', 'yaml']))
}
