import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findPostgres, startPostgres, type PostgresServer } from '../../test/support/postgres.ts'
import { openTestStore } from '../../test/support/store-databases.ts'
import { session } from '../../test/support/store-samples.ts'
import { durableStoreContract } from './durable-store.contract.ts'
import { historyContract } from './history.contract.ts'
import { StoreUnavailableError } from './store-error.ts'
import { storeContract } from './store.contract.ts'

const programs = findPostgres()

it.runIf(process.env['FORNAX_TEST_REQUIRE_ALL'] === '1')('PostgreSQL is there to be tested with', () =>
  expect(programs).not.toBeNull(),
)

describe.skipIf(programs === null)('PostgreSQL', () => {
  let server: PostgresServer
  beforeAll(async () => {
    server = await startPostgres(programs ?? '')
  })
  afterAll(() => server[Symbol.asyncDispose]())

  const newUrl = (): Promise<string> => server.newDatabase()
  storeContract('PostgreSQL', async () => {
    const url = await newUrl()
    return { open: () => openTestStore(url) }
  })
  durableStoreContract('PostgreSQL', newUrl)
  historyContract('PostgreSQL', async () => openTestStore(await newUrl()))

  it('waits for a server that restarts, and records what came in meanwhile', async () => {
    const url = await newUrl()
    await using store = await openTestStore(url)
    await store.start(1)
    await server.crash()
    const recorded = Promise.all([store.recordSessions([session('ses-1')]), store.recordSessions([session('ses-2')])])
    await server.restart()
    await recorded
    expect((await store.start(2)).sessions.map(({ id }) => id)).toEqual(['ses-1', 'ses-2'])
  })

  it('says that it cannot be reached, and works again when it can', async () => {
    const url = await newUrl()
    await using store = await openTestStore(url)
    const node = {
      name: 'n',
      ledgerId: 'l',
      isCordoned: false,
      drainDeadlineMs: null,
      labels: {},
      joinedAtMs: 1,
      lostAtMs: null,
    }
    await store.saveNode(node)
    await server.crash()
    try {
      for (const attempt of [() => store.saveNode(node), () => store.session('ses-1'), () => openTestStore(url)])
        await expect(attempt()).rejects.toThrow(StoreUnavailableError)
    } finally {
      await server.restart()
    }
    await store.saveNode(node)
    expect((await store.start(1)).nodes).toEqual([node])
  })

  it('lets two cores bring one database up to date at the same time', async () => {
    const url = await newUrl()
    const stores = await Promise.all([1, 2, 3].map(() => openTestStore(url)))
    const epochs = await Promise.all(stores.map(async (store) => (await store.start(1)).epoch))
    expect(epochs.toSorted((a, b) => a - b)).toEqual([1, 2, 3])
    await Promise.all(stores.map((store) => store[Symbol.asyncDispose]()))
  })

  it('says which database is missing, without the password', async () => {
    const url = (await newUrl()).replace('postgres@localhost/', 'postgres:secret@localhost/no_')
    const refusal = await openTestStore(url).catch((error: unknown) => error)
    expect(refusal).toBeInstanceOf(StoreUnavailableError)
    expect(String(refusal)).toMatch(/The database no_d\d+ on .* does not exist/)
    expect(String(refusal)).not.toContain('secret')
  })

  it('says when it may not make tables, and when a newer version was here', async () => {
    const url = await newUrl()
    const admin = new Client({ connectionString: url })
    await admin.connect()
    await admin.query('CREATE ROLE guest LOGIN')
    await expect(openTestStore(url.replace('postgres@', 'guest@'))).rejects.toThrow(/does not let us in.*owner/)
    await (await openTestStore(url))[Symbol.asyncDispose]()
    await admin.query(`INSERT INTO _prisma_migrations (id, checksum, finished_at, migration_name)
      VALUES ('x', 'y', now(), '99990101000000_future')`)
    await admin.end()
    await expect(openTestStore(url)).rejects.toThrow(/newer version of Fornax \(99990101000000_future\)/)
  })

  it('fails only the session that the database refuses, not those that were recorded with it', async () => {
    await using store = await openTestStore(await newUrl())
    // Longer than an entry of an index may be, and not to be shortened by compression.
    const key = Array.from({ length: 40_000 }, (_, index) =>
      String.fromCodePoint(0x4e00 + ((index * 7_919) % 20_000)),
    ).join('')
    const request = { ...session('').request, idempotency: { key, fingerprint: 'f' } }
    const results = await Promise.allSettled([
      store.recordSessions([session('ses-1')]),
      store.recordSessions([session('ses-2', { request })]),
      store.recordSessions([session('ses-3')]),
    ])
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(await store.session('ses-3')).toEqual(session('ses-3'))
  })
})
