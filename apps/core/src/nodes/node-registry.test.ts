/** What the registry remembers when two things happen to a name or to a token at once. */
import { expect, it } from 'vitest'
import type { JoinToken, NodeIdentity } from './node-identity.ts'
import { NodeRegistry, type AdmissionStore } from './node-registry.ts'

const CERTIFIED = { expiresAtMs: 1_000_000 }

it('A3: a node that is revoked while it joins stays out, and its token is not spent', async () => {
  const world = await registryWorld()
  await world.join('node-a')
  const { token, secret } = await world.newToken()
  world.clock.nowMs += 1
  const admission = await world.registry.admit({ secret, nodeName: 'node-a', ledgerId: 'led-1' }, async () => {
    await world.registry.revoke('node-a')
    return CERTIFIED
  })
  expect(admission).toEqual({ kind: 'refused', problem: 'revoked' })
  expect(world.registry.identity('node-a')?.revokedAtMs).toBe(world.clock.nowMs)
  expect(world.identities.get('node-a')?.revokedAtMs).toBe(world.clock.nowMs)
  expect([...world.registry.tokens()].find(({ id }) => id === token.id)?.usedAtMs).toBeNull()
})

it('A3: a revocation while the database writes down the join is what both remember', async () => {
  const world = await registryWorld()
  await world.join('node-a')
  const { secret } = await world.newToken()
  world.clock.nowMs += 1
  const writing = world.holdSaves()
  const admission = world.registry.admit({ secret, nodeName: 'node-a', ledgerId: 'led-1' }, async () => CERTIFIED)
  await writing.begun
  const revoked = world.registry.revoke('node-a')
  writing.goOn()
  await Promise.all([admission, revoked])
  expect((await admission).kind).toBe('refused')
  expect(world.registry.identity('node-a')?.revokedAtMs).toBe(world.clock.nowMs)
  expect(world.identities.get('node-a')).toEqual(world.registry.identity('node-a'))
})

it('A6: a node that was removed is a stranger, and any token opens its name', async () => {
  const world = await registryWorld()
  await world.join('node-a')
  const before = world.registry.identity('node-a')
  const { secret } = await world.newToken()
  await world.registry.forget('node-a')
  expect(world.identities.size).toBe(0)
  expect(world.registry.identityProblem('node-a', before?.identityId ?? '')).toBe('unknownNode')
  const admission = await world.registry.admit({ secret, nodeName: 'node-a', ledgerId: 'led-2' }, async () => CERTIFIED)
  expect(admission.kind).toBe('admitted')
})

it('A6: a revocation outlives the removal of its node', async () => {
  const world = await registryWorld()
  await world.join('node-a')
  const { secret } = await world.newToken()
  world.clock.nowMs += 1
  await world.registry.revoke('node-a')
  await world.registry.forget('node-a')
  const admission = await world.registry.admit({ secret, nodeName: 'node-a', ledgerId: 'led-1' }, async () => CERTIFIED)
  expect(admission).toEqual({ kind: 'refused', problem: 'revoked' })
  expect(world.identities.get('node-a')?.revokedAtMs).toBe(world.clock.nowMs)
})

it('A6: a machine that joins while the one before is forgotten is written down last', async () => {
  const world = await registryWorld()
  await world.join('node-a')
  const { secret } = await world.newToken()
  const forgotten = world.registry.forget('node-a')
  const admission = world.registry.admit({ secret, nodeName: 'node-a', ledgerId: 'led-2' }, async () => CERTIFIED)
  await Promise.all([forgotten, admission])
  expect(world.identities.get('node-a')).toEqual(world.registry.identity('node-a'))
  expect(world.registry.identity('node-a')).not.toBeNull()
})

it('writes down the newest of a name last, however long the database takes for the one before', async () => {
  const world = await registryWorld()
  await world.join('node-a')
  const writing = world.holdSaves()
  const renewed = world.registry.renewed('node-a', 2_000_000)
  await writing.begun
  const revoked = world.registry.revoke('node-a')
  writing.goOn()
  await Promise.all([renewed, revoked])
  expect(world.identities.get('node-a')?.revokedAtMs).toBe(world.clock.nowMs)
})

it('makes tokens while fewer than 10,000 can be used, however many were used lately', async () => {
  const tokens = Array.from({ length: 10_000 }, (_, index) => tokenOf(index, { usedAtMs: 1, usedBy: 'node-a' }))
  const world = await registryWorld(tokens)
  expect(await world.registry.createToken({ nodeName: null, lifeMs: 1_000 })).not.toBeNull()
  const full = await registryWorld(tokens.map((one) => ({ ...one, usedAtMs: null, usedBy: null })))
  expect(await full.registry.createToken({ nodeName: null, lifeMs: 1_000 })).toBeNull()
})

function tokenOf(index: number, used: Pick<JoinToken, 'usedAtMs' | 'usedBy'>): JoinToken {
  return {
    id: `jtk-${index}`,
    secretHash: `hash-${index}`,
    nodeName: null,
    createdAtMs: 1,
    expiresAtMs: 9_000,
    ...used,
  }
}

async function registryWorld(given: readonly JoinToken[] = []) {
  const identities = new Map<string, NodeIdentity>()
  let hold: { readonly begin: () => void; readonly until: Promise<void> } | null = null
  const store: AdmissionStore = {
    loadAdmissions: async () => ({ identities: [], tokens: given }),
    saveIdentity: async (identity) => {
      const held = hold
      hold = null
      held?.begin()
      await held?.until
      identities.set(identity.name, identity)
    },
    removeIdentity: async (nodeName) => void identities.delete(nodeName),
    saveJoinToken: async () => undefined,
    removeJoinTokens: async () => undefined,
  }
  const clock = { nowMs: 1_000 }
  const registry = await NodeRegistry.open({
    store,
    nowMs: () => clock.nowMs,
    isStandingToken: () => false,
    connectedLedger: () => null,
  })
  const newToken = async () => {
    const created = await registry.createToken({ nodeName: null, lifeMs: 60_000 })
    if (created === null) throw new Error('there are too many')
    return created
  }
  return {
    clock,
    identities,
    registry,
    newToken,
    join: async (nodeName: string): Promise<void> => {
      const { secret } = await newToken()
      await registry.admit({ secret, nodeName, ledgerId: 'led-1' }, async () => CERTIFIED)
    },
    /** The next identity is written down only when it is told to go on. */
    holdSaves: () => {
      const begun = Promise.withResolvers<void>()
      const going = Promise.withResolvers<void>()
      hold = { begin: begun.resolve, until: going.promise }
      return { begun: begun.promise, goOn: going.resolve }
    },
  }
}
