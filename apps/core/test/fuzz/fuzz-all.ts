/** The three fuzzers, each against the real thing. */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSessionServer } from '@fornax/agent/sessions/session-server'
import { systemClock } from '@fornax/kernel/clock'
import { ServeRequest, SessionServiceClient, type ServeResponse } from '@fornax/proto/fornax/session/v1/session'
import { credentials } from '@grpc/grpc-js'
import { ADMIN, framesOf, joinsHonestly, LINK_OPTIONS, startFuzzCore } from './fuzz-core.ts'
import { fuzzFrames } from './fuzz-frames.ts'
import { fuzzGraphql } from './fuzz-graphql.ts'

export type Fuzz = { readonly count: number; readonly seed: number }

export async function fuzzRequests(fuzz: Fuzz): Promise<void> {
  await using world = await startFuzzCore()
  await fuzzGraphql({ ...fuzz, url: world.core.apiUrl, token: ADMIN, unexpected: world.unexpected })
}

export async function fuzzNodeLink(fuzz: Fuzz): Promise<void> {
  await using world = await startFuzzCore()
  const shown = await world.credentialsOf('node-a')
  await fuzzFrames({
    ...fuzz,
    ...framesOf('node-a'),
    address: world.core.nodeLink,
    shown,
    options: LINK_OPTIONS,
    method: '/fornax.nodelink.v1.NodeLinkService/Connect',
    unexpected: world.unexpected,
    stillServes: () => joinsHonestly(world.core.nodeLink, shown, framesOf('node-a').hello),
  })
}

export async function fuzzSessionSocket(fuzz: Fuzz): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'fx-fuzz-'))
  chmodSync(folder, 0o700)
  const nothing = (): void => undefined
  const listener = {
    hello: nothing,
    opened: nothing,
    refused: nothing,
    clientsCounted: nothing,
    closed: nothing,
    silent: nothing,
  }
  const options = { podId: 'pod-1', folder, owner: null, clock: systemClock, listener, isExpected: false }
  const server = await openSessionServer(options)
  const address = `unix:${join(folder, 'session.sock')}`
  try {
    await fuzzFrames({
      ...fuzz,
      ...SESSION_FRAMES,
      address,
      method: '/fornax.session.v1.SessionService/Serve',
      unexpected: () => [],
      stillServes: () => isWelcome(address),
    })
  } finally {
    await server[Symbol.asyncDispose]()
    rmSync(folder, { recursive: true, force: true })
  }
}

const encode = (message: NonNullable<ServeRequest['message']>): Uint8Array => ServeRequest.encode({ message }).finish()

const SESSION_FRAMES = {
  hello: encode({
    $case: 'hello',
    value: { sdkVersion: '1', sessions: [{ sessionId: 'ses-1', clientCount: 2, isOpen: true }] },
  }),
  frames: [
    encode({ $case: 'opened', value: { sessionId: 'ses-1' } }),
    encode({ $case: 'refused', value: { sessionId: 'ses-1', message: 'no' } }),
    encode({ $case: 'clientCount', value: { sessionId: 'ses-1', clients: 3 } }),
    encode({ $case: 'closed', value: { sessionId: 'ses-1', message: 'bye' } }),
    encode({ $case: 'heartbeat', value: {} }),
  ],
}

async function isWelcome(address: string): Promise<void> {
  const client = new SessionServiceClient(address, credentials.createInsecure())
  try {
    const call = client.serve()
    call.write(ServeRequest.decode(SESSION_FRAMES.hello))
    await new Promise<void>((resolve, reject) => {
      call.on('data', ({ message }: ServeResponse) => message?.$case === 'welcome' && resolve())
      call.on('error', reject)
    })
    call.on('error', () => undefined)
    call.cancel()
  } finally {
    client.close()
  }
}
