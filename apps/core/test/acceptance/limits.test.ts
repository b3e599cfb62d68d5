/** How much one client may ask for: status over HTTP, and the same code over WebSocket. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ask, bearer, startTestServer, type TestServer } from './test-server.ts'
import { connect } from './test-socket.ts'

let server: TestServer

beforeAll(async () => {
  server = await startTestServer()
})

afterAll(() => server[Symbol.asyncDispose]())

const INVALID = 'GRAPHQL_VALIDATION_FAILED'
const SESSION = 'id phase closeReason createdAt labels { name value } endpoints { url } timeline { step sinceAskedMs }'
const APPLICATION =
  'id name revision pool { total } version { image env { name value } ports { name } } versions { id }'
const FULL_PAGE = `{ sessions(first: 500) { edges { cursor node {
  ${SESSION} application { ${APPLICATION} } pod { id phase node { id name labels { name value } } sessions { id } }
} } pageInfo { endCursor hasNextPage } } }`

describe('a document', () => {
  it.each<[what: string, document: string, code: string | null]>([
    ['of 10 levels', path('pods edges node sessions pod sessions application version ports name'), null],
    [
      'of 12 levels',
      path('pods edges node sessions pod sessions pod sessions application version ports name'),
      INVALID,
    ],
    ['with 15 aliases', aliases(15), null],
    ['with 16 aliases', aliases(16), INVALID],
    ['with 20 directives', `{ viewer { ${'role @include(if: true) '.repeat(20)} } }`, null],
    ['with 21 directives', `{ viewer { ${'role @include(if: true) '.repeat(21)} } }`, INVALID],
    ['of 1000 tokens', tokens(1_000), null],
    ['of 1001 tokens', tokens(1_001), 'GRAPHQL_PARSE_FAILED'],
    ['for a full page with everything', FULL_PAGE, null],
    [
      'for full pages again and again',
      `{ ${['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map((name) => `${name}: ${FULL_PAGE.slice(1, -1)}`).join(' ')} }`,
      INVALID,
    ],
    ['that comes back to sessions', '{ sessions { edges { node { pod { sessions { id } } } } } }', null],
    [
      'that comes back to sessions twice',
      '{ sessions { edges { node { pod { sessions { pod { sessions { id } } } } } } } }',
      INVALID,
    ],
    [
      'that comes back to sessions twice by fragments',
      `{ sessions { edges { node { ...S } } } } fragment S on Session { pod { ...P } }
       fragment P on Pod { sessions { pod { sessions { id } } } }`,
      INVALID,
    ],
    ['whose fragments multiply', multiplying(), INVALID],
    ['whose fragments go in circles', '{ viewer { ...A } } fragment A on Viewer { ...A }', INVALID],
    ['for introspection, as tools ask', introspection(), null],
  ])('%s', async (_what, document, code) => {
    const { status, errors } = await ask(server, document)
    expect(errors?.[0]?.extensions['code'] ?? null).toBe(code)
    expect(status).toBe(code === null ? 200 : 400)
    await using socket = await connect(server)
    socket.subscribe('1', document)
    const { type, payload } = await socket.next()
    expect(type).toBe(code === null ? 'next' : 'error')
    if (code !== null) expect(Object(payload)[0]).toMatchObject({ extensions: { code } })
  })

  it('is refused quickly, however its fragments multiply', async () => {
    const startMs = performance.now()
    await ask(server, multiplying())
    expect(performance.now() - startMs).toBeLessThan(5_000)
  })
})

describe('pages', () => {
  it.each([
    ['0 objects', 'sessions(first: 0)', 'BAD_USER_INPUT'],
    ['a negative number', 'pods(first: -1)', 'BAD_USER_INPUT'],
    ['another list’s cursor', 'applications(after: "x")', 'BAD_USER_INPUT'],
  ])('of %s are refused', async (_what, field, code) => {
    const { errors } = await ask(server, `{ ${field} { edges { cursor } } }`)
    expect(errors).toMatchObject([{ extensions: { code } }])
  })

  it('hold 500 objects at most, and say that more follow', async () => {
    const { core } = server
    const application = core.fleet.addApplication(core.tenants.idOf('acme'), 'many')
    for (let i = 0; i < 501; i += 1) core.fleet.addPod(application)
    const { data } = await ask(server, '{ pods(first: 100000) { edges { cursor } pageInfo { hasNextPage } } }')
    const { edges, pageInfo } = Object(data?.['pods'])
    expect(edges).toHaveLength(500)
    expect(pageInfo).toEqual({ hasNextPage: true })
  })

  it('of one request hold 2000 objects together, also when their sizes are variables', async () => {
    const pages = (count: number): string =>
      Array.from({ length: count }, (_, i) => `p${i}: pods(first: $first) { edges { cursor } }`).join(' ')
    const variables = { first: 500 }
    const four = await ask(server, `query ($first: Int) { ${pages(4)} }`, { variables })
    expect(four.errors).toBeUndefined()
    const five = await ask(server, `query ($first: Int) { ${pages(5)} }`, { variables })
    expect(five.errors).toMatchObject([{ extensions: { code: 'LIMIT_EXCEEDED' } }])
  })

  it('share their 2000 objects with the activity of the audit, which reads thousands of records, and comes twice', async () => {
    const readings = (count: number): string =>
      `{ ${Array.from({ length: count }, (_, i) => `a${i}: auditActivity { countedSince }`).join(' ')} }`
    const two = await ask(server, readings(2))
    expect(two.errors).toBeUndefined()
    const three = await ask(server, readings(3))
    expect(three.errors).toMatchObject([{ extensions: { code: 'LIMIT_EXCEEDED' } }])
  })
})

describe('openSessions', () => {
  it('opens 500 at most', async () => {
    const document =
      'mutation ($input: OpenSessionsInput!) { openSessions(input: $input) { results { problem { __typename } } } }'
    const inputs = (count: number): object => ({
      input: { sessions: Array.from({ length: count }, () => ({ application: 'x' })) },
    })
    const most = await ask(server, document, { variables: inputs(500) })
    expect(Object(most.data?.['openSessions']).results).toHaveLength(500)
    const more = await ask(server, document, { variables: inputs(501) })
    expect(more.errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }])
  })

  it('takes 64 KiB of data in one session, and refuses one byte more before anything happens', async () => {
    const { core } = server
    core.fleet.addApplication(core.tenants.idOf('acme'), 'data')
    const before = [...core.fleet.sessions()].length
    const document = `mutation ($data: Bytes) { openSession(input: { application: "data", data: $data }) {
      session { phase } problem { __typename ... on InvalidInput { field } } } }`
    const data = (bytes: number): string => Buffer.alloc(bytes, 1).toString('base64')
    const tooLarge = await ask(server, document, { variables: { data: data(64 * 1024 + 1) } })
    expect(tooLarge.data).toEqual({
      openSession: { session: null, problem: { __typename: 'InvalidInput', field: 'data' } },
    })
    expect([...core.fleet.sessions()]).toHaveLength(before)
    const fits = await ask(server, document, { variables: { data: data(64 * 1024) } })
    expect(fits.data).toEqual({ openSession: { session: { phase: 'AVAILABLE' }, problem: null } })
  })
})

describe('a body', () => {
  const post = (body: string | Uint8Array | ReadableStream, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { authorization: bearer('acme', 'viewer'), 'content-type': 'application/json', ...headers },
      body,
      ...(body instanceof ReadableStream && { duplex: 'half' }),
    })
  const query = (characters: number): string => {
    const frame = JSON.stringify({ query: '{ viewer { role } }', extensions: { x: '' } })
    return frame.replace('"x":""', `"x":"${'x'.repeat(characters - frame.length)}"`)
  }
  const MIB = 1024 * 1024

  it.each<[what: string, send: () => Promise<Response>, status: number, message: string]>([
    ['of 1 MiB', () => post(query(MIB)), 200, ''],
    ['of a byte more', () => post(query(MIB + 1)), 413, 'larger than 1048576 bytes'],
    [
      'of a byte more, without saying so before',
      () => post(streamOf(query(MIB + 1))),
      413,
      'larger than 1048576 bytes',
    ],
    ['that is not JSON', () => post('{"query":'), 400, 'not JSON'],
    ['that is empty', () => post(''), 400, 'not JSON'],
    ['that is a list', () => post('[]'), 400, ''],
    ['that is null', () => post('null'), 400, ''],
    ['of a batch', () => post('[{"query":"{ viewer { role } }"}]'), 400, 'batching'],
    [
      'of another type',
      () => post('query=x', { 'content-type': 'application/x-www-form-urlencoded' }),
      415,
      'application/json',
    ],
    ['of plain text', () => post('{}', { 'content-type': 'text/plain' }), 415, 'application/json'],
    ['in another charset', () => post('{}', { 'content-type': 'application/json; charset=latin1' }), 415, 'UTF-8'],
    ['that is compressed', () => post('{}', { 'content-encoding': 'gzip' }), 415, 'gzip'],
  ])('%s', async (_what, send, status, message) => {
    const response = await send()
    expect(response.status).toBe(status)
    expect(response.headers.get('content-type')).toMatch(/^application\/json; ?charset=utf-8$/)
    const body = await response.json()
    if (status === 200) expect(body).toEqual({ data: { viewer: { role: 'VIEWER' } } })
    else expect(Object(body).errors).toMatchObject([{ message: expect.stringContaining(message) }])
  })

  it('is not asked for of whom nobody knows', async () => {
    const response = await post(query(MIB), { authorization: 'Bearer nobody' })
    expect(response.status).toBe(401)
  })

  it('that could come from a form of another site is refused', async () => {
    const response = await fetch(`${server.url}/graphql?query={viewer{role}}`, {
      headers: { authorization: bearer('acme', 'viewer') },
    })
    expect(response.status).toBe(400)
    expect(await response.text()).toContain('CSRF')
  })
})

function streamOf(text: string): ReadableStream {
  return new Blob([text]).stream()
}

/** A document that goes down one path. */
function path(fields: string): string {
  return `{ ${fields.replaceAll(' ', ' { ')} ${'} '.repeat(fields.split(' ').length)}`
}

/** A document of so many tokens: 19 around a list. */
function tokens(count: number): string {
  return `{ sessions(where: { phases: [${'CLOSED '.repeat(count - 19)}] }) { edges { cursor } } }`
}

function aliases(count: number): string {
  return `{ viewer { ${Array.from({ length: count }, (_, i) => `a${i}: role`).join(' ')} } }`
}

/** Each fragment spreads the next one twice. */
function multiplying(): string {
  const fragments = Array.from({ length: 60 }, (_, i) => `fragment F${i} on Viewer { ...F${i + 1} ...F${i + 1} }`)
  return `{ viewer { ...F0 } } ${fragments.join(' ')} fragment F60 on Viewer { role }`
}

function introspection(): string {
  return '{ __schema { types { name fields { name type { ofType { ofType { ofType { name } } } } } } } }'
}
