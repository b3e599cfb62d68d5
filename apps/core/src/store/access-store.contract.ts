/** What every store keeps of tenants, tokens and users. */
import { expect, it } from 'vitest'
import { sampleToken, sampleUser } from '../../test/support/sample-tenants.ts'
import { application, OTHER_TENANT, session, TENANT, version } from '../../test/support/store-samples.ts'
import type { Store } from './store.ts'

export function accessContract(newDatabase: () => Promise<{ open(): Promise<Store> }>): void {
  it('keeps what changes of tenants and tokens, and users until they are removed', async () => {
    const database = await newDatabase()
    const quotas = { sessions: 1, pods: 2, cpuMillis: 3, memoryBytes: 2 ** 45, opensPerSecond: 5 }
    const tenant = { ...TENANT, suspendedAtMs: 1_700_000_000_005, deletedAtMs: 1_700_000_000_006, quotas }
    const token = sampleToken({ tenantId: TENANT.id })
    const user = sampleUser({ tenantId: TENANT.id, invitation: { secretHash: 'ef', expiresAtMs: 1_700_000_000_007 } })
    const registered = { ...user, role: 'admin', passwordHash: 'x', invitation: null, lastLoginAtMs: 9 } as const
    {
      await using store = await opened(database)
      await store.saveTenant(tenant)
      await store.saveTenant({ ...tenant, id: 'ten-unknown', name: 'unknown' })
      await store.addToken(token)
      await store.saveTokenUses([
        { id: token.id, atMs: 1_700_000_000_008 },
        { id: 'tok-unknown', atMs: 1 },
      ])
      await store.addUser(user)
      await store.saveUser(registered)
      const bob = { ...user, id: 'usr-2', name: 'bob', invitation: null }
      await store.addUser(bob)
      await store.removeUser('usr-2')
      await store.saveUser(bob) // A change that was on its way brings nobody back.
      await expect(store.addUser({ ...user, id: 'usr-3', invitation: null })).rejects.toBeInstanceOf(Error)
    }
    await using store = await database.open()
    const { tenants, tokens, users } = await store.start(1)
    expect({ tenants, tokens, users }).toEqual({
      tenants: [tenant, OTHER_TENANT],
      tokens: [{ ...token, lastUsedAtMs: 1_700_000_000_008 }],
      users: [registered],
    })
  })

  it('removes a tenant with everything in it, as often as it is asked, and nothing of another', async () => {
    const database = await newDatabase()
    await using store = await opened(database)
    const theirs = application({
      id: 'app-0000000000000009',
      tenantId: OTHER_TENANT.id,
      version: version(1, 'app-0000000000000009'),
    })
    for (const each of [application({ fallback: null }), { ...theirs, fallback: null }])
      await store.addApplication(each)
    await store.addToken(sampleToken({ tenantId: TENANT.id }))
    await store.addUser(sampleUser({ tenantId: TENANT.id }))
    await store.recordSessions([
      session('ses-1', { tenantId: TENANT.id }),
      session('ses-2', { tenantId: OTHER_TENANT.id }),
    ])
    await store.removeTenant(TENANT.id)
    await store.removeTenant(TENANT.id)
    const left = await store.start(1)
    expect({ ...left, applications: left.applications.map(({ id }) => id) }).toMatchObject({
      tenants: [OTHER_TENANT],
      tokens: [],
      users: [],
      applications: [theirs.id],
    })
    const every = { before: null, tenantId: null, applicationId: null, nodeName: null, phases: null, labels: {} }
    const history = await store.sessionHistory({ ...every, first: 10 })
    expect(history.map(({ tenantId }) => tenantId)).toEqual([OTHER_TENANT.id])
  })
}

/** Opened, with two tenants. */
async function opened(database: { open(): Promise<Store> }): Promise<Store> {
  const store = await database.open()
  await store.addTenant(TENANT)
  await store.addTenant(OTHER_TENANT)
  return store
}
