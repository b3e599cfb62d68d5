import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../test/graphql-server.ts'
import { SessionLog, sessionOf } from '../test/session-log.ts'
import { createClient, type Client } from './client.ts'
import { ClientError, type ClientFailure } from './client-error.ts'
import { PodLogsDocument, ViewerDocument, WatchSessionsDocument } from './generated/documents.ts'
import type { WatchUpdate } from './watch.ts'

const TOKEN = 'a-token-of-the-test'
const viewer = { role: 'OPERATOR', tenant: 'default', name: 'administrator' }
const newLog = (): SessionLog => new SessionLog()

for (const requestsOver of ['http', 'socket'] as const) {
  it(`answers a request over ${requestsOver} with its data`, async () => {
    await using server = await startTestServer({ root: { viewer }, token: TOKEN })
    await using client = createClient({ url: server.url, token: TOKEN, requestsOver })
    expect(await client.request(ViewerDocument, {})).toEqual({ viewer })
  })

  it(`tells a refused token from everything else, over ${requestsOver}`, async () => {
    await using server = await startTestServer({ root: { viewer }, token: TOKEN })
    await using client = createClient({ url: server.url, token: 'another', requestsOver })
    expect((await failureFrom(client.request(ViewerDocument, {}))).kind).toBe('unauthenticated')
  })

  it(`says that nobody answers at the address, over ${requestsOver}`, async () => {
    const server = await startTestServer({ root: { viewer } })
    await server.kill()
    await using client = createClient({ url: server.url, requestsOver })
    const failure = await failureFrom(client.request(ViewerDocument, {}))
    expect(failure).toMatchObject({ kind: 'unreachable', url: `${server.url}/graphql` })
  })

  it(`gives the code and path of a GraphQL error, over ${requestsOver}`, async () => {
    const root = { viewer: () => Promise.reject(new Error('the store is down')) }
    await using server = await startTestServer({ root })
    await using client = createClient({ url: server.url, requestsOver })
    expect(await failureFrom(client.request(ViewerDocument, {}))).toEqual({
      kind: 'graphql',
      code: null,
      errors: [{ message: 'the store is down', code: null, path: 'viewer' }],
    })
  })

  it(`ends a request over ${requestsOver} with the reason of its signal`, async () => {
    const asked = Promise.withResolvers<void>()
    const root = { viewer: () => new Promise(() => asked.resolve()) }
    await using server = await startTestServer({ root })
    await using client = createClient({ url: server.url, requestsOver })
    const abort = new AbortController()
    const request = client.request(ViewerDocument, {}, { signal: abort.signal })
    await asked.promise
    abort.abort(new Error('changed my mind'))
    await expect(request).rejects.toThrow('changed my mind')
  })
}

it('knows a server that does not speak GraphQL', async () => {
  const http = createServer((_, response) => response.writeHead(404).end('<html>not here</html>'))
  await new Promise<void>((done) => http.listen(0, '127.0.0.1', done))
  const { port } = http.address() as AddressInfo
  await using client = createClient({ url: `http://127.0.0.1:${port}` })
  expect(await failureFrom(client.request(ViewerDocument, {}))).toMatchObject({ kind: 'unexpectedAnswer', status: 404 })
  http.closeAllConnections()
  await new Promise((done) => http.close(done))
})

it('subscribes until the server completes', async () => {
  await using server = await startTestServer({ root: { podLogs: () => logLines(2) } })
  await using client = createClient({ url: server.url })
  const texts: string[] = []
  for await (const event of client.subscribe(PodLogsDocument, { podId: 'pod-1', tailLines: 1, follow: false }))
    texts.push(...event.podLogs.lines.map((line) => line.text))
  expect(texts).toEqual(['0', '1'])
})

it('bounds what waits for a slow reader, and says what it dropped', async () => {
  const count = 500
  await using server = await startTestServer({ root: { podLogs: () => logLines(count) } })
  await using client = createClient({ url: server.url })
  let dropped = 0
  const variables = { podId: 'pod-1', tailLines: 1, follow: true }
  const events = client.subscribe(PodLogsDocument, variables, { limit: 10, onDropped: () => (dropped += 1) })
  const seen: string[] = []
  for await (const event of events) {
    seen.push(event.podLogs.lines[0]?.text ?? '')
    if (seen.length === 1) await eventually(() => dropped > 0)
  }
  expect(seen.length + dropped).toBe(count)
  expect(seen.at(-1)).toBe(String(count - 1))
})

