/** The server around the API: its probes, its start and end, and what it says when something goes wrong. */
import { createServer } from 'node:http'
import { once } from 'node:events'
import { connect as connectTcp } from 'node:net'
import { describe, expect, it } from 'vitest'
import { ListenError } from '../../src/graphql/server.ts'
import { FakeCorePort } from './fake-core-port.ts'
import { ask, bearer, startTestServer } from './test-server.ts'
import { connect } from './test-socket.ts'

const OPEN = 'mutation { openSession(input: { application: "hello" }) { session { phase closeReason } } }'

describe('beside the API', () => {
  it('there are probes and numbers, without a token', async () => {
    let isReady = false
    await using server = await startTestServer({ isReady: () => isReady })
    const get = async (path: string) => {
      const response = await fetch(server.url + path)
      return { status: response.status, body: await response.text() }
    }
    expect(await get('/healthz')).toEqual({ status: 200, body: '{"status":"ok"}\n' })
    expect(await get('/readyz')).toEqual({ status: 503, body: '{"status":"not ready"}\n' })
    isReady = true
    expect(await get('/readyz')).toEqual({ status: 200, body: '{"status":"ready"}\n' })
    expect(await get('/metrics')).toEqual({ status: 200, body: 'fornax_up 1\n' })
    expect(await get('/')).toMatchObject({ status: 404 })
    expect(await get('/graphql/x')).toMatchObject({ status: 404 })
    expect((await fetch(`${server.url}/healthz`, { method: 'POST' })).status).toBe(404)
  })

  it('methods that are none of the API are refused', async () => {
    await using server = await startTestServer()
    const headers = { authorization: bearer('acme', 'viewer'), 'apollo-require-preflight': 'yes' }
    const response = await fetch(`${server.url}/graphql`, { method: 'PUT', headers })
    expect(response.status).toBe(405)
    expect(response.headers.get('allow')).toBe('GET, POST')
  })
})

describe('a start', () => {
  it('takes a free port and says which', async () => {
    await using one = await startTestServer()
    await using two = await startTestServer()
    expect(one.url).toBe(`http://127.0.0.1:${one.port}`)
    expect(two.port).not.toBe(one.port)
  })

  it('on a port that is taken fails with what to do, and leaves nothing behind', async () => {
    await using server = await startTestServer()
    const { port } = server
    const failed = startTestServer({ port })
    await expect(failed).rejects.toThrow(ListenError)
    await expect(failed).rejects.toThrow(
      `port ${port} of 127.0.0.1 is taken: stop what listens there, or set FORNAX_API_PORT`,
    )
    expect(await ask(server, '{ viewer { role } }')).toMatchObject({ status: 200 })
  })

  it('on an address that is not here fails with a clear message', async () => {
    await expect(startTestServer({ host: '192.0.2.1' })).rejects.toThrow('port 0 of 192.0.2.1 cannot be listened on')
  })
})

describe('an end', () => {
  it('lets requests finish, takes no new ones, and frees the port', async () => {
    const core = new FakeCorePort()
    core.fleet.addApplication(core.tenants.idOf('acme'), 'hello')
    const held = Promise.withResolvers<void>()
    core.hold = held.promise
    const server = await startTestServer({ core })
    const answer = ask(server, OPEN)
    await expect.poll(() => [...core.fleet.sessions()].length).toBe(1)
    const stopped = server[Symbol.asyncDispose]()
    await expect
      .poll(() =>
        fetch(`${server.url}/healthz`).then(
          () => 'served',
          () => 'refused',
        ),
      )
      .toBe('refused')
    held.resolve()
    expect((await answer).data).toEqual({ openSession: { session: { phase: 'AVAILABLE', closeReason: null } } })
    await stopped
    await using again = createServer().listen(server.port, '127.0.0.1')
    await once(again, 'listening')
  })

  it('does not wait forever for a request that does not end', async () => {
    const core = new FakeCorePort()
    core.fleet.addApplication(core.tenants.idOf('acme'), 'hello')
    core.hold = new Promise(() => undefined)
    const server = await startTestServer({ core })
    const answer = ask(server, OPEN).catch(() => 'cut off')
    await expect.poll(() => [...core.fleet.sessions()].length).toBe(1)
    const startMs = performance.now()
    await server[Symbol.asyncDispose]()
    expect(performance.now() - startMs).toBeLessThan(15_000)
    expect(await answer).toBe('cut off')
    await expect.poll(() => core.clientsGone).toHaveLength(1)
  })

  it('is not held up by idle connections and open sockets', async () => {
    const server = await startTestServer()
    await ask(server, '{ viewer { role } }') // fetch keeps the connection.
    await using socket = await connect(server)
    socket.pause()
    const startMs = performance.now()
    await server[Symbol.asyncDispose]()
    expect(performance.now() - startMs).toBeLessThan(15_000)
  })
})

