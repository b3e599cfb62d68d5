import { describe, expect, it } from 'vitest'
import { HeldStore } from '../../test/support/held-store.ts'
import { sampleTenant } from '../../test/support/sample-tenants.ts'
import { TenantDirectory, type TenantStore, type TokenUse } from './tenant-directory.ts'
import type { ApiToken, Tenant } from './tenant.ts'

const tenant = sampleTenant()

describe('a token', () => {
  it('speaks for its role in its tenant, and its secret is kept nowhere', async () => {
    const { directory, store } = scene()
    const { token, secret } = await directory.addToken({ name: 'ci', role: 'developer', tenantId: 'ten-1' })
    expect(directory.authenticate(secret)).toEqual({
      tokenId: token.id,
      tenantId: 'ten-1',
      role: 'developer',
      name: 'ci',
    })
    expect(secret).toMatch(/^fx_[\w-]{27}$/)
    expect(JSON.stringify([token, ...store.tokens])).not.toContain(secret)
    expect(token.secretHash).toMatch(/^[0-9a-f]{64}$/)
  })

  it('that nobody has speaks for nobody', async () => {
    const { directory } = scene()
    const { secret } = await directory.addToken({ name: 'ci', role: 'viewer', tenantId: 'ten-1' })
    for (const other of ['', 'x', `${secret} `, secret.toUpperCase(), secret.slice(1)])
      expect(directory.authenticate(other)).toBeNull()
  })

  it('may have a secret that was given', async () => {
    const { directory } = scene()
    await directory.addToken({ name: 'administrator', role: 'operator', tenantId: 'ten-1' }, 'given')
    expect(directory.authenticate('given')).toMatchObject({ role: 'operator' })
  })

  it('speaks for nobody before it is stored', async () => {
    const { directory, store } = scene()
    store.isBroken = true
    await expect(directory.addToken({ name: 'ci', role: 'viewer', tenantId: 'ten-1' }, 'given')).rejects.toThrow(
      'broken',
    )
    expect(directory.authenticate('given')).toBeNull()
  })

  it('ends at once when it is revoked, and so does what hangs on it', async () => {
    const { directory, store } = scene()
    const { token, secret } = await directory.addToken({ name: 'ci', role: 'viewer', tenantId: 'ten-1' })
    const ended: string[] = []
    const stay = directory.onEnded({ tokenId: token.id, tenantId: 'ten-1' }, () => ended.push('a socket that left'))
    directory.onEnded({ tokenId: token.id, tenantId: 'ten-1' }, () => ended.push('a socket'))
    stay()
    expect(await directory.revokeToken(token.id)).toEqual(token)
    expect(directory.authenticate(secret)).toBeNull()
    expect(ended).toEqual(['a socket'])
    expect([...directory.tokens()]).toEqual([])
    expect(store.tokens).toEqual([])
    expect(await directory.revokeToken(token.id)).toBeNull()
  })

  it('that cannot be revoked goes on, and whoever asked hears of it', async () => {
    const { directory, store } = scene()
    const { token, secret } = await directory.addToken({ name: 'ci', role: 'viewer', tenantId: 'ten-1' })
    store.isBroken = true
    await expect(directory.revokeToken(token.id)).rejects.toThrow('broken')
    expect(directory.authenticate(secret)).not.toBeNull()
  })

  it('from before a restart speaks again', async () => {
    const first = scene()
    const { token, secret } = await first.directory.addToken({ name: 'ci', role: 'admin', tenantId: 'ten-1' })
    const { directory } = scene([token])
    expect(directory.authenticate(secret)).toMatchObject({ role: 'admin' })
  })
})

describe('a tenant', () => {
  it('is found by its id and by its name', async () => {
    const { directory } = scene()
    const added = await directory.addTenant('acme')
    expect(added).toMatchObject({ name: 'acme', createdAtMs: 7 })
    expect(directory.tenantNamed('acme')).toEqual(added)
    expect(directory.tenant(added?.id ?? '')).toEqual(added)
    expect([...directory.all()].map(({ name }) => name)).toEqual(['default', 'acme'])
  })

  it('has a name of its own, also when two ask at once', async () => {
    const { directory, store } = scene()
    const [first, second] = await Promise.all([directory.addTenant('acme'), directory.addTenant('acme')])
    expect([first?.name, second]).toEqual(['acme', null])
    expect(store.tenants.length).toBe(1)
  })

  it('that could not be stored is none, and its name is free', async () => {
    const { directory, store } = scene()
    store.isBroken = true
    await expect(directory.addTenant('acme')).rejects.toThrow('tenant acme could not be stored')
    store.isBroken = false
    expect(directory.tenantNamed('acme')).toBeNull()
    expect(await directory.addTenant('acme')).toMatchObject({ name: 'acme' })
  })

  it('keeps in the store what two change of it at once, and what is changed while it is being added', async () => {
    const store = new HeldStore()
    const directory = new TenantDirectory({ store, nowMs: () => 7, tenants: [], tokens: [] })
    const adding = store.hold('addTenant')
    const added = directory.addTenant('acme')
    await adding.reached
    const id = directory.tenantNamed('acme')?.id ?? ''
    const quotas = { ...tenant.quotas, sessions: 3 }
    const saved = [directory.changeTenant(id, { quotas }), directory.changeTenant(id, { suspendedAtMs: 9 })]
    adding.letGo()
    await Promise.all([added, ...saved])
    expect(directory.tenant(id)).toMatchObject({ quotas, suspendedAtMs: 9 })
    expect((await store.start()).tenants).toEqual([directory.tenant(id)])
  })
})

type Kept = TenantStore & {
  readonly tenants: Tenant[]
  readonly tokens: ApiToken[]
  readonly uses: TokenUse[]
  isBroken: boolean
}

function scene(tokens: readonly ApiToken[] = []): { directory: TenantDirectory; store: Kept } {
  const write = async (act: () => void): Promise<void> => {
    await Promise.resolve()
    if (store.isBroken) throw new Error('the store is broken')
    act()
  }
  const store: Kept = {
    tenants: [],
    tokens: [],
    uses: [],
    isBroken: false,
    addTenant: (added) => write(() => store.tenants.push(added)),
    addToken: (added) => write(() => store.tokens.push(added)),
    saveTenant: () => write(() => undefined),
    saveTokenUses: (uses) => write(() => store.uses.push(...uses)),
    removeToken: (id) =>
      write(() =>
        store.tokens.splice(
          store.tokens.findIndex((one) => one.id === id),
          1,
        ),
      ),
  }
  return { store, directory: new TenantDirectory({ store, nowMs: () => 7, tenants: [tenant], tokens }) }
}
