/** Machines that become nodes, over real sockets: a real registry and authority, and the agent's own client. */
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join as pathJoin } from 'node:path'
import { newAuthority } from '@fornax/certificates/authority'
import { joinTokenText } from '@fornax/certificates/join-token'
import { LinkCredentials } from '@fornax/certificates/link-credentials'
import { IdentityKeeper } from '@fornax/agent/corelink/identity-keeper'
import { join, trusting } from '@fornax/agent/corelink/join-client'
import { identityInMemory, type IdentityStore } from '@fornax/agent/corelink/node-identity'
import { systemClock } from '@fornax/kernel/clock'
import { createLog } from '@fornax/kernel/log'
import { NodeJoinServiceService } from '@fornax/proto/fornax/nodelink/v1/nodelink'
import { Server } from '@grpc/grpc-js'
import { describe, expect, it, vi } from 'vitest'
import type { AdmissionStore } from '../nodes/node-registry.ts'
import { NodeRegistry } from '../nodes/node-registry.ts'
import type { JoinToken, NodeIdentity } from '../nodes/node-identity.ts'
import { JoinService, type JoinAttempt } from './join-service.ts'
import { NodeAuthority } from './node-authority.ts'

const HOUR_MS = 3_600_000

describe('a machine', () => {
  it('joins with a token that names its authority, once, and keeps its key to itself', async () => {
    await using world = await doorWorld()
    const { text } = await world.newToken()
    const kept = identityInMemory()
    await using keeper = world.keeper({ token: text, store: kept })
    await keeper.credentials('led-1')
    expect(kept.load()).toMatchObject({ name: 'node-a', key: expect.stringContaining('PRIVATE KEY') })
    expect(world.attempts).toMatchObject([{ action: 'joinNode', nodeName: 'node-a', problem: null }])
    await using second = world.keeper({ token: text, nodeName: 'node-b' })
    await expect(second.credentials('led-2')).rejects.toThrow('was used before')
    expect(world.registry.identity('node-b')).toBeNull()
  })

  it('tells its token to nobody whom the token does not name', async () => {
    await using world = await doorWorld()
    const other = await newAuthority(Date.now())
    const { pinOf } = await import('@fornax/certificates/peer-certificate')
    const { secret } = await world.newToken()
    await using keeper = world.keeper({ token: joinTokenText(secret, pinOf(other.certificate)) })
    await expect(keeper.credentials('led-1')).rejects.toThrow('not the one that the join token is from')
    expect(world.attempts).toEqual([])
  })

  it('is refused with a token that has ended, is of another name, or is nobody’s', async () => {
    await using world = await doorWorld()
    const ended = await world.newToken({ lifeMs: -1 })
    const named = await world.newToken({ nodeName: 'node-z' })
    for (const [token, words] of [
      [ended.text, 'has ended'],
      [named.text, 'of another name'],
      [joinTokenText('fxj_nobody', world.authority.pin), 'is not valid'],
    ] as const) {
      await using keeper = world.keeper({ token })
      await expect(keeper.credentials('led-1')).rejects.toThrow(words)
    }
    await using keeper = world.keeper({ token: named.text, nodeName: 'node-z' })
    await keeper.credentials('led-1')
  })

  it('cannot take the name of a machine that is connected', async () => {
    await using world = await doorWorld()
    world.connected.set('node-a', 'led-1')
    await using other = world.keeper({ token: (await world.newToken()).text })
    await expect(other.credentials('led-2')).rejects.toThrow('is connected from another machine')
    await using same = world.keeper({ token: (await world.newToken()).text })
    await same.credentials('led-1')
  })

  it('stays out when its node was revoked, until a token that was made later', async () => {
    await using world = await doorWorld()
    const before = await world.newToken()
    await using keeper = world.keeper({ token: 'standing-secret', authority: world.authority.trusted.join('') })
    await keeper.credentials('led-1')
    await world.registry.revoke('node-a')
    for (const token of ['standing-secret', before.text]) {
      await using again = world.keeper({ token, authority: world.authority.trusted.join('') })
      await expect(again.credentials('led-1')).rejects.toThrow('was revoked')
    }
    await using later = world.keeper({ token: (await world.newToken()).text })
    await later.credentials('led-1')
    expect(world.registry.identity('node-a')?.revokedAtMs).toBeNull()
  })
})

