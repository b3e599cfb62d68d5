/** What every store keeps, whatever it keeps it in. */
import { assert, asyncProperty, array, constantFrom, integer, record, uniqueArray } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sampleToken } from '../../test/support/sample-tenants.ts'
import { application, closed, inUse, OTHER_TENANT, session, TENANT, version } from '../../test/support/store-samples.ts'
import { sampleRegisteredNode } from '../../test/support/samples.ts'
import { SESSION_PHASES, type Session } from '../sessions/session.ts'
import { accessContract } from './access-store.contract.ts'
import type { SessionHistoryQuery, Store } from './store.ts'

/** A database of its own for each test; it can be opened again and again, one store at a time. */
export type StoreHarness = () => Promise<{ open(): Promise<Store> }>

const EVERYTHING: SessionHistoryQuery = {
  first: 1_000,
  before: null,
  tenantId: null,
  applicationId: null,
  nodeName: null,
  phases: null,
  labels: {},
}

export function storeContract(name: string, newDatabase: StoreHarness): void {
  describe(`a store: ${name}`, () => {
    clusterContract(newDatabase)
    accessContract(newDatabase)
    applicationContract(newDatabase)
    sessionContract(newDatabase)
    historyContract(newDatabase)
  })
}

function clusterContract(newDatabase: StoreHarness): void {
  it('begins empty', async () => {
    const database = await newDatabase()
    await using store = await database.open()
    const intent = await store.start(1)
    const nothing = { tenants: [], tokens: [], users: [], applications: [], nodes: [], sessions: [] }
    expect(intent).toEqual({ coreId: expect.stringMatching(/^cor-/), epoch: 1, ...nothing })
  })

  it('raises the epoch at every start, and keeps the name of the cluster', async () => {
    const database = await newDatabase()
    const intents = []
    for (let starts = 0; starts < 3; starts += 1) {
      await using store = await database.open()
      intents.push(await store.start(starts))
    }
    expect(intents.map(({ epoch }) => epoch)).toEqual([1, 2, 3])
    expect(new Set(intents.map(({ coreId }) => coreId)).size).toBe(1)
  })

  it('goes above an epoch that a node saw, and never below its own', async () => {
    const database = await newDatabase()
    {
      await using store = await database.open()
      await store.start(1)
      expect(await store.raiseEpochAbove(41)).toBe(42)
      expect(await store.raiseEpochAbove(7)).toBe(42)
    }
    await using store = await database.open()
    expect((await store.start(2)).epoch).toBe(43)
  })

  it('keeps tenants, tokens and nodes', async () => {
    const database = await newDatabase()
    const token = sampleToken({ tenantId: TENANT.id, expiresAtMs: 1_700_000_000_009 })
    const node = sampleRegisteredNode({ name: 'n-1', joinedAtMs: 1_700_000_000_000 })
    const changed = {
      ...node,
      isCordoned: true,
      drainDeadlineMs: 1_700_000_000_002,
      labels: { zone: 'a', 'x.y/z': '' },
      lostAtMs: 1_700_000_000_001,
    }
    {
      await using store = await database.open()
      await store.addTenant(TENANT)
      await store.addTenant(OTHER_TENANT)
      await store.addToken(token)
      await store.addToken({ ...token, id: 'tok-2', secretHash: 'cd' })
      await store.removeToken('tok-2')
      await store.removeToken('tok-unknown')
      await store.saveNode(node)
      await store.saveNode({ ...node, name: 'n-2' })
      await store.saveNode({ ...node, name: 'n-3' })
      await store.removeNode('n-3')
      await store.removeNode('n-3')
      await store.saveNode(changed)
    }
    await using store = await database.open()
    const { tenants, tokens, nodes } = await store.start(1)
    expect({ tenants, tokens, nodes }).toEqual({
      tenants: [TENANT, OTHER_TENANT],
      tokens: [token],
      nodes: [changed, { ...node, name: 'n-2' }],
    })
  })

  it('refuses a second tenant of the same name', async () => {
    const database = await newDatabase()
    await using store = await database.open()
    await store.addTenant(TENANT)
    await expect(store.addTenant({ ...OTHER_TENANT, name: TENANT.name })).rejects.toBeInstanceOf(Error)
  })
}

