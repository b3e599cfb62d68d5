/** What a tenant may have, and that it never has more, however many ask at once. */
import { assert, constantFrom, array, property, record, integer } from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { OpenRefusal } from '../../src/sessions/open-session.ts'
import { NO_QUOTAS, type Quotas, type TenantUsage } from '../../src/tenants/quotas.ts'
import { FleetWorld } from '../support/fleet-world.ts'

const TENANT = 'ten-1'

describe('a quota of sessions', () => {
  it('is given out to the last one and no further, also when all ask in one turn', () => {
    const world = worldWith({ sessions: 5 })
    const results = world.turn(() => Array.from({ length: 20 }, () => open(world)))
    expect(results.filter((result) => typeof result === 'string')).toHaveLength(5)
    expect(results.at(-1)).toEqual({ kind: 'quotaExceeded', quota: 'sessions', limit: 5, retryAfterMs: null })
    world.run(1_000)
    expect(world.reader.usage(TENANT).sessions).toBe(5)
  })

  it('is given back when a session has closed, and not while it is closing', () => {
    const world = worldWith({ sessions: 1 })
    const id = opened(world)
    world.run(1_000)
    world.turn((fleet) => fleet.requestClose(id, 'requested'))
    expect(open(world)).toMatchObject({ kind: 'quotaExceeded' })
    world.run(1_000)
    expect(world.session(id).phase).toBe('closed')
    expect(typeof open(world)).toBe('string')
  })

  it('counts what was open before a restart of the core', () => {
    const world = worldWith({ sessions: 2 })
    open(world)
    world.run(1_000)
    world.restartCore()
    world.run(5_000)
    setQuotas(world, { sessions: 2 })
    expect([open(world), open(world)].map((result) => typeof result)).toEqual(['string', 'object'])
  })

  it('that is lowered takes nothing away', () => {
    const world = worldWith({})
    const ids = [opened(world), opened(world)]
    world.run(1_000)
    setQuotas(world, { sessions: 1 })
    expect(open(world)).toMatchObject({ quota: 'sessions', limit: 1 })
    expect(ids.map((id) => world.session(id).phase)).toEqual(['available', 'available'])
  })
})

describe('a quota of opens in a second', () => {
  it('lets exactly so many through in each second, and says when to come again', () => {
    const world = worldWith({ opensPerSecond: 10 })
    expect(openSome(world, 30)).toHaveLength(10)
    const refusal = Object(open(world))
    expect(refusal).toMatchObject({ quota: 'opensPerSecond', limit: 10, retryAfterMs: 100 })
    world.run(refusal.retryAfterMs)
    expect([typeof open(world), typeof open(world)]).toEqual(['string', 'object'])
    world.run(10_000)
    expect(openSome(world, 30)).toHaveLength(10)
  })
})

describe('W12: a quota of pods, CPU or memory', () => {
  it.each<[Partial<Quotas>, number]>([
    [{ pods: 3 }, 3],
    [{ cpuMillis: 450 }, 4],
    [{ memoryBytes: 5 * 64 * 2 ** 20 }, 5],
    [{ pods: 4, cpuMillis: 200 }, 2],
    [{ pods: 0 }, 0],
  ])('of %j is filled by the pools of all applications of the tenant together, and never passed', (quotas, most) => {
    const world = worldWith(quotas, { minPods: 0 })
    world.addApplication('chess', { tenantId: TENANT, policy: POLICY, spec: SPEC })
    world.addApplication('other', { tenantId: 'ten-2', policy: POLICY, spec: SPEC })
    for (const id of ['game', 'chess']) world.setPolicy(id, { minPods: 8 })
    let peak = 0
    for (let step = 0; step < 200; step += 1) {
      world.run(20)
      peak = Math.max(peak, world.pods('game').length + world.pods('chess').length)
    }
    expect(peak).toBe(most)
    expect(world.reader.usage(TENANT)).toEqual(recount(world, TENANT))
    expect(world.pods('other').length).toBe(8)
    expect(world.reader.application('chess')?.failure?.kind).toBe('quotaExceeded')
  })

  it('goes at once to whoever waits for it when a pod ends', () => {
    const world = worldWith({ pods: 2 })
    world.addApplication('chess', { tenantId: TENANT, policy: { ...POLICY, minPods: 1 }, spec: SPEC })
    world.run(2_000)
    expect(world.pods('chess')).toEqual([])
    world.deleteApplication('game')
    world.run(2_000)
    expect(world.counts('chess').idle).toBe(1)
    expect(world.reader.application('chess')?.failure).toBeNull()
  })

  it('goes at once to whoever waits for it when it is raised', () => {
    const world = worldWith({ pods: 0 })
    world.run(1_000)
    expect(world.pods('game')).toEqual([])
    setQuotas(world, { pods: 1 })
    world.run(1_000)
    expect(world.counts('game').idle).toBe(1)
  })

  it('closes a session that waited in vain for a pod, and says that it was the quota', () => {
    const world = worldWith({ pods: 1 })
    const ids = world.openMany('game', 3, { openTimeoutMs: 2_000 })
    world.run(1_900)
    expect(ids.map((id) => world.session(id).phase)).toEqual(['available', 'pending', 'pending'])
    world.run(200)
    expect(ids.map((id) => world.session(id).closeReason)).toEqual([null, 'quotaExceeded', 'quotaExceeded'])
  })

  it('lets a roll-out through, one pod for another', () => {
    const world = worldWith({ pods: 2 })
    world.run(1_000)
    expect(world.counts('game').idle).toBe(2)
    world.publish('game')
    let peak = 0
    for (let step = 0; step < 2_000; step += 1) {
      world.run(20)
      peak = Math.max(peak, world.pods('game').length)
    }
    expect(peak).toBe(2)
    expect(world.pods('game').map(({ version }) => version.number)).toEqual([2, 2])
  })
})