it('fills neither the log nor the audit with what a stranger says', async () => {
  await using world = await doorWorld()
  const warn = vi.spyOn(world.log, 'warn')
  const asked = { joinToken: 'x', nodeName: 'x'.repeat(100_000), certificateRequest: 'x', ledgerId: 'led-1' }
  for (let count = 0; count < 60; count += 1)
    await expect(join(world.address, trusting(world.authority.trusted), asked)).rejects.toThrow('makes no sense')
  expect(warn.mock.calls.length).toBeLessThanOrEqual(20)
  expect(JSON.stringify(warn.mock.calls).length).toBeLessThan(10_000)
  expect(world.attempts).toHaveLength(60)
  expect(world.attempts[0]?.nodeName).toBe('x'.repeat(63))
})

describe('a certificate', () => {
  it('is renewed at two thirds of its life, with a new key, without a token', async () => {
    await using world = await doorWorld({ nodeLifeMs: 3_000 })
    const kept = identityInMemory()
    await using keeper = world.keeper({ token: (await world.newToken()).text, store: kept })
    await keeper.credentials('led-1')
    const first = kept.load()
    await world.until(() => kept.load()?.key !== first?.key)
    expect(Date.now() - (first?.cameAtMs ?? 0)).toBeGreaterThanOrEqual((first?.lifetimeMs ?? 0) * 0.6)
    expect(world.renewed[0]).toBe('node-a')
    expect(world.registry.identityProblem('node-a', world.registry.identity('node-a')?.identityId ?? '')).toBeNull()
  })

  it('that has ended while its node was off is renewed, and a revoked one is not', async () => {
    await using world = await doorWorld({ nodeLifeMs: 1_000 })
    const kept = identityInMemory()
    {
      await using keeper = world.keeper({ token: (await world.newToken()).text, store: kept })
      await keeper.credentials('led-1')
    }
    await world.until(() => (world.registry.identity('node-a')?.expiresAtMs ?? 0) < Date.now())
    await using back = world.keeper({ token: 'nothing', store: kept })
    await back.credentials('led-1')
    expect(world.attempts.at(-1)).toMatchObject({ action: 'renewNode', problem: null })
    await world.registry.revoke('node-a')
    await world.until(() => world.attempts.at(-1)?.problem === 'revoked')
  })

  it('that has ended and is not renewed any more gives way to a new token', async () => {
    await using world = await doorWorld({ nodeLifeMs: 1_000 })
    const kept = identityInMemory()
    {
      await using keeper = world.keeper({ token: (await world.newToken()).text, store: kept })
      await keeper.credentials('led-1')
    }
    await world.registry.revoke('node-a')
    const { cameAtMs = 0, lifetimeMs = 0 } = kept.load() ?? {}
    await world.until(() => cameAtMs + lifetimeMs < Date.now())
    let token = 'nothing'
    await using back = world.keeper({ token: () => token, store: kept })
    await expect(back.credentials('led-1')).rejects.toThrow('was revoked')
    token = (await world.newToken()).text
    await back.credentials('led-1')
    expect(world.attempts.findLast(({ action }) => action === 'joinNode')?.problem).toBeNull()
    expect(world.registry.identity('node-a')?.revokedAtMs).toBeNull()
  })

  it('of before says nothing once another machine has joined under the name', async () => {
    await using world = await doorWorld()
    await using first = world.keeper({ token: (await world.newToken()).text })
    await first.credentials('led-1')
    const identityId = world.registry.identity('node-a')?.identityId ?? ''
    await using second = world.keeper({ token: (await world.newToken()).text })
    await second.credentials('led-2')
    expect(world.registry.identityProblem('node-a', identityId)).toBe('superseded')
  })
})

