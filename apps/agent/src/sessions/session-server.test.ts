import { mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { VirtualClock } from '@fornax/kernel/virtual-clock'
import { SessionServiceClient, type ServeRequest, type ServeResponse } from '@fornax/proto/fornax/session/v1/session'
import { credentials, type ClientDuplexStream } from '@grpc/grpc-js'
import { expect, it, vi } from 'vitest'
import { SessionFolders } from './session-folders.ts'
import { openSessionServer, type ApplicationListener } from './session-server.ts'

it('welcomes the application, passes on what it says, and tells it what to do', async () => {
  await using world = await newWorld()
  const application = world.connect()
  application.say({ $case: 'hello', value: { sdkVersion: '1', sessions: [running('ses-1')] } })
  await application.heard((message) => message.$case === 'welcome' && message.value.podId === 'pod-1')
  application.say({ $case: 'opened', value: { sessionId: 'ses-2' } })
  application.say({ $case: 'clientCount', value: { sessionId: 'ses-2', clients: 3 } })
  application.say({ $case: 'closed', value: { sessionId: 'ses-2', message: 'x'.repeat(5_000) } })
  await world.said(4)
  expect(world.words.slice(0, 3)).toEqual(['hello ses-1', 'opened ses-2', 'clients ses-2 3'])
  expect(world.words[3]).toBe(`closed ses-2 ${'x'.repeat(1_024)}`)
  world.link.open('ses-3', { data: new Uint8Array([0, 255]), env: { A: 'b' } })
  world.link.close('ses-2', 50)
  await application.heard(({ $case }) => $case === 'close')
  expect(application.messages.find(({ $case }) => $case === 'open')).toEqual({
    $case: 'open',
    value: { sessionId: 'ses-3', data: Buffer.from([0, 255]), env: { A: 'b' } },
  })
})

it('listens where an agent before it has left its socket, for nobody but the pod', async () => {
  await using world = await newWorld({ leftover: true })
  expect(statSync(world.path).isSocket()).toBe(true)
  expect(statSync(world.path).mode & 0o777).toBe(0o600)
})

it('talks with whoever said hello last', async () => {
  await using world = await newWorld()
  const first = world.connect()
  first.say({ $case: 'hello', value: { sdkVersion: '1', sessions: [] } })
  await first.heard(({ $case }) => $case === 'welcome')
  const second = world.connect()
  second.say({ $case: 'hello', value: { sdkVersion: '1', sessions: [] } })
  await second.heard(({ $case }) => $case === 'welcome')
  world.link.close('ses-1', 0)
  await second.heard(({ $case }) => $case === 'close')
  expect(first.messages.map(({ $case }) => $case)).toEqual(['welcome'])
})

it('notices silence once, and beats by itself', async () => {
  await using world = await newWorld()
  const application = world.connect()
  world.clock.advance(300_000)
  expect(world.words).toEqual([]) // Nobody has promised to speak yet.
  application.say({ $case: 'hello', value: { sdkVersion: '1', sessions: [] } })
  await application.heard(({ $case }) => $case === 'welcome')
  world.clock.advance(5_000)
  await application.heard(({ $case }) => $case === 'heartbeat')
  world.clock.advance(60_000)
  expect(world.words).toEqual(['hello ', 'silent'])
  world.clock.advance(300_000)
  expect(world.words).toEqual(['hello ', 'silent'])
})

it('takes the silence of a frozen application for nothing, and counts it anew when that runs again', async () => {
  await using world = await newWorld()
  const application = world.connect()
  application.say({ $case: 'hello', value: { sdkVersion: '1', sessions: [] } })
  await application.heard(({ $case }) => $case === 'welcome')
  world.link.suspend()
  for (let minute = 0; minute < 60; minute += 1) world.clock.advance(60_000)
  world.link.open('ses-1', { data: new Uint8Array(), env: {} }) // Written before it runs.
  world.link.resume(() => world.words.push('awake'))
  await application.heard(({ $case }) => $case === 'heartbeat')
  // Nobody filled its pipe while it could not read.
  expect(application.messages.map(({ $case }) => $case)).toEqual(['welcome', 'open', 'heartbeat'])
  world.clock.advance(55_000)
  expect(world.words).toEqual(['hello '])
  application.say({ $case: 'opened', value: { sessionId: 'ses-1' } })
  await world.said(3)
  expect(world.words).toEqual(['hello ', 'awake', 'opened ses-1'])
  world.clock.advance(70_000)
  expect(world.words.at(-1)).toBe('silent')
})

it('expects an application that was there before to come back', async () => {
  await using world = await newWorld({ isExpected: true })
  world.clock.advance(60_000)
  expect(world.words).toEqual([])
  world.clock.advance(5_000)
  expect(world.words).toEqual(['silent'])
})

it('keeps every socket path short enough for Linux, and the same after a restart', () => {
  const deep = `/var/${'deep/'.repeat(30)}`
  const path = new SessionFolders(deep).pathOf('pod-0123456789abcdef')
  expect(Buffer.byteLength(join(path, 'session.sock'))).toBeLessThanOrEqual(107)
  expect(new SessionFolders(deep).pathOf('pod-0123456789abcdef')).toBe(path)
  expect(new SessionFolders('/data').pathOf('pod-1')).toBe('/data/sockets/pod-1')
})

it('hears one hello on a connection, because each one is answered with everything that is open', async () => {
  await using world = await newWorld()
  const application = world.connect()
  for (const sessionId of ['ses-1', 'ses-2'])
    application.say({ $case: 'hello', value: { sdkVersion: '1', sessions: [running(sessionId)] } })
  application.say({ $case: 'opened', value: { sessionId: 'ses-3' } })
  await vi.waitFor(() => expect(world.words).toContain('opened ses-3'), { timeout: 5_000 })
  expect(world.words).toEqual(['hello ses-1', 'opened ses-3'])
})

it('makes no folder in a place that somebody else has prepared', () => {
  const trap = mkdtempSync(join(tmpdir(), 'fornax-trap-'))
  const folders = new SessionFolders(`${trap}/${'deep/'.repeat(30)}`)
  const root = dirname(folders.pathOf('pod-1'))
  symlinkSync(trap, root)
  try {
    expect(() => folders.make('pod-1', null)).toThrow(root)
    expect(readdirSync(trap)).toEqual([])
  } finally {
    rmSync(root)
    rmSync(trap, { recursive: true })
  }
})

function running(sessionId: string) {
  return { sessionId, clientCount: 0, isOpen: true }
}

async function newWorld({ leftover = false, isExpected = false } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'fornax-session-'))
  const path = join(folder, 'session.sock')
  if (leftover) writeFileSync(path, '')
  const clock = new VirtualClock()
  const words: string[] = []
  const listener: ApplicationListener = {
    hello: (sessions) => void words.push(`hello ${sessions.map(({ sessionId }) => sessionId).join()}`),
    opened: (sessionId) => void words.push(`opened ${sessionId}`),
    refused: (sessionId, message) => void words.push(`refused ${sessionId} ${message}`),
    clientsCounted: (sessionId, clients) => void words.push(`clients ${sessionId} ${clients}`),
    closed: (sessionId, message) => void words.push(`closed ${sessionId} ${message}`),
    silent: () => void words.push('silent'),
  }
  const link = await openSessionServer({ podId: 'pod-1', folder, owner: null, clock, listener, isExpected })
  const applications: FakeApplication[] = []
  return {
    clock,
    words,
    link,
    path,
    said: (count: number) => vi.waitFor(() => expect(words).toHaveLength(count), { timeout: 5_000 }),
    connect: () => {
      const application = new FakeApplication(path)
      applications.push(application)
      return application
    },
    [Symbol.asyncDispose]: async () => {
      for (const application of applications) application.close()
      await link[Symbol.asyncDispose]()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

class FakeApplication {
  readonly messages: NonNullable<ServeResponse['message']>[] = []
  readonly #client: SessionServiceClient
  readonly #stream: ClientDuplexStream<ServeRequest, ServeResponse>

  constructor(path: string) {
    this.#client = new SessionServiceClient(`unix:${path}`, credentials.createInsecure(), {
      'grpc.use_local_subchannel_pool': 1,
    })
    this.#stream = this.#client.serve()
    this.#stream.on('data', ({ message }: ServeResponse) => message !== undefined && this.messages.push(message))
    this.#stream.on('error', () => undefined)
  }

  say(message: NonNullable<ServeRequest['message']>): void {
    this.#stream.write({ message })
  }

  heard(wanted: (message: NonNullable<ServeResponse['message']>) => boolean): Promise<void> {
    return vi.waitFor(() => expect(this.messages.some(wanted)).toBe(true), { timeout: 5_000 })
  }

  close(): void {
    this.#stream.cancel()
    this.#client.close()
  }
}