describe('a client that leaves before the answer', () => {
  it('is told to the use-case', async () => {
    const core = new FakeCorePort()
    core.fleet.addApplication(core.tenants.idOf('acme'), 'hello')
    core.hold = new Promise(() => undefined)
    await using server = await startTestServer({ core })
    const abort = new AbortController()
    const answer = ask(server, OPEN, { signal: abort.signal }).catch(() => 'left')
    await expect.poll(() => [...core.fleet.sessions()].length).toBe(1)
    abort.abort()
    expect(await answer).toBe('left')
    await expect.poll(() => core.clientsGone).toHaveLength(1)
  })

  it('in the middle of its request disturbs nobody', async () => {
    await using server = await startTestServer()
    const client = connectTcp(server.port, '127.0.0.1')
    await once(client, 'connect')
    const head = `POST /graphql HTTP/1.1\r\nhost: x\r\nauthorization: ${bearer('acme', 'viewer')}\r\n`
    client.write(`${head}content-type: application/json\r\ncontent-length: 100\r\n\r\n{"query":"`)
    await ask(server, '{ viewer { role } }') // By then the beginning has arrived too.
    client.destroy()
    expect(await ask(server, '{ viewer { role } }')).toMatchObject({ status: 200 })
  })
})

describe('what nobody expected', () => {
  const failing = (): FakeCorePort => {
    const core = new FakeCorePort()
    core.failure = new Error('disk /var/secret is full', { cause: new Error('ENOSPC') })
    return core
  }

  it.each([false, true])('shows a request id and nothing of the cause (production: %s)', async (isProduction) => {
    await using server = await startTestServer({ core: failing(), isProduction })
    const { status, data, errors } = await ask(server, OPEN)
    expect({ status, data }).toEqual({ status: 200, data: null })
    expect(errors).toMatchObject([
      { extensions: { code: 'INTERNAL', requestId: expect.stringMatching(/^[0-9a-f-]{36}$/) } },
    ])
    expect(JSON.stringify(errors)).not.toMatch(/secret|ENOSPC|stack|\.ts/)
    await using socket = await connect(server)
    socket.subscribe('1', OPEN)
    const message = await socket.next()
    expect(message).toMatchObject({ type: 'next', payload: { errors: [{ extensions: { code: 'INTERNAL' } }] } })
    expect(JSON.stringify(message)).not.toMatch(/secret|ENOSPC|stack|\.ts/)
  })

  it('is logged under that id, with its cause', async () => {
    const core = failing()
    const logged: unknown[] = []
    core.log.error = (entry: unknown) => void logged.push(entry)
    await using server = await startTestServer({ core })
    const { errors } = await ask(server, OPEN)
    const requestId = errors?.[0]?.extensions['requestId']
    expect(logged).toEqual([{ requestId, path: ['openSession'], err: core.failure }])
  })

  it('ends a subscription with an error, and leaves the socket open', async () => {
    const core = new FakeCorePort()
    const pod = core.fleet.addPod(core.fleet.addApplication(core.tenants.idOf('acme'), 'hello'))
    core.podLog = () => {
      throw new Error('the node is away')
    }
    await using server = await startTestServer({ core })
    await using socket = await connect(server)
    socket.subscribe('l', `subscription { podLogs(podId: "${pod.id}") { skippedLines } }`)
    expect(await socket.next()).toMatchObject({ type: 'error', payload: [{ extensions: { code: 'INTERNAL' } }] })
    await socket.settle()
  })
})

describe('in production', () => {
  const SCHEMA = '{ __schema { queryType { name } } }'

  it('only the operator may ask for the schema', async () => {
    await using server = await startTestServer({ isProduction: true })
    expect(await ask(server, SCHEMA)).toMatchObject({ status: 200, data: { __schema: {} } })
    const authorization = bearer('acme', 'admin')
    for (const query of [SCHEMA, '{ __type(name: "Query") { name } }']) {
      expect(await ask(server, query, { authorization })).toMatchObject({
        errors: [{ extensions: { code: 'FORBIDDEN' } }],
      })
      await using socket = await connect(server, authorization)
      socket.subscribe('1', query)
      expect(await socket.next()).toMatchObject({ type: 'error', payload: [{ extensions: { code: 'FORBIDDEN' } }] })
    }
    const get = await fetch(`${server.url}/graphql?query=${encodeURIComponent(SCHEMA).replaceAll('_', '%5F')}`, {
      headers: { authorization, 'apollo-require-preflight': 'yes' },
    })
    expect(await get.text()).toContain('FORBIDDEN')
    expect(await ask(server, '{ viewer { __typename role } }', { authorization })).toMatchObject({ status: 200 })
  })

  it('no field is suggested to whom guesses', async () => {
    await using server = await startTestServer({ isProduction: true })
    const GUESS = '{ viewr { role } }'
    const { errors } = await ask(server, GUESS)
    expect(errors?.map(({ message }) => message)).toEqual(['Cannot query field "viewr" on type "Query".'])
    await using socket = await connect(server)
    socket.subscribe('1', GUESS)
    expect(await socket.next()).toMatchObject({ payload: [{ message: 'Cannot query field "viewr" on type "Query".' }] })
    await using open = await startTestServer()
    expect(JSON.stringify(await ask(open, GUESS))).toContain('Did you mean')
  })
})
