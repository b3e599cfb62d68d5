/** The past and the reasons, through the API: what is shown, what is refused, and to whom. */
import { describe, expect, it } from 'vitest'
import { FakeCorePort } from './fake-core-port.ts'
import { ask, bearer, startTestServer } from './test-server.ts'
import { connect } from './test-socket.ts'

const FIELDS = 'id kind severity message count tenant applicationName nodeName lastLogLines'

describe('events', () => {
  it('are listed newest first, by filter, page by page', async () => {
    await using server = await startTestServer({ core: worldOfTwo() })
    const all = await read(
      server,
      `{ events(first: 2) { edges { node { ${FIELDS} } } pageInfo { hasNextPage endCursor } } }`,
    )
    expect(all.events.edges.map(({ node }: Edge) => node['message'])).toEqual(['globex failed', 'node lost'])
    const after = all.events.pageInfo.endCursor
    const rest = await read(
      server,
      `{ events(after: "${after}") { edges { node { message } } pageInfo { hasNextPage } } }`,
    )
    expect(rest.events).toMatchObject({
      edges: [{ node: { message: 'acme failed' } }],
      pageInfo: { hasNextPage: false },
    })
    for (const where of [
      'kinds: [POD_FAILED], tenant: "acme"',
      'application: "hello"',
      'severities: [ERROR], nodeName: "one"',
    ]) {
      const found = await read(server, `{ events(where: { ${where} }) { edges { node { message } } } }`)
      expect(found.events.edges).toEqual([{ node: { message: 'acme failed' } }])
    }
  })

  it('of another tenant, and of the platform, are not there for a tenant: not in lists, not by id, not in a watch', async () => {
    const core = worldOfTwo()
    await using server = await startTestServer({ core })
    const authorization = bearer('acme', 'developer')
    const mine = await read(server, `{ events { edges { node { id message tenant } } } }`, authorization)
    expect(mine.events.edges.map(({ node }: Edge) => node['message'])).toEqual(['acme failed'])
    const theirs = await read(
      server,
      `{ events(where: { tenant: "globex" }) { edges { node { id } } } }`,
      authorization,
    )
    expect(theirs.events.edges).toEqual([])
    for (const { id, tenantId } of core.fleet.events.all()) {
      const { node } = await read(server, `{ node(id: "${id}") { id } }`, authorization)
      expect(node === null).toBe(tenantId !== core.tenants.idOf('acme'))
    }
    await using socket = await connect(server, authorization)
    socket.subscribe(
      'w',
      `subscription { watchEvents { __typename ... on EventSnapshot { events { message } } ... on EventChanges { upserted { message } removedIds } } }`,
    )
    expect(await socket.nextData()).toMatchObject({ watchEvents: { events: [{ message: 'acme failed' }] } })
    note(core, 'globex', 'globex again')
    note(core, null, 'node back')
    note(core, 'acme', 'acme again')
    expect(await socket.nextData()).toEqual({
      watchEvents: { __typename: 'EventChanges', upserted: [{ message: 'acme again' }], removedIds: [] },
    })
  })

  it.each(['operator', 'viewer'] as const)(
    'are followed by an %s from where a list was read, without a gap, and one that is counted on comes again',
    async (role) => {
      const core = worldOfTwo()
      await using server = await startTestServer({ core })
      const { events } = await read(server, '{ events { resourceVersion } }', bearer('acme', role))
      note(core, null, 'node back')
      note(core, 'globex', 'globex again')
      note(core, 'acme', 'acme again')
      await using socket = await connect(server, bearer('acme', role))
      const document = `subscription ($after: ResourceVersion) {
        watchEvents(after: $after, where: { kinds: [POD_FAILED], application: "hello" }) {
          ... on EventChanges { upserted { message count } } } }`
      socket.subscribe('w', document, { after: events.resourceVersion })
      expect(await socket.nextData()).toEqual({ watchEvents: { upserted: [{ message: 'acme again', count: 1 }] } })
      note(core, 'acme', 'acme again')
      expect(await socket.nextData()).toEqual({ watchEvents: { upserted: [{ message: 'acme again', count: 2 }] } })
    },
  )

  it('that a tenant missed are told by the log, and none of them is of somebody else', async () => {
    const core = worldOfTwo()
    await using server = await startTestServer({ core })
    const authorization = bearer('acme', 'viewer')
    const { events } = await read(server, '{ events { resourceVersion } }', authorization)
    note(core, null, 'node back')
    note(core, 'globex', 'globex again')
    note(core, 'acme', 'acme again')
    await using socket = await connect(server, authorization)
    const document = `subscription ($after: ResourceVersion) { watchEvents(after: $after) {
      __typename ... on EventChanges { upserted { message } removedIds } } }`
    socket.subscribe('w', document, { after: events.resourceVersion })
    expect(await socket.nextData()).toEqual({
      watchEvents: { __typename: 'EventChanges', upserted: [{ message: 'acme again' }], removedIds: [] },
    })
  })
})

describe('spans of time', () => {
  it.each([
    ['from: "yesterday"', 'write an instant as'],
    ['from: "2026-01-02T00:00:00Z", until: "2026-01-01T00:00:00Z"', 'swap them'],
    ['stepMs: 0', 'more than 0'],
  ])('%s are refused, with a remedy', async (window, remedy) => {
    await using server = await startTestServer()
    const { errors } = await ask(server, `{ latencyHistory(window: { ${window} }) { stepMs } }`)
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }])
    expect(errors?.[0]?.message).toContain(remedy)
  })
})

