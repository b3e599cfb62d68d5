import { VirtualClock } from '@fornax/kernel/virtual-clock'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FakeFleet } from '../../test/acceptance/fake-fleet.ts'
import { aRequest } from '../../test/acceptance/fake-objects.ts'
import { FakeStore } from '../../test/acceptance/fake-store.ts'
import type { Session } from '../sessions/session.ts'
import type { SessionFilter } from './generated/resolver-types.ts'
import { sessionPage } from './session-pages.ts'
import type { Scope } from './visibility.ts'

describe('the list of sessions', () => {
  /** Where a session is: only in memory (not recorded yet), in both, or only in the history. */
  const place = fc.constantFrom('memory', 'both', 'history')
  const birth = fc.record({ place, atMs: fc.nat(4), tenant: fc.nat(1), isClosed: fc.boolean(), zone: fc.nat(1) })
  const where = fc.constantFrom<SessionFilter[]>(
    {},
    { phases: ['closed'] },
    { phases: ['available'] },
    { application: 'hello' },
    { labels: [{ name: 'zone', value: '1' }] },
    { nodeName: 'one' },
  )

  it('is one list of memory and history, newest first, with every session once', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(birth, { maxLength: 40 }),
        where,
        fc.integer({ min: 1, max: 9 }),
        async (births, filter, first) => {
          const world = new World()
          for (const one of births) world.bear(one)
          for (const scope of [null, 'ten-0', 'ten-1']) {
            const seen = await world.walk(scope, filter, first)
            expect(seen.map(({ id }) => id)).toEqual(world.expected(scope, filter))
            // Memory knows better: what is open there is not shown as its row was written.
            expect(seen.every((session) => session.clientCount === (world.fleet.session(session.id) ? 1 : 0))).toBe(
              true,
            )
          }
        },
      ),
    )
  })

  it('loses no session that closes and leaves memory between two pages', async () => {
    const world = new World()
    for (let atMs = 0; atMs < 6; atMs += 1) world.bear({ place: 'both', atMs, tenant: 0, isClosed: false, zone: 0 })
    const one = await sessionPage(world, 'ten-0', { first: 3 })
    for (const session of world.fleet.sessions()) {
      world.store.rows.set(session.id, { ...session, phase: 'closed' })
      world.fleet.removeSession(session.id)
    }
    const two = await sessionPage(world, 'ten-0', { first: 3, after: one.pageInfo.endCursor })
    const times = [...one.edges, ...two.edges].map(({ node }) => node.createdAtMs)
    expect(times).toEqual([5, 4, 3, 2, 1, 0])
  })

  it('does not ask the history for open sessions', async () => {
    const world = new World()
    const store = { sessionHistory: () => Promise.reject(new Error('asked')) }
    await expect(
      sessionPage({ fleet: world.fleet, store }, null, { where: { phases: ['available', 'pending'] } }),
    ).resolves.toBeDefined()
  })
})

type Birth = {
  readonly place: string
  readonly atMs: number
  readonly tenant: number
  readonly isClosed: boolean
  readonly zone: number
}

class World {
  readonly fleet = new FakeFleet(new VirtualClock(), 10)
  readonly store = new FakeStore()
  readonly #applications = [this.fleet.addApplication('ten-0', 'hello'), this.fleet.addApplication('ten-1', 'second')]
  readonly #all: Session[] = []

  bear({ place, atMs, tenant, isClosed, zone }: Birth): void {
    const application = this.#applications[tenant]
    if (!application) throw new Error('two tenants are known')
    // What is only in the history has closed: open sessions are always in memory.
    const phase = isClosed || place === 'history' ? 'closed' : 'available'
    const born = this.fleet.addSession(application, {
      createdAtMs: atMs,
      phase,
      clientCount: 1,
      nodeName: zone === 0 ? 'one' : 'two',
      request: aRequest({ labels: { zone: `${zone}` } }),
    })
    this.#all.push(born)
    // A row may be from before the session closed.
    if (place !== 'memory') this.store.rows.set(born.id, { ...born, clientCount: 0 })
    if (place === 'history') this.fleet.removeSession(born.id)
  }

  async walk(scope: Scope, where: SessionFilter, first: number): Promise<readonly Session[]> {
    const seen: Session[] = []
    for (let after: string | null = null, isMore = true; isMore;) {
      const page = await sessionPage(this, scope, { first, after, where })
      seen.push(...page.edges.map(({ node }) => node))
      isMore = page.pageInfo.hasNextPage
      after = page.pageInfo.endCursor
    }
    return seen
  }

  expected(scope: Scope, where: SessionFilter): readonly string[] {
    return this.#all
      .filter((one) => scope === null || one.tenantId === scope)
      .filter((one) => !where.phases || where.phases.includes(one.phase))
      .filter((one) => !where.application || one.applicationName === where.application)
      .filter((one) => !where.nodeName || one.nodeName === where.nodeName)
      .filter((one) => (where.labels ?? []).every(({ name, value }) => one.request.labels[name] === value))
      .toSorted((a, b) => b.createdAtMs - a.createdAtMs || (a.id < b.id ? 1 : -1))
      .map(({ id }) => id)
  }
}