describe('the authority', () => {
  it('is kept in a file that only its owner reads, and is the same after a restart', async () => {
    await using world = await doorWorld()
    expect(statSync(pathJoin(world.folder, 'node-authority.json')).mode & 0o777).toBe(0o600)
    using again = await world.openAuthority()
    expect(again.pin).toBe(world.authority.pin)
  })

  it('is not rotated again before every node has heard of the last time, also when two ask at once', async () => {
    await using world = await doorWorld()
    const results = await Promise.all([world.authority.rotate(), world.authority.rotate()])
    expect(results.map(({ kind }) => kind).toSorted()).toEqual(['rotated', 'underWay'])
    const { pin } = world.authority
    expect(await world.authority.rotate()).toMatchObject({ kind: 'underWay' })
    expect(world.authority.pin).toBe(pin)
  })

  it('is rotated while nodes that know only the one of before still find their core', async () => {
    await using world = await doorWorld()
    const before = world.authority.trusted.join('')
    const { text } = await world.newToken()
    const result = await world.authority.rotate()
    expect(result).toMatchObject({ kind: 'rotated' })
    expect(world.authority.trusted).toHaveLength(2)
    await using byPinOfBefore = world.keeper({ token: text })
    await byPinOfBefore.credentials('led-1')
    await using byFileOfBefore = world.keeper({ token: 'standing-secret', authority: before, nodeName: 'node-b' })
    await byFileOfBefore.credentials('led-2')
    const [newest = ''] = world.authority.trusted
    await using byFileOfNow = world.keeper({ token: 'standing-secret', authority: newest, nodeName: 'node-c' })
    await byFileOfNow.credentials('led-3')
    using again = await world.openAuthority()
    expect(again.trusted).toEqual(world.authority.trusted)
  })
})

async function doorWorld({ nodeLifeMs = HOUR_MS } = {}) {
  const folder = mkdtempSync(pathJoin(tmpdir(), 'fornax-door-'))
  const log = createLog('core', 'silent')
  const openAuthority = (): Promise<NodeAuthority> =>
    NodeAuthority.open({
      file: pathJoin(folder, 'node-authority.json'),
      publicFile: pathJoin(folder, 'node-ca.pem'),
      given: null,
      clock: systemClock,
      log,
      nodeLifeMs,
    })
  const authority = await openAuthority()
  const connected = new Map<string, string>()
  const registry = await NodeRegistry.open({
    store: memoryAdmissions(),
    nowMs: () => Date.now(),
    isStandingToken: (secret) => secret === 'standing-secret',
    connectedLedger: (nodeName) => connected.get(nodeName) ?? null,
  })
  const attempts: JoinAttempt[] = []
  const renewed: string[] = []
  const service = new JoinService({
    registry,
    authority,
    log,
    nowMs: () => Date.now(),
    renewed: (nodeName) => void renewed.push(nodeName),
    tried: (attempt) => void attempts.push(attempt),
  })
  const credentials = new LinkCredentials(authority.context)
  authority.onChanged((context) => credentials.update(context))
  const server = new Server()
  server.addService(NodeJoinServiceService, service.methods)
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', credentials, (error, bound) => (error === null ? resolve(bound) : reject(error))),
  )
  return {
    folder,
    log,
    address: `127.0.0.1:${port}`,
    authority,
    openAuthority,
    registry,
    attempts,
    renewed,
    connected,
    newToken: async ({ nodeName = null, lifeMs = HOUR_MS }: { nodeName?: string | null; lifeMs?: number } = {}) => {
      const created = await registry.createToken({ nodeName, lifeMs })
      if (created === null) throw new Error('there are too many')
      return { secret: created.secret, text: joinTokenText(created.secret, authority.pin) }
    },
    keeper: (given: {
      token: string | (() => string)
      nodeName?: string
      store?: IdentityStore
      authority?: string
    }): IdentityKeeper =>
      new IdentityKeeper({
        coreAddress: `127.0.0.1:${port}`,
        nodeName: given.nodeName ?? 'node-a',
        joinToken: () => (typeof given.token === 'string' ? given.token : given.token()),
        authority: () => given.authority ?? null,
        store: given.store ?? identityInMemory(),
        clock: systemClock,
        log,
      }),
    until: async (isTrue: () => boolean): Promise<void> => {
      const endMs = Date.now() + 15_000
      while (!isTrue()) {
        if (Date.now() > endMs) throw new Error(`never came true: ${isTrue.toString()}`)
        await new Promise((done) => setTimeout(done, 20))
      }
    },
    [Symbol.asyncDispose]: async () => {
      server.forceShutdown()
      authority[Symbol.dispose]()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function memoryAdmissions(): AdmissionStore {
  const identities = new Map<string, NodeIdentity>()
  const tokens = new Map<string, JoinToken>()
  return {
    loadAdmissions: async () => ({ identities: [...identities.values()], tokens: [...tokens.values()] }),
    saveIdentity: async (identity) => void identities.set(identity.name, identity),
    removeIdentity: async (nodeName) => void identities.delete(nodeName),
    saveJoinToken: async (token) => void tokens.set(token.id, token),
    removeJoinTokens: async (ids) => {
      for (const id of ids) tokens.delete(id)
    },
  }
}