function applicationContract(newDatabase: StoreHarness): void {
  it('gives applications back exactly as they were', async () => {
    const database = await newDatabase()
    const proven = application({
      id: 'app-0000000000000002',
      name: 'second',
      isProven: true,
      scalingPolicy: {
        ...application().scalingPolicy,
        target: { kind: 'idlePercent', low: 10, high: 20 },
        hibernateAfterMs: 60_000,
      },
      version: version(1, 'app-0000000000000002'),
    })
    const elsewhere = application({
      id: 'app-0000000000000003',
      tenantId: OTHER_TENANT.id,
      version: version(1, 'app-0000000000000003'),
    })
    {
      await using store = await opened(database)
      for (const each of [application(), proven, elsewhere]) expect(await store.addApplication(each)).toEqual(WRITTEN)
    }
    await using store = await database.open()
    expect((await store.start(1)).applications).toEqual([application(), proven, elsewhere])
  })

  it('refuses a second application of the same name in a tenant', async () => {
    const database = await newDatabase()
    await using store = await opened(database)
    await store.addApplication(application({ revision: 5 }))
    const second = application({ id: 'app-0000000000000002', version: version(1, 'app-0000000000000002') })
    expect(await store.addApplication(second)).toEqual({ kind: 'conflict', revision: 5 })
    expect((await store.start(1)).applications).toHaveLength(1)
  })

  it('adds a name only once, also when two ask at the same time', async () => {
    const database = await newDatabase()
    await using store = await opened(database)
    const ids = ['app-0000000000000001', 'app-0000000000000002', 'app-0000000000000003']
    const results = await Promise.all(
      ids.map((id) => store.addApplication(application({ id, version: version(1, id) }))),
    )
    expect(results.map(({ kind }) => kind).toSorted()).toEqual(['conflict', 'conflict', 'written'])
  })

  it('publishes versions, newest first, with the one that still serves', async () => {
    const database = await newDatabase()
    const second = application({ revision: 2, version: version(2), fallback: version(1) })
    const third = application({ revision: 3, version: version(3), fallback: version(1) })
    {
      await using store = await opened(database)
      await store.addApplication(application({ isProven: true }))
      expect(await store.publishVersion(second)).toEqual(WRITTEN)
      expect(await store.publishVersion(third)).toEqual(WRITTEN)
      expect(await store.versions(third.id)).toEqual([version(3), version(2), version(1)])
      expect(await store.versions('app-unknown')).toEqual([])
      expect(await store.application(third.id)).toEqual(third)
      expect(await store.application('app-unknown')).toBeNull()
    }
    await using store = await database.open()
    expect((await store.start(1)).applications).toEqual([third])
    await store.saveRollOut(third.id, { isProven: true, fallbackVersionId: null })
    expect((await store.start(1)).applications).toEqual([{ ...third, isProven: true, fallback: null }])
  })

  it('writes a policy only on top of the revision it was read at, also after it was opened again', async () => {
    const database = await newDatabase()
    const { id, scalingPolicy } = application()
    const policy = { ...scalingPolicy, maxPods: 7 }
    {
      await using store = await opened(database)
      await store.addApplication(application())
      expect(await store.updateScalingPolicy(id, policy, 2)).toEqual(WRITTEN)
      expect(await store.updateScalingPolicy(id, scalingPolicy, 2)).toEqual({ kind: 'conflict', revision: 2 })
      expect(await store.publishVersion(application({ revision: 2, version: version(2) }))).toEqual({
        kind: 'conflict',
        revision: 2,
      })
    }
    await using store = await database.open()
    expect(await store.updateScalingPolicy(id, scalingPolicy, 2)).toEqual({ kind: 'conflict', revision: 2 })
    expect((await store.start(1)).applications).toEqual([application({ revision: 2, scalingPolicy: policy })])
    expect(await store.versions(id)).toEqual([version(1)])
    expect(await store.updateScalingPolicy('app-unknown', policy, 1)).toEqual({ kind: 'conflict', revision: 0 })
  })

  it('lets one of many writers of a revision through', async () => {
    const database = await newDatabase()
    await using store = await opened(database)
    await store.addApplication(application())
    const { id, scalingPolicy } = application()
    const writers = Array.from({ length: 8 }, (_, maxPods) =>
      store.updateScalingPolicy(id, { ...scalingPolicy, maxPods }, 2),
    )
    const results = await Promise.all(writers)
    expect(results.filter(({ kind }) => kind === 'written')).toHaveLength(1)
  })

  it('removes an application with its versions, and keeps its sessions', async () => {
    const database = await newDatabase()
    await using store = await opened(database)
    await store.addApplication(application())
    await store.recordSessions([session('ses-1')])
    await store.removeApplication(application().id)
    await store.removeApplication('app-unknown')
    expect((await store.start(1)).applications).toEqual([])
    expect(await store.versions(application().id)).toEqual([])
    expect(await store.session('ses-1')).toEqual(session('ses-1'))
    expect(await store.addApplication(application())).toEqual(WRITTEN)
  })
}