describe('lists of nodes', () => {
  it('are sorted as asked, with cursors of their own, and found by what their names hold', async () => {
    const core = new FakeCorePort()
    for (const [name, sessionCount] of [
      ['a', 1],
      ['b', 9],
      ['c', 5],
    ] as const)
      core.fleet.putNode(name, { sessionCount })
    await using server = await startTestServer({ core })
    const page = '{ edges { node { name } } pageInfo { endCursor } }'
    const busiest = await read(server, `{ computeNodes(orderBy: SESSION_COUNT, first: 2) ${page} }`)
    expect(busiest.computeNodes.edges.map(({ node }: Edge) => node['name'])).toEqual(['b', 'c'])
    const cursor = busiest.computeNodes.pageInfo.endCursor
    const next = await read(server, `{ computeNodes(orderBy: SESSION_COUNT, after: "${cursor}") ${page} }`)
    expect(next.computeNodes.edges.map(({ node }: Edge) => node['name'])).toEqual(['a'])
    const { errors } = await ask(server, `{ computeNodes(after: "${cursor}") ${page} }`)
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }])
    const found = await read(server, `{ computeNodes(where: { nameContains: "B" }) ${page} }`)
    expect(found.computeNodes.edges).toEqual([{ node: { name: 'b' } }])
  })
})

describe('many sessions', () => {
  it('are closed at once, each with its own answer, and those of another tenant are not there', async () => {
    const core = new FakeCorePort()
    const [mine, theirs] = ['acme', 'globex'].map((tenant) => {
      const application = core.fleet.addApplication(core.tenants.idOf(tenant), 'hello')
      return core.fleet.addSession(application, { phase: 'available' }).id
    })
    await using server = await startTestServer({ core })
    const close = `mutation ($ids: [ID!]!) { closeSessions(input: { ids: $ids }) { results { session { id phase } problem { __typename } } } }`
    const authorization = bearer('acme', 'developer')
    const { data } = await ask(server, close, { authorization, variables: { ids: [mine, theirs] } })
    expect(data).toEqual({
      closeSessions: {
        results: [
          { session: { id: mine, phase: 'CLOSED' }, problem: null },
          { session: null, problem: { __typename: 'SessionNotFound' } },
        ],
      },
    })
    const ids = Array.from({ length: 501 }, (_, at) => `ses-${at}`)
    expect((await ask(server, close, { authorization, variables: { ids } })).errors).toMatchObject([
      { extensions: { code: 'BAD_USER_INPUT' } },
    ])
  })
})

describe('placements', () => {
  it('say why a session has its pod, and why a pod has its node', async () => {
    const core = new FakeCorePort()
    core.fleet.putNode('one')
    const application = core.fleet.addApplication(core.tenants.idOf('acme'), 'hello')
    const pod = core.fleet.addPod(application, { nodeName: 'one' })
    const timeline = [
      { step: 'asked', atMs: 1_000 },
      { step: 'podTaken', atMs: 1_000, pod: { kind: 'hot' } },
    ] as const
    const taken = { phase: 'available', podId: pod.id, nodeName: 'one', createdAtMs: 1_000, timeline } as const
    const session = core.fleet.addSession(application, taken)
    const waiting = core.fleet.addPod(application, { nodeName: null, phase: 'pending' })
    core.fleet.shortages.set(application.definition.id, { considered: 3, cpu: 3, memory: 1, pods: 0 })
    await using server = await startTestServer({ core })
    const fields = 'message choice { nodesCompared hadVersion } shortage { considered message }'
    const answer = await read(
      server,
      `{ session(id: "${session.id}") { placement { podOrigin waitedMs ${fields} } } pod(id: "${waiting.id}") { placement { ${fields} } } }`,
    )
    expect(answer.session.placement).toEqual({
      podOrigin: 'HOT',
      waitedMs: 0,
      message:
        'A pod stood by: warm. It runs on one, which was the best of 3 nodes with room: it had the version already, and 2 pods of the application.',
      choice: { nodesCompared: 3, hadVersion: true },
      shortage: null,
    })
    expect(answer.pod.placement).toEqual({
      message: 'It waits for room: of 3 suitable nodes, 3 lack CPU, 1 lack memory.',
      choice: null,
      shortage: { considered: 3, message: 'of 3 suitable nodes, 3 lack CPU, 1 lack memory' },
    })
  })
})

type Edge = { readonly node: Record<string, unknown> }
type Server = Parameters<typeof ask>[0]

/** A test knows the shape of what it asked for. */
async function read(server: Server, query: string, authorization = bearer('acme', 'operator')) {
  const { data, errors } = await ask(server, query, { authorization })
  expect(errors).toBeUndefined()
  return Object(data)
}

let atMs = 0
const NODES: Readonly<Record<string, string>> = { acme: 'one', globex: 'three' }

function note(core: FakeCorePort, tenant: string | null, message: string): void {
  const tenantId = tenant === null ? null : core.tenants.idOf(tenant)
  const about =
    tenant === null ? { nodeName: 'two' } : { nodeName: NODES[tenant] ?? null, applicationId: `app-${tenant}` }
  const named = { ...about, applicationName: tenant === 'acme' ? 'hello' : null, tenantId, sameness: message }
  const kind = tenant === null ? 'nodeLost' : 'podFailed'
  core.fleet.events.note({ kind, severity: tenant === null ? 'warning' : 'error', message, ...named }, (atMs += 1))
}

function worldOfTwo(): FakeCorePort {
  const core = new FakeCorePort()
  note(core, 'acme', 'acme failed')
  note(core, null, 'node lost')
  note(core, 'globex', 'globex failed')
  return core
}
