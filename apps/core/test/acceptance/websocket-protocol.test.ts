/** graphql-transport-ws, case by case from its protocol, over raw sockets against a real server. */
import { describe, expect, it } from 'vitest'
import { FakeCorePort } from './fake-core-port.ts'
import { bearer, startTestServer } from './test-server.ts'
import { connect, openSocket } from './test-socket.ts'

const VIEWER = '{ viewer { role tenant } }'
const WATCH = 'subscription { watchSessions { __typename ... on SessionChanges { upserted { id } } } }'
const SNAPSHOT = { watchSessions: { __typename: 'SessionSnapshot' } }
const OPEN = 'mutation { openSession(input: { application: "hello" }) { session { id phase } } }'

describe('the handshake', () => {
  it('closes a socket without the subprotocol', async () => {
    await using server = await startTestServer()
    await using socket = await openSocket(server, { subprotocols: [] })
    expect(await socket.closed).toEqual({ code: 4406, reason: 'Subprotocol not acceptable' })
  })

  it('agrees to no subprotocol but its own', async () => {
    await using server = await startTestServer()
    await expect(openSocket(server, { subprotocols: ['graphql-ws'] })).rejects.toThrow('Server sent no subprotocol')
    await using socket = await openSocket(server, { subprotocols: ['graphql-ws', 'graphql-transport-ws'] })
    expect(socket.protocol).toBe('graphql-transport-ws')
  })

  it('makes no socket of another path', async () => {
    await using server = await startTestServer()
    await expect(openSocket(server, { path: '/metrics' })).rejects.toThrow('404')
  })

  it('closes a socket that never says who it is', async () => {
    await using server = await startTestServer({ initTimeoutMs: 20 })
    await using socket = await openSocket(server)
    expect(await socket.closed).toEqual({ code: 4408, reason: 'Connection initialisation timeout' })
  })

  it('acknowledges the first connection_init and closes at the second', async () => {
    await using server = await startTestServer()
    await using socket = await connect(server)
    socket.send({ type: 'connection_init', payload: { authorization: bearer('acme', 'operator') } })
    expect(await socket.closed).toEqual({ code: 4429, reason: 'Too many initialisation requests' })
  })

  it.each([
    ['without a token', undefined],
    ['with a token of nobody', { authorization: 'Bearer nobody' }],
    ['with something else than a bearer token', { authorization: 'Basic YTpi' }],
    ['with something else than text', { authorization: 7 }],
  ])('refuses a connection_init %s', async (_which, payload) => {
    await using server = await startTestServer()
    await using socket = await openSocket(server)
    socket.send({ type: 'connection_init', payload })
    expect(await socket.closed).toEqual({ code: 4403, reason: 'Forbidden' })
  })

  it('takes the token from the header of the upgrade, as proxies set it', async () => {
    await using server = await startTestServer()
    await using socket = await openSocket(server, { headers: { authorization: bearer('globex', 'viewer') } })
    socket.send({ type: 'connection_init' })
    expect(await socket.next()).toEqual({ type: 'connection_ack' })
    socket.subscribe('1', VIEWER)
    expect(await socket.nextData()).toEqual({ viewer: { role: 'VIEWER', tenant: 'globex' } })
  })

  it('closes a socket that subscribes before it is acknowledged', async () => {
    await using server = await startTestServer()
    await using socket = await openSocket(server)
    socket.subscribe('1', VIEWER)
    expect(await socket.closed).toEqual({ code: 4401, reason: 'Unauthorized' })
  })
})

describe('messages', () => {
  it.each([
    ['that is not JSON', '{'],
    ['that is not an object', '[]'],
    ['of an unknown type', { type: 'start', id: '1' }],
    ['without a type', { id: '1' }],
    ['that subscribes without an id', { type: 'subscribe', payload: { query: VIEWER } }],
    ['that subscribes without a query', { type: 'subscribe', id: '1', payload: {} }],
  ])('closes at a message %s', async (_which, message) => {
    await using server = await startTestServer()
    await using socket = await connect(server)
    socket.send(message)
    expect(await socket.closed).toEqual({ code: 4400, reason: 'Invalid message received' })
  })

  it('closes at a message that is too large', async () => {
    await using server = await startTestServer()
    await using socket = await connect(server)
    socket.subscribe('1', `{ viewer { role } } # ${'x'.repeat(1024 * 1024)}`)
    expect(await socket.closed).toMatchObject({ code: 1009 })
  })

  it('answers a ping with a pong, also before the handshake, and with its payload', async () => {
    await using server = await startTestServer()
    await using socket = await openSocket(server)
    socket.send({ type: 'ping' })
    expect(await socket.next()).toEqual({ type: 'pong' })
    socket.send({ type: 'ping', payload: { at: 7 } })
    expect(await socket.next()).toEqual({ type: 'pong', payload: { at: 7 } })
  })

  it('takes a pong nobody asked for', async () => {
    await using server = await startTestServer()
    await using socket = await connect(server)
    socket.send({ type: 'pong' })
    socket.send({ type: 'ping' })
    expect(await socket.next()).toEqual({ type: 'pong' })
  })
})