function sessionContract(newDatabase: StoreHarness): void {
  it('gives sessions back byte for byte, and the newest row of each', async () => {
    const database = await newDatabase()
    const data = Uint8Array.from({ length: 65_536 }, (_, index) => (index * 31 + (index >> 8)) % 256)
    const first = session('ses-1', {
      request: { ...session('').request, data, idempotency: { key: 'k', fingerprint: 'f' } },
    })
    {
      await using store = await database.open()
      await store.recordSessions([first, session('ses-2')])
      expect(await store.session('ses-1')).toEqual(first)
      await store.recordSessions([inUse(first)])
    }
    await using store = await database.open()
    expect(await store.session('ses-1')).toEqual(inUse(first))
    expect(await store.session('ses-2')).toEqual(session('ses-2'))
    expect(await store.session('ses-3')).toBeNull()
  })

  it('gives up what the application was given once the session is closed, and nothing else', async () => {
    const database = await newDatabase()
    await using store = await database.open()
    const request = { ...session('').request, data: Uint8Array.of(1, 2, 3) }
    const open = inUse(session('ses-1', { request }))
    await store.recordSessions([open])
    await store.recordSessions([closed(open)])
    expect(await store.session('ses-1')).toEqual({ ...closed(open), request: { ...request, data: new Uint8Array() } })
  })

  it('hands over every session that is not closed, in the order of asking', async () => {
    const database = await newDatabase()
    const sessions = SESSION_PHASES.map((phase, index) => session(`ses-${index}`, { phase, createdAtMs: 100 - index }))
    {
      await using store = await database.open()
      await store.recordSessions(sessions)
    }
    await using store = await database.open()
    const open = sessions.filter(({ phase }) => phase !== 'closed')
    expect((await store.start(1)).sessions).toEqual(open.toReversed())
  })

  it('records ten thousand sessions at once', async () => {
    const database = await newDatabase()
    {
      await using store = await database.open()
      const sessions = Array.from({ length: 10_000 }, (_, index) => session(`ses-${index}`, { createdAtMs: index }))
      await Promise.all(sessions.map((each) => store.recordSessions([each])))
    }
    await using store = await database.open()
    const { sessions } = await store.start(1)
    expect(sessions.map(({ id }) => id)).toEqual(Array.from({ length: 10_000 }, (_, index) => `ses-${index}`))
  })

  it('keeps the last of many rows of one session that wait together', async () => {
    const database = await newDatabase()
    await using store = await database.open()
    const rows = Array.from({ length: 50 }, (_, clientCount) => session('ses-1', { clientCount }))
    await Promise.all(rows.map((row) => store.recordSessions([row])))
    expect((await store.session('ses-1'))?.clientCount).toBe(49)
  })

  it('records text of any kind that an application may have said', async () => {
    const database = await newDatabase()
    await using store = await database.open()
    const said = '\0 \ud800 ünï \u{1f600} "\\u0000" \n'
    const request = { ...session('').request, env: { SAID: said, SHORT: '\\u0000' } }
    await store.recordSessions([session('ses-1', { closeMessage: said, request })])
    const found = await store.session('ses-1')
    expect(readable(found?.closeMessage)).toBe(readable(said))
    expect(readable(found?.request.env['SAID'])).toBe(readable(said))
    expect(found?.request.env['SHORT']).toBe('\\u0000')
  })

  it('finds the session that a key opened, for as long as it counts', async () => {
    const database = await newDatabase()
    await using store = await database.open()
    const keyed = (id: string, createdAtMs: number, applicationId: string): Session =>
      session(id, {
        createdAtMs,
        applicationId,
        request: { ...session('').request, idempotency: { key: 'k', fingerprint: id } },
      })
    const [old, fresh, other] = [
      keyed('ses-1', 100, 'app-1'),
      keyed('ses-2', 200, 'app-1'),
      keyed('ses-3', 300, 'app-2'),
    ]
    await store.recordSessions([old, fresh, other, session('ses-4', { applicationId: 'app-1' })])
    expect(await store.sessionOfKey('app-1', 'k', 0)).toEqual(fresh)
    expect(await store.sessionOfKey('app-1', 'k', 200)).toEqual(fresh)
    expect(await store.sessionOfKey('app-1', 'k', 201)).toBeNull()
    expect(await store.sessionOfKey('app-1', 'K', 0)).toBeNull()
    expect(await store.sessionOfKey('app-3', 'k', 0)).toBeNull()
  })
}

