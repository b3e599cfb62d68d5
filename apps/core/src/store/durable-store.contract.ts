/** What a store keeps through the end of its process. */
import { describe, expect, it } from 'vitest'
import { recordUntilKilled } from '../../test/support/recording-child.ts'
import { openTestStore } from '../../test/support/store-databases.ts'
import { closed, session } from '../../test/support/store-samples.ts'

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