it('leaves nothing behind at the server when a reader stops', async () => {
  const log = newLog()
  await using server = await startTestServer({ root: { watchSessions: log.watch } })
  await using client = createClient({ url: server.url })
  for await (const update of client.watch(WatchSessionsDocument, {})) if (update.status.phase === 'live') break
  await client[Symbol.asyncDispose]()
  await eventually(() => server.socketCount() === 0)
})

it('watches: a snapshot in parts, then changes, each told once', async () => {
  const log = newLog()
  for (const id of ['a', 'b', 'c']) log.put(id, 'AVAILABLE')
  await using world = await watched(log)
  const first = await world.next()
  expect([...first.items.keys()]).toEqual(['a', 'b', 'c'])
  expect(first.upserted).toHaveLength(3)
  expect(first.status).toEqual({ phase: 'live' })
  log.put('b', 'IN_USE')
  log.remove('c')
  const second = await world.until((update) => !update.items.has('c'))
  expect([...second.items.keys()]).toEqual(['a', 'b'])
  expect(second.items.get('b')?.phase).toBe('IN_USE')
})

it('continues from what is known already, as from a list', async () => {
  const log = newLog()
  log.put('a', 'AVAILABLE')
  await using server = await startTestServer({ root: { watchSessions: log.watch } })
  await using client = createClient({ url: server.url })
  const from = { items: new Map([['a', sessionOf('a', 'AVAILABLE')]]), resourceVersion: 'v1', arriving: [] }
  log.put('b', 'AVAILABLE')
  for await (const update of client.watch(WatchSessionsDocument, {}, { from })) {
    if (!update.items.has('b')) continue
    expect([...update.items.keys()]).toEqual(['a', 'b'])
    break
  }
  expect(log.askedAfter).toEqual(['v1'])
})

it('resumes with the newest version after the death of the server, and misses nothing', async () => {
  const log = newLog()
  log.put('a', 'AVAILABLE')
  await using world = await watched(log)
  await world.next()
  log.put('b', 'AVAILABLE')
  await world.until((update) => update.items.has('b'))
  await world.server.kill()
  expect(await world.until((update) => update.status.phase === 'reconnecting')).toMatchObject({
    status: { failure: { kind: 'unreachable' } },
  })
  log.remove('a')
  log.put('c', 'AVAILABLE')
  await world.server.start()
  const update = await world.until((one) => one.items.has('c'))
  expect([...update.items.keys()]).toEqual(['b', 'c'])
  expect(update.status).toEqual({ phase: 'live' })
  expect(log.askedAfter).toEqual([null, 'v2'])
})

it('notices a server that is gone without a word', async () => {
  const log = newLog()
  await using world = await watched(log, { pingEveryMs: 20 })
  await world.next()
  world.server.fallSilent()
  expect((await world.until((update) => update.status.phase === 'reconnecting')).status).toMatchObject({
    failure: { kind: 'unreachable', message: 'the connection was closed (4499 Terminated)' },
  })
  await world.until((update) => update.status.phase === 'live')
})

it('is live again after a quiet resume, before anything happens', async () => {
  const log = newLog()
  log.put('a', 'AVAILABLE')
  await using world = await watched(log)
  await world.next()
  await world.server.kill()
  await world.until((update) => update.status.phase === 'reconnecting')
  await world.server.start()
  const update = await world.until((one) => one.status.phase === 'live')
  expect(update.upserted).toEqual([])
})

it('replaces what it holds when the server knows its version no more, and names what is gone', async () => {
  const log = newLog()
  log.put('a', 'AVAILABLE')
  await using world = await watched(log)
  await world.next()
  await world.server.kill()
  log.remove('a')
  log.put('b', 'AVAILABLE')
  log.forget()
  await world.server.start()
  const update = await world.until((one) => one.items.has('b'))
  expect([...update.items.keys()]).toEqual(['b'])
  expect(update.removedIds).toEqual(['a'])
})