function historyContract(newDatabase: StoreHarness): void {
  it('pages through the history, newest first, without a gap or a repetition, under every filter', async () => {
    const database = await newDatabase()
    await using store = await database.open()
    const recorded = new Map<string, Session>()
    const sessions = uniqueArray(
      record({
        id: integer({ min: 0, max: 99 }),
        createdAtMs: integer({ min: 1, max: 20 }),
        tenantId: constantFrom('ten-1', 'ten-2'),
        applicationId: constantFrom('app-1', 'app-2', 'app-3'),
        nodeName: constantFrom('n-1', 'n-2', null),
        phase: constantFrom(...SESSION_PHASES),
        team: constantFrom('red', 'blue', null),
        size: constantFrom('s', 'l'),
      }),
      { selector: ({ id }) => id, maxLength: 30 },
    )
    const queries = record({
      first: integer({ min: 1, max: 40 }),
      tenantId: constantFrom('ten-1', 'ten-2', null),
      applicationId: constantFrom('app-1', 'app-2', null),
      nodeName: constantFrom('n-1', null),
      phases: constantFrom(['closed'] as const, ['pending', 'inUse', 'closed'] as const, [], null),
      labels: constantFrom({}, { team: 'red' }, { team: 'red', size: 'l' }, { team: '' }),
    })
    const property = asyncProperty(sessions, array(queries, { minLength: 4, maxLength: 8 }), async (drawn, asked) => {
      const rows = drawn.map(({ id, team, size, ...rest }) => {
        const labels = { size, ...(team === null ? {} : { team }) }
        return session(`ses-${`${id}`.padStart(4, '0')}`, { ...rest, request: { ...session('').request, labels } })
      })
      await store.recordSessions(rows)
      for (const row of rows) recorded.set(row.id, row)
      for (const query of asked) {
        const pages = await readPages(store, query)
        expect(pages.map(({ id }) => id)).toEqual(expectedIds([...recorded.values()], query))
      }
    })
    await assert(property, { numRuns: 25 })
  })

  it('has no history where nothing matches', async () => {
    const database = await newDatabase()
    await using store = await database.open()
    await store.recordSessions([session('ses-1')])
    expect(await store.sessionHistory(EVERYTHING)).toEqual([session('ses-1')])
    expect(await store.sessionHistory({ ...EVERYTHING, labels: { team: 're' } })).toEqual([])
    expect(await store.sessionHistory({ ...EVERYTHING, labels: { 'fornax.dev/"odd"': "it's" } })).toHaveLength(1)
    expect(await store.sessionHistory({ ...EVERYTHING, before: { createdAtMs: 0, id: '' } })).toEqual([])
  })
}

const WRITTEN = { kind: 'written' }

/** Opened, with the tenants that applications need. */
async function opened(database: { open(): Promise<Store> }): Promise<Store> {
  const store = await database.open()
  await store.addTenant(TENANT)
  await store.addTenant(OTHER_TENANT)
  return store
}

/** All pages of a query, by the key of the last session of each. */
async function readPages(store: Store, query: Omit<SessionHistoryQuery, 'before'>): Promise<Session[]> {
  const found: Session[] = []
  for (;;) {
    const last = found.at(-1)
    const before = last === undefined ? null : { createdAtMs: last.createdAtMs, id: last.id }
    const page = await store.sessionHistory({ ...query, before })
    expect(page.length).toBeLessThanOrEqual(query.first)
    found.push(...page)
    if (page.length < query.first) return found
  }
}

function expectedIds(sessions: readonly Session[], query: Omit<SessionHistoryQuery, 'before'>): string[] {
  const { tenantId, applicationId, nodeName, phases, labels } = query
  const matching = sessions
    .filter((each) => tenantId === null || each.tenantId === tenantId)
    .filter((each) => applicationId === null || each.applicationId === applicationId)
    .filter((each) => nodeName === null || each.nodeName === nodeName)
    .filter((each) => phases?.includes(each.phase) ?? true)
    .filter(({ request }) => Object.entries(labels).every(([name, value]) => request.labels[name] === value))
  const key = ({ createdAtMs, id }: Session): string => `${`${createdAtMs}`.padStart(20, '0')} ${id}`
  return matching.toSorted((a, b) => (key(a) < key(b) ? 1 : -1)).map(({ id }) => id)
}

/** Not every database has the character 0 and half characters. */
function readable(text: string | null | undefined): string | undefined {
  return text?.toWellFormed().replaceAll('\0', '\ufffd')
}