describe('operations', () => {
  it('answers a query and completes it', async () => {
    await using server = await startTestServer()
    await using socket = await connect(server)
    socket.subscribe('q', VIEWER)
    const payload = { data: { viewer: { role: 'OPERATOR', tenant: 'acme' } } }
    expect(await socket.next()).toEqual({ type: 'next', id: 'q', payload })
    expect(await socket.next()).toEqual({ type: 'complete', id: 'q' })
  })

  it('answers a document that does not parse or is not valid with an error, and goes on', async () => {
    await using server = await startTestServer()
    await using socket = await connect(server)
    socket.subscribe('1', '{ viewer {')
    expect(await socket.next()).toMatchObject({
      type: 'error',
      id: '1',
      payload: [{ extensions: { code: 'GRAPHQL_PARSE_FAILED' } }],
    })
    socket.subscribe('1', '{ nobody }')
    expect(await socket.next()).toMatchObject({
      type: 'error',
      id: '1',
      payload: [{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }],
    })
    socket.subscribe('1', VIEWER)
    expect(await socket.next()).toMatchObject({ type: 'next', id: '1' })
  })

  it('answers a variable of the wrong type with the code of a bad request', async () => {
    await using server = await startTestServer()
    await using socket = await connect(server)
    socket.subscribe('1', 'query ($first: Int!) { pods(first: $first) { edges { cursor } } }', { first: 'x' })
    const message = await socket.next()
    expect(message).toMatchObject({ type: 'next', payload: { errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] } })
    expect(message.payload).not.toHaveProperty('data')
  })

  it('closes at a second operation with the id of one that runs', async () => {
    await using server = await startTestServer()
    await using socket = await connect(server)
    socket.subscribe('w', WATCH)
    expect(await socket.nextData()).toEqual(SNAPSHOT)
    socket.subscribe('w', WATCH)
    expect(await socket.closed).toEqual({ code: 4409, reason: 'Subscriber for w already exists' })
  })

  it('takes an id again once its operation is complete', async () => {
    await using server = await startTestServer()
    await using socket = await connect(server)
    for (let round = 0; round < 3; round += 1) {
      socket.subscribe('1', VIEWER)
      expect(await socket.next()).toMatchObject({ type: 'next', id: '1' })
      expect(await socket.next()).toEqual({ type: 'complete', id: '1' })
    }
  })

  it('sends nothing more of a subscription that the client completed, and ends it although it is quiet', async () => {
    await using server = await startTestServer()
    const application = server.core.fleet.addApplication(server.core.tenants.idOf('acme'), 'hello')
    await using socket = await connect(server)
    socket.subscribe('w', WATCH)
    expect(await socket.nextData()).toEqual(SNAPSHOT)
    socket.send({ type: 'complete', id: 'w' })
    await socket.settle()
    server.core.fleet.addSession(application)
    await socket.settle()
    expect(socket.waiting).toEqual([])
    socket.subscribe('w', WATCH) // The id is free again.
    expect(await socket.nextData()).toEqual(SNAPSHOT)
  })

  it('ignores a complete for an operation that does not run', async () => {
    await using server = await startTestServer()
    await using socket = await connect(server)
    socket.send({ type: 'complete', id: 'nothing' })
    await socket.settle()
  })

  it('lets 50 operations run on a socket, and refuses the next one alone', async () => {
    await using server = await startTestServer()
    await using socket = await connect(server)
    for (let i = 0; i < 50; i += 1) {
      socket.subscribe(`w${i}`, WATCH)
      expect(await socket.nextData()).toEqual(SNAPSHOT)
    }
    socket.subscribe('one more', VIEWER)
    expect(await socket.next()).toMatchObject({
      type: 'error',
      id: 'one more',
      payload: [{ extensions: { code: 'LIMIT_EXCEEDED' } }],
    })
    socket.send({ type: 'complete', id: 'w0' })
    socket.subscribe('again', VIEWER)
    expect(await socket.next()).toMatchObject({ type: 'next', id: 'again' })
  })
})

describe('who leaves', () => {
  it.each([
    ['completes the operation', { type: 'complete', id: 'o' }],
    ['loses its socket', null],
  ])('tells the use-case when the client %s before the answer', async (_how, message) => {
    const core = new FakeCorePort()
    const held = Promise.withResolvers<void>()
    core.hold = held.promise
    core.fleet.addApplication(core.tenants.idOf('acme'), 'hello')
    await using server = await startTestServer({ core })
    await using socket = await connect(server)
    socket.subscribe('o', OPEN)
    await expect.poll(() => [...core.fleet.sessions()].length).toBe(1)
    if (message) socket.send(message)
    else socket.drop()
    await expect.poll(() => core.clientsGone).toHaveLength(1)
    held.resolve()
  })

  it('ends the sockets of a revoked token, and those alone', async () => {
    await using server = await startTestServer()
    const { tenants } = server.core
    await using revoked = await connect(server, bearer('acme', 'viewer'))
    await using other = await connect(server, bearer('acme', 'developer'))
    revoked.subscribe('w', WATCH)
    expect(await revoked.nextData()).toEqual(SNAPSHOT)
    const token = [...tenants.tokens()].find(
      ({ role, tenantId }) => role === 'viewer' && tenantId === tenants.idOf('acme'),
    )
    other.subscribe('r', `mutation { revokeApiToken(input: { id: "${token?.id}" }) { problem { __typename } } }`)
    expect(await other.nextData()).toEqual({ revokeApiToken: { problem: { __typename: 'NotAllowed' } } })
    await using admin = await connect(server, bearer('acme', 'admin'))
    admin.subscribe('r', `mutation { revokeApiToken(input: { id: "${token?.id}" }) { problem { __typename } } }`)
    expect(await admin.nextData()).toEqual({ revokeApiToken: { problem: null } })
    expect(await revoked.closed).toEqual({ code: 4403, reason: 'The token was revoked' })
    await other.settle()
  })

  it('says goodbye when the server stops', async () => {
    const server = await startTestServer()
    await using socket = await connect(server)
    socket.subscribe('w', WATCH)
    expect(await socket.nextData()).toEqual(SNAPSHOT)
    await server[Symbol.asyncDispose]()
    expect(await socket.closed).toEqual({ code: 1001, reason: 'Going away' })
  })
})