it('merges what a slow reader missed into one update', async () => {
  const log = newLog()
  await using world = await watched(log)
  await world.next()
  await world.caughtUp(() => {
    for (let round = 0; round < 1_000; round += 1) log.put(`s${round % 10}`, round < 990 ? 'STARTING' : 'AVAILABLE')
  })
  const update = await world.until((one) => [...one.items.values()].every((session) => session.phase === 'AVAILABLE'))
  expect(update.items.size).toBe(10)
  expect(world.updateCount()).toBeLessThan(20)
})

it('gives up a watch that the server refuses, with the reason', async () => {
  await using server = await startTestServer({ root: {}, token: TOKEN })
  await using client = createClient({ url: server.url, token: 'another' })
  const failure = await failureFrom(client.watch(WatchSessionsDocument, {}).next())
  expect(failure.kind).toBe('unauthenticated')
})

it('keeps trying while there is no server yet, and says so', async () => {
  const log = newLog()
  await using world = await watched(log, { isDown: true })
  expect((await world.next()).status.phase).toBe('reconnecting')
  await world.server.start()
  expect((await world.until((update) => update.status.phase === 'live')).items.size).toBe(0)
})

it('ends its watches when it is disposed, and connects no more', async () => {
  const log = newLog()
  await using server = await startTestServer({ root: { watchSessions: log.watch } })
  const client = createClient({ url: server.url, random: () => 0 })
  const updates = client.watch(WatchSessionsDocument, {})
  await updates.next()
  await client[Symbol.asyncDispose]()
  for (let update = await updates.next(); !update.done; update = await updates.next())
    expect(update.value.status.phase).not.toBe('reconnecting')
  await eventually(() => server.socketCount() === 0)
})

it('ends a watch quietly when its signal aborts, also while it waits for a server', async () => {
  const server = await startTestServer({ root: {} })
  await server.kill()
  await using client = createClient({ url: server.url })
  const abort = new AbortController()
  const watch = client.watch(WatchSessionsDocument, {}, { signal: abort.signal })
  await watch.next()
  abort.abort()
  expect((await watch.next()).done).toBe(true)
})

async function* logLines(count: number): AsyncGenerator {
  for (let line = 0; line < count; line += 1)
    yield { podLogs: { skippedLines: 0, lines: [{ stream: 'STDOUT', text: String(line) }] } }
}

type World = AsyncDisposable & {
  readonly server: TestServer
  readonly client: Client
  next(): Promise<Update>
  until(isReached: (update: Update) => boolean): Promise<Update>
  updateCount(): number
  /** Changes something, and waits until another reader has seen all of it. */
  caughtUp(change: () => void): Promise<void>
}
type Update = WatchUpdate<{ readonly id: string; readonly phase: string }>

async function watched(log: SessionLog, { isDown = false, pingEveryMs = 10_000 } = {}): Promise<World> {
  const server = await startTestServer({ root: { watchSessions: log.watch } })
  if (isDown) await server.kill()
  const client = createClient({ url: server.url, random: () => 0, pingEveryMs })
  const watch = client.watch(WatchSessionsDocument, {})
  let count = 0
  const next = async (): Promise<Update> => {
    const result = await watch.next()
    if (result.done) throw new Error('the watch ended')
    count += 1
    return result.value
  }
  return {
    server,
    client,
    next,
    updateCount: () => count,
    until: async (isReached) => {
      for (;;) {
        const update = await next()
        if (isReached(update)) return update
      }
    },
    caughtUp: async (change) => {
      change()
      const version = `v${log.version}`
      for await (const update of client.watch(WatchSessionsDocument, {})) if (update.resourceVersion === version) return
    },
    [Symbol.asyncDispose]: async () => {
      await watch.return?.()
      await client[Symbol.asyncDispose]()
      await server[Symbol.asyncDispose]()
    },
  }
}

async function failureFrom(call: Promise<unknown>): Promise<ClientFailure> {
  const error = await call.then(
    () => null,
    (reason: unknown) => reason,
  )
  if (error instanceof ClientError) return error.failure
  throw new Error('it did not fail as a client does', { cause: error })
}

async function eventually(isTrue: () => boolean): Promise<void> {
  const deadline = Date.now() + 5_000
  while (!isTrue()) {
    if (Date.now() > deadline) throw new Error('it never came true')
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