it('a suspended tenant opens nothing; its sessions go on, or are closed with a reason of their own', () => {
  const world = worldWith({})
  const id = opened(world)
  world.run(1_000)
  world.turn((fleet) => fleet.setTerms(TENANT, { quotas: NO_QUOTAS, isSuspended: true }))
  expect(open(world)).toEqual({ kind: 'tenantSuspended' })
  world.run(60_000)
  expect(world.session(id).phase).toBe('available')
  world.turn((fleet) => fleet.closeAll(TENANT, 'tenantSuspended'))
  world.run(1_000)
  expect(world.session(id)).toMatchObject({ phase: 'closed', closeReason: 'tenantSuspended' })
})

it('nothing that happens makes a tenant have more than its quotas, or its account say something else than is true', () => {
  const step = record({
    what: constantFrom('open', 'close', 'policy', 'crash', 'restart', 'run', 'publish'),
    amount: integer({ min: 1, max: 6 }),
  })
  const story = array(step, { maxLength: 25 })
  const limits = { sessions: 6, pods: 5, cpuMillis: 400, memoryBytes: 2 ** 40, opensPerSecond: 20 }
  assert(
    property(story, (steps) => {
      const world = worldWith(limits)
      const mine: string[] = []
      for (const { what, amount } of steps) {
        if (what === 'open') mine.push(...openSome(world, amount))
        if (what === 'close') for (const id of mine.splice(0, amount)) world.close(id)
        if (what === 'policy') world.setPolicy('game', { minPods: amount })
        if (what === 'publish') world.publish('game')
        if (what === 'crash') world.crash('node-1', { forMs: 100, keepsLedger: amount > 3 })
        if (what === 'restart') {
          world.restartCore()
          world.run(60)
          setQuotas(world, limits)
        }
        world.run(amount * 100)
        const usage = world.reader.usage(TENANT)
        expect(usage).toEqual(recount(world, TENANT))
        expect(usage.sessions).toBeLessThanOrEqual(limits.sessions)
        expect(usage.pods).toBeLessThanOrEqual(4) // By CPU.
      }
    }),
    { numRuns: 60 },
  )
})

const SPEC = { cpuMillis: 100, memoryBytes: 64 * 2 ** 20 }
const POLICY = { minPods: 8, maxPods: 20, burst: 50 }

/** An application of two pods, and room for many. */
function worldWith(quotas: Partial<Quotas>, policy: { readonly minPods: number } = { minPods: 2 }): FleetWorld {
  const world = new FleetWorld()
  setQuotas(world, quotas)
  world.addNode('node-1')
  world.addApplication('game', { tenantId: TENANT, policy: { ...POLICY, ...policy }, spec: SPEC })
  world.run(1_000)
  return world
}

function setQuotas(world: FleetWorld, quotas: Partial<Quotas>): void {
  world.turn((fleet) => fleet.setTerms(TENANT, { quotas: { ...NO_QUOTAS, ...quotas }, isSuspended: false }))
}

/** As the use-case does it: judged and booked in one turn. */
function open(world: FleetWorld): string | OpenRefusal {
  return world.fleet.refusesOpen(TENANT) ?? world.open('game')
}

/** As many of these as are let through. */
function openSome(world: FleetWorld, amount: number): string[] {
  const results = Array.from({ length: amount }, () => open(world))
  return results.filter((result) => typeof result === 'string')
}

/** One that must be let through. */
function opened(world: FleetWorld): string {
  const result = open(world)
  if (typeof result !== 'string') throw new Error(`refused: ${result.kind}`)
  return result
}

/** What a tenant has, counted from the beginning. */
function recount(world: FleetWorld, tenantId: string): TenantUsage {
  const { applications, pods } = world.fleet.state
  const usage = { sessions: 0, pods: 0, cpuMillis: 0, memoryBytes: 0 }
  for (const { definition, openSessions } of applications.values())
    if (definition.tenantId === tenantId) usage.sessions += openSessions.size
  for (const pod of pods.values()) {
    if (pod.tenantId !== tenantId || pod.phase === 'failed' || pod.phase === 'terminated') continue
    usage.pods += 1
    usage.cpuMillis += pod.version.spec.cpuMillis
    usage.memoryBytes += pod.version.spec.memoryBytes
  }
  return usage
}
