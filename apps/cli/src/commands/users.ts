/** `fornax user`: people who log in with a password. */
import {
  ChangeUserRoleDocument,
  InviteUserDocument,
  RemoveUserDocument,
  ResetUserPasswordDocument,
  UsersDocument,
  type Role,
  type UsersQuery,
} from '@fornax/client/generated/documents'
import { CliError } from '../cli-error.ts'
import { note, say, type CommandContext } from '../command-context.ts'
import { ageOf } from '../output/age.ts'
import type { Format } from '../output/structured.ts'
import type { Column } from '../output/table.ts'
import { errorOf, present } from '../problem.ts'
import { printList } from './print-list.ts'

type User = UsersQuery['users'][number]

const columns: readonly Column<User>[] = [
  { header: 'NAME', cell: ({ name }) => name },
  { header: 'ROLE', cell: ({ role }) => role.toLowerCase() },
  { header: 'TENANT', cell: ({ tenant }) => tenant },
  { header: 'REGISTERED', cell: ({ hasRegistered }) => (hasRegistered ? 'yes' : 'invited') },
  { header: 'LAST LOGIN', cell: ({ lastLoginAt }, now) => ageOf(lastLoginAt, now) },
  { header: 'ID', cell: ({ id }) => id },
]

export type InviteFlags = { readonly role: Role; readonly tenant?: string }

/** Only the invitation goes to the output. */
export async function inviteUser(context: CommandContext, name: string, { role, tenant }: InviteFlags): Promise<void> {
  const variables = { input: { name, role, ...(tenant === undefined ? {} : { tenant }) } }
  const { inviteUser: payload } = await context.client.request(InviteUserDocument, variables, {
    signal: context.signal,
  })
  if (payload.problem !== null) throw errorOf(payload.problem)
  const user = present(payload.user, 'the user')
  say(context, present(payload.invitation, 'the invitation'))
  note(context, `user/${user.name} invited as ${role.toLowerCase()} of ${user.tenant}; ${HOW_TO_REGISTER}`)
}

const HOW_TO_REGISTER = 'they set a password with it on the page /register of the console, once and within seven days'

export async function listUsers(context: CommandContext, format: Format): Promise<void> {
  const list = { items: await users(context), columns, kind: 'User', nameOf: ({ name }: User) => `user/${name}` }
  await printList(context, list, format)
}

export async function changeUserRole(context: CommandContext, name: string, flags: InviteFlags): Promise<void> {
  const { id } = await userNamed(context, name, flags.tenant)
  const variables = { input: { id, role: flags.role } }
  const { changeUserRole: payload } = await context.client.request(ChangeUserRoleDocument, variables, {
    signal: context.signal,
  })
  if (payload.problem !== null) throw errorOf(payload.problem)
  say(context, `user/${name} is ${flags.role.toLowerCase()} now`)
}

export type WhoseFlags = { readonly tenant?: string }

/** Only the invitation goes to the output. */
export async function resetUser(context: CommandContext, name: string, { tenant }: WhoseFlags): Promise<void> {
  const { id } = await userNamed(context, name, tenant)
  const variables = { input: { id } }
  const { resetUserPassword } = await context.client.request(ResetUserPasswordDocument, variables, {
    signal: context.signal,
  })
  if (resetUserPassword.problem !== null) throw errorOf(resetUserPassword.problem)
  say(context, present(resetUserPassword.invitation, 'the invitation'))
  note(context, `user/${name} has no password any more; ${HOW_TO_REGISTER}`)
}

export async function removeUser(context: CommandContext, name: string, { tenant }: WhoseFlags): Promise<void> {
  const { id } = await userNamed(context, name, tenant)
  const { removeUser: payload } = await context.client.request(
    RemoveUserDocument,
    { input: { id } },
    { signal: context.signal },
  )
  if (payload.problem !== null) throw errorOf(payload.problem)
  say(context, `user/${name} removed`)
}

/** Names are unique in a tenant; without one the caller must see only one of that name. */
async function userNamed(context: CommandContext, name: string, tenant: string | undefined): Promise<User> {
  const wanted = name.replace(/^user\//, '')
  const found = (await users(context)).filter(
    (user) => (user.name === wanted || user.id === wanted) && (tenant === undefined || user.tenant === tenant),
  )
  const [user] = found
  if (user === undefined) throw new CliError(`there is no user "${wanted}"`, 'The ones there are: fornax user list')
  if (found.length > 1)
    throw new CliError(`there are ${found.length} users "${wanted}"`, 'Name the tenant as well: --tenant NAME')
  return user
}

async function users(context: CommandContext): Promise<readonly User[]> {
  return (await context.client.request(UsersDocument, {}, { signal: context.signal })).users
}
