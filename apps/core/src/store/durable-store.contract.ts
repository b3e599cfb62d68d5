/** What a store keeps through the end of its process. */
import { describe, expect, it } from 'vitest'
import { recordUntilKilled } from '../../test/support/recording-child.ts'
import { openTestStore } from '../../test/support/store-databases.ts'
import { closed, session, TENANT } from '../../test/support/store-samples.ts'

/** `newUrl` names a new database. */
export function durableStoreContract(name: string, newUrl: () => Promise<string>): void {
  describe(`a durable store: ${name}`, () => {
    it('loses nothing that was answered when its process is killed', async () => {
      const url = await newUrl()
      await (await openTestStore(url))[Symbol.asyncDispose]()
      const child = recordUntilKilled(url)
      await child.answered(500)
      const answered = await child.kill()
      await using store = await openTestStore(url)
      const { sessions } = await store.start(1)
      const found = new Set(sessions.map(({ id }) => id))
      expect(answered.filter((id) => !found.has(id))).toEqual([])
    })

    it('keeps secrets as they were sealed, of each tenant one of a name, and forgets what is removed', async () => {
      const url = await newUrl()
      const atMs = { createdAtMs: 1, updatedAtMs: 2 ** 41 }
      const one = {
        id: 'sec-1',
        tenantId: TENANT.id,
        name: 'db',
        revision: 1,
        ...atMs,
        sealed: Buffer.from([0, 255, 7]),
      }
      {
        await using store = await openTestStore(url)
        await store.addTenant(TENANT)
        await store.secrets.addSecret(one)
        await store.secrets.addSecret({ ...one, id: 'sec-2', name: 'other' })
        await expect(store.secrets.addSecret({ ...one, id: 'sec-3' })).rejects.toThrow(/unique/i)
        await store.secrets.updateSecret({ ...one, revision: 2, updatedAtMs: 9, sealed: Buffer.from([1]) })
        await store.secrets.removeSecret('sec-2')
        await store.secrets.removeSecret('sec-2')
      }
      await using store = await openTestStore(url)
      expect(await store.secrets.secrets()).toEqual([{ ...one, revision: 2, updatedAtMs: 9, sealed: Buffer.from([1]) }])
    })

    it('writes what waits before it lets go', async () => {
      const url = await newUrl()
      const first = await openTestStore(url)
      const recorded = [first.recordSessions([session('ses-1')]), first.recordSessions([closed(session('ses-2'))])]
      await first[Symbol.asyncDispose]()
      await Promise.all(recorded)
      await expect(first.recordSessions([session('ses-3')])).rejects.toThrow('closed')
      await using store = await openTestStore(url)
      expect((await store.start(1)).sessions.map(({ id }) => id)).toEqual(['ses-1'])
    })
  })
}
