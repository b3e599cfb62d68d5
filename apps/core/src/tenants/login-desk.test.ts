import { beforeAll, describe, expect, it } from 'vitest'
import { HeldStore } from '../../test/support/held-store.ts'
import { sampleTenant, sampleUser } from '../../test/support/sample-tenants.ts'
import { LoginDesk, type Login } from './login-desk.ts'
import { hashPassword } from './password-hash.ts'
import { TenantDirectory } from './tenant-directory.ts'
import type { Viewer } from './tenant.ts'
import { UserDirectory } from './user-directory.ts'

const PASSWORD = 'correct horse battery staple'
const attempt = { tenant: 'default', user: 'ann', address: '203.0.113.1' }
let passwordHash: string

beforeAll(async () => {
  passwordHash = await hashPassword(PASSWORD)
})

describe('a password', () => {
  it('that an admin takes away while it is being changed stays away, and nobody is in', async () => {
    const { store, users, tenants, desk } = await scene()
    const { viewer } = await loggedIn(desk)
    const loggingIn = store.hold('saveUser') // Of the last login: the other password is hashed after it.
    const changing = desk.changePassword(viewer, { from: PASSWORD, to: 'another good password', address: 'x' })
    await loggingIn.reached
    const resetting = users.inviteAgain('usr-1')
    loggingIn.letGo()
    await resetting
    await desk.endLogins('usr-1')
    expect(await changing).toEqual({ kind: 'refused' })
    expect(users.user('usr-1')?.passwordHash).toBeNull()
    expect((await store.start()).users).toMatchObject([{ passwordHash: null }])
    expect([...tenants.logins('usr-1')]).toEqual([])
  })

  it('is set by an invitation once, also while the first is being stored', async () => {
    const { store, users, desk } = await scene()
    const invited = await users.inviteAgain('usr-1')
    const saving = store.hold('saveUser')
    const first = desk.register(invited?.secret ?? '', PASSWORD, 'x')
    const second = desk.register(invited?.secret ?? '', PASSWORD, 'y')
    await saving.reached
    await desk.logIn(attempt, 'wrong wrong wrong') // Takes as long as what the second does meanwhile.
    saving.letGo()
    const kinds = (await Promise.all([first, second])).map(({ kind }) => kind)
    expect(kinds.toSorted()).toEqual(['loggedIn', 'refused'])
  })
})

describe('a login', () => {
  it.each([
    ['role is changed', (users: UserDirectory) => users.change('usr-1', { role: 'viewer' })],
    ['password is taken away', (users: UserDirectory) => users.inviteAgain('usr-1')],
    ['user is removed', (users: UserDirectory) => users.remove('usr-1')],
  ])('whose %s while it is being stored is none', async (_what, act) => {
    const { store, users, tenants, desk } = await scene()
    const adding = store.hold('addToken')
    const loggingIn = desk.logIn(attempt, PASSWORD)
    await adding.reached
    await act(users)
    await desk.endLogins('usr-1')
    adding.letGo()
    expect(await loggingIn).toEqual({ kind: 'refused' })
    expect([...tenants.logins('usr-1')]).toEqual([])
    expect((await store.start()).tokens).toEqual([])
  })

  it('of somebody for whom an issuer vouches is one of twenty, however many they ask for at once', async () => {
    const { store, tenants, desk } = await scene()
    const bob = await desk.openFor(vouched('bob'))
    for (let round = 0; round < 3; round += 1)
      await Promise.all(Array.from({ length: 30 }, () => desk.openFor(vouched('ann'))))
    expect((await store.start()).tokens).toHaveLength(21)
    const last = await desk.openFor(vouched('ann'))
    expect(tenants.authenticate(last.secret)).toMatchObject({ name: 'ann', role: 'admin' })
    expect(tenants.authenticate(bob.secret)).not.toBeNull()
    expect((await store.start()).tokens).toHaveLength(21)
  })
})

describe('registering', () => {
  it('is not kept from those who are invited by those who guess', async () => {
    const { users, desk } = await scene()
    const invited = await users.inviteAgain('usr-1')
    for (let guess = 0; guess < 100; guess += 1)
      await desk.register(`fxi_${guess}`, PASSWORD, `198.51.100.${guess % 20}`)
    expect(await desk.register(invited?.secret ?? '', PASSWORD, '203.0.113.1')).toMatchObject({ kind: 'loggedIn' })
  })

  it('with a password that is too short costs no try', async () => {
    const { users, desk } = await scene()
    const secret = (await users.inviteAgain('usr-1'))?.secret ?? ''
    for (let tries = 0; tries < 30; tries += 1)
      expect(await desk.register(secret, 'short', 'x')).toMatchObject({ kind: 'weak' })
    expect(await desk.register(secret, PASSWORD, 'x')).toMatchObject({ kind: 'loggedIn' })
  })
})

type Scene = {
  readonly store: HeldStore
  readonly users: UserDirectory
  readonly tenants: TenantDirectory
  readonly desk: LoginDesk
}

async function scene(): Promise<Scene> {
  const store = new HeldStore()
  const user = sampleUser({ passwordHash })
  await store.addTenant(sampleTenant())
  await store.addUser(user)
  const nowMs = (): number => 7
  const users = new UserDirectory({ store, nowMs, users: [user] })
  const tenants = new TenantDirectory({ store, nowMs, tenants: [sampleTenant()], tokens: [] })
  return { store, users, tenants, desk: new LoginDesk({ tenants, users, nowMs }) }
}

async function loggedIn(desk: LoginDesk): Promise<Login> {
  const result = await desk.logIn(attempt, PASSWORD)
  if (result.kind !== 'loggedIn') throw new Error(`logging in ended as ${result.kind}`)
  return result.login
}

function vouched(name: string): Viewer {
  return { tokenId: `oidc:test/${name}`, tenantId: 'ten-1', role: 'admin', name }
}
