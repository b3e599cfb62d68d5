import { describe, expect, it } from 'vitest'
import { SecretDirectory } from './secret-directory.ts'
import { SecretSeal } from './secret-seal.ts'
import { SECRET_BYTES_MAX, type Secret, type SecretStore } from './secret.ts'

const value = Buffer.from('hunter2')

describe('a stored secret', () => {
  it('is kept sealed, in memory and in the store, and opened for who asks by name', async () => {
    const { directory, rows } = scene()
    const result = await directory.create({ tenantId: 'ten-1', name: 'db', value })
    expect(result).toMatchObject({ kind: 'written', secret: { name: 'db', revision: 1 } })
    expect(
      JSON.stringify([...rows.values()].map(({ sealed, ...rest }) => [rest, Buffer.from(sealed).toString()])),
    ).not.toContain('hunter2')
    expect(directory.open('ten-1', 'db')).toEqual({ kind: 'value', value })
  })

  it('belongs to its tenant: another one has none of that name, or another one', async () => {
    const { directory } = scene()
    await directory.create({ tenantId: 'ten-1', name: 'db', value })
    expect(directory.open('ten-2', 'db')).toEqual({ kind: 'missing' })
    expect(await directory.create({ tenantId: 'ten-2', name: 'db', value })).toMatchObject({ kind: 'written' })
    expect(directory.ofTenant('ten-2').length).toBe(1)
  })

  it('has its name alone, also when two ask at once', async () => {
    const { directory } = scene()
    const both = [1, 2].map(() => directory.create({ tenantId: 'ten-1', name: 'db', value }))
    expect((await Promise.all(both)).map(({ kind }) => kind)).toEqual(['written', 'nameTaken'])
  })

  it('is changed only by who has seen its revision, if they say which', async () => {
    const { directory } = scene()
    await directory.create({ tenantId: 'ten-1', name: 'db', value })
    const update = (revision: number | null) => directory.update({ tenantId: 'ten-1', name: 'db', revision }, value)
    expect(await update(1)).toMatchObject({ kind: 'written', secret: { revision: 2 } })
    expect(await update(1)).toEqual({ kind: 'conflict', currentRevision: 2 })
    expect(await update(null)).toMatchObject({ kind: 'written', secret: { revision: 3 } })
    expect(await directory.update({ tenantId: 'ten-1', name: 'no', revision: null }, value)).toMatchObject({
      kind: 'secretNotFound',
    })
  })

  it('stays while applications need it, and is gone for good afterwards', async () => {
    const { directory, rows } = scene()
    await directory.create({ tenantId: 'ten-1', name: 'db', value })
    const guard = { tenantId: 'ten-1', name: 'db', revision: null }
    expect(await directory.remove(guard, () => ['shop'])).toMatchObject({ kind: 'inUse', applications: ['shop'] })
    expect(await directory.remove(guard, () => [])).toMatchObject({ kind: 'written' })
    expect(directory.open('ten-1', 'db')).toEqual({ kind: 'missing' })
    expect(rows.size).toBe(0)
  })

  it('that could not be stored is none', async () => {
    const { directory, store } = scene()
    const broken = { ...store, addSecret: () => Promise.reject(new Error('broken')) }
    const other = scene([], broken).directory
    await expect(other.create({ tenantId: 'ten-1', name: 'db', value })).rejects.toThrow('broken')
    expect(other.open('ten-1', 'db')).toEqual({ kind: 'missing' })
    expect(directory.ofTenant('ten-1')).toEqual([])
  })

  it('of a core with another key cannot be read, and says so', async () => {
    const { directory, rows } = scene()
    await directory.create({ tenantId: 'ten-1', name: 'db', value })
    const after = scene([...rows.values()], undefined, 9).directory
    expect(after.open('ten-1', 'db')).toEqual({ kind: 'unreadable' })
    expect(after.unreadableCount()).toBe(1)
    expect(scene([...rows.values()]).directory.open('ten-1', 'db')).toEqual({ kind: 'value', value })
  })

  it.each([
    ['Not A Label', value, 'name'],
    ['empty', Buffer.alloc(0), 'value'],
    ['large', Buffer.alloc(SECRET_BYTES_MAX + 1), 'value'],
  ])('called %s is refused for its %s', async (name, bytes, field) => {
    const { directory } = scene()
    const result = await directory.create({ tenantId: 'ten-1', name, value: bytes })
    expect(result).toMatchObject({ kind: 'invalid', field })
  })
})

function scene(secrets: readonly Secret[] = [], given?: SecretStore, key = 1) {
  const rows = new Map(secrets.map((secret) => [secret.id, secret]))
  const put = async (secret: Secret): Promise<void> => void rows.set(secret.id, secret)
  const store: SecretStore = given ?? {
    secrets: () => Promise.resolve([...rows.values()]),
    addSecret: put,
    updateSecret: put,
    removeSecret: async (id) => void rows.delete(id),
  }
  let ids = 0
  const newId = (): string => `sec-${(ids += 1)}`
  const seal = new SecretSeal(new Uint8Array(32).fill(key))
  return { rows, store, directory: new SecretDirectory({ store, seal, nowMs: () => 5, newId, secrets }) }
}
