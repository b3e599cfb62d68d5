import { expect, it } from 'vitest'
import { recordUntilKilled } from '../../test/support/recording-child.ts'
import { openTestStore, scratchFile } from '../../test/support/store-databases.ts'
import { durableStoreContract } from './durable-store.contract.ts'
import { historyContract } from './history.contract.ts'
import { StoreUnavailableError } from './store-error.ts'
import { storeContract } from './store.contract.ts'

const newUrl = async (): Promise<string> => `file:${await scratchFile()}`
storeContract('SQLite', async () => {
  const url = await newUrl()
  return { open: () => openTestStore(url) }
})
durableStoreContract('SQLite', newUrl)
historyContract('SQLite', async () => openTestStore(await newUrl()))

it('belongs to one process: the second is told who has it, and gets it once that one is dead', async () => {
  const url = await newUrl()
  const first = recordUntilKilled(url)
  await first.answered(1)
  const refusal = await openTestStore(url).catch((error: unknown) => error)
  expect(refusal).toBeInstanceOf(StoreUnavailableError)
  expect(refusal).toMatchObject({ message: expect.stringContaining(`is in use by process ${first.pid}`) })
  await first.kill()
  await using store = await openTestStore(url)
  expect((await store.start(1)).sessions.length).toBeGreaterThan(0)
})

it('belongs to one store of a process', async () => {
  const url = await newUrl()
  await using first = await openTestStore(url)
  await expect(openTestStore(url)).rejects.toThrow(`is in use by process ${process.pid}`)
  expect((await first.start(1)).epoch).toBe(1)
})

it('takes less than 200 ms of work to be ready when it is up to date', async () => {
  const url = await newUrl()
  await (await openTestStore(url))[Symbol.asyncDispose]()
  const times: number[] = []
  for (let opening = 0; opening < 5; opening += 1) {
    // Not by the clock on the wall, which other tests on this machine slow down.
    const before = process.cpuUsage()
    await using store = await openTestStore(url)
    await store.start(1)
    const { user, system } = process.cpuUsage(before)
    times.push((user + system) / 1_000)
  }
  expect(Math.min(...times)).toBeLessThan(200)
})
