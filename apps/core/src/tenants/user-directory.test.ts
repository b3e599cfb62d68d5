import { expect, it } from 'vitest'
import { HeldStore } from '../../test/support/held-store.ts'
import { sampleUser } from '../../test/support/sample-tenants.ts'
import { UserDirectory } from './user-directory.ts'

it('a user who is removed while a change of theirs is written stays removed', async () => {
  const { store, users } = await scene()
  const saving = store.hold('saveUser')
  const changing = users.change('usr-1', { lastLoginAtMs: 8 })
  await saving.reached
  const removing = users.remove('usr-1')
  saving.letGo()
  await Promise.all([changing, removing])
  expect(users.user('usr-1')).toBeNull()
  expect((await store.start()).users).toEqual([])
})

it('two changes of a user at once are both stored', async () => {
  const { store, users } = await scene()
  await Promise.all([users.change('usr-1', { role: 'admin' }), users.change('usr-1', { lastLoginAtMs: 8 })])
  expect((await store.start()).users).toEqual([users.user('usr-1')])
  expect(users.user('usr-1')).toMatchObject({ role: 'admin', lastLoginAtMs: 8 })
})

it('a user whose invitation is not stored yet can be removed, and stays removed', async () => {
  const { store, users } = await scene()
  const saving = store.hold('addUser')
  const inviting = users.invite({ tenantId: 'ten-1', name: 'bob', role: 'viewer' })
  await saving.reached
  const removing = users.remove(users.userNamed('ten-1', 'bob')?.id ?? '')
  saving.letGo()
  await Promise.all([inviting, removing])
  expect((await store.start()).users.map(({ name }) => name)).toEqual(['ann'])
})

it('a user who could not be stored is none, and the name is free', async () => {
  const { store, users } = await scene()
  await store.addUser(sampleUser({ id: 'usr-9', name: 'bob' })) // The directory does not know of this one.
  const invite = (): Promise<unknown> => users.invite({ tenantId: 'ten-1', name: 'bob', role: 'viewer' })
  await expect(invite()).rejects.toThrow('user bob could not be stored')
  expect(users.userNamed('ten-1', 'bob')).toBeNull()
  await store.removeUser('usr-9')
  expect(await invite()).toMatchObject({ user: { name: 'bob' } })
})

async function scene(): Promise<{ readonly store: HeldStore; readonly users: UserDirectory }> {
  const store = new HeldStore()
  await store.addUser(sampleUser())
  return { store, users: new UserDirectory({ store, nowMs: () => 7, users: [sampleUser()] }) }
}
