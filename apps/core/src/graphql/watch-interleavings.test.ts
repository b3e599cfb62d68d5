/** I10 and I11 as properties: whatever happens, in whatever order, however slowly somebody reads. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { aRequest, aSession } from '../../test/acceptance/fake-objects.ts'
import { isPending, turn, WatchWorld, type TestReader } from '../../test/acceptance/watch-world.ts'
import type { ApplicationView } from '../fleet/views.ts'
import type { Session, SessionPhase } from '../sessions/session.ts'
import type { SessionFilter } from './generated/resolver-types.ts'
import type { Scope } from './visibility.ts'
import { selectSessions } from './watch-selections.ts'
import type { WatchEvent } from './watch.ts'

describe('I10, I11: whatever happens, in whatever order', () => {
  const index = fc.nat(7)
  const phase = fc.constantFrom<SessionPhase[]>('pending', 'available', 'inUse', 'closed')
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.record({ kind: fc.constant('put' as const), index, phase, application: fc.nat(3) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('remove' as const), index }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('flood' as const), index, changes: fc.nat(40) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('recreate' as const) }) },
    {
      weight: 3,
      arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.constantFrom(0, 10, 249, 250, 400, 11_000) }),
    },
    { weight: 6, arbitrary: fc.record({ kind: fc.constant('read' as const), reader: fc.nat(5) }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('ask' as const), reader: fc.nat(5) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('comeBack' as const), reader: fc.nat(5) }) },
  )

  it('a reader ends with the picture of a fresh list, and has never seen anything of another tenant', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 30 }), async (steps, capacity) => {
        using world = new World({ capacity })
        const readers = [
          new Picture(world, 'ten-a', {}),
          new Picture(world, 'ten-a', { application: 'hello' }),
          new Picture(world, 'ten-a', { phases: ['available', 'inUse'] }),
          new Picture(world, 'ten-a', { application: 'hello', labels: [{ name: 'index', value: '1' }] }),
          new Picture(world, 'ten-b', {}),
          new Picture(world, null, { phases: ['available'] }),
        ]
        for (const one of steps) await world.take(one, readers)
        for (const reader of readers) await reader.catchUp()
        for (const reader of readers) expect(reader.sorted()).toEqual(reader.fresh())
      }),
      {
        numRuns: 300,
        examples: [
          // A batch that is made in the very turn in which the time for a bookmark is up.
          [
            [
              { kind: 'read', reader: 0 },
              { kind: 'put', index: 0, phase: 'pending', application: 0 },
              { kind: 'flood', index: 0, changes: 1 },
              { kind: 'ask', reader: 0 },
              { kind: 'wait', ms: 11_000 },
            ],
            1,
          ],
        ],
      },
    )
  })
})

type Step =
  | { readonly kind: 'put'; readonly index: number; readonly phase: SessionPhase; readonly application: number }
  | { readonly kind: 'remove'; readonly index: number }
  | { readonly kind: 'flood'; readonly index: number; readonly changes: number }
  | { readonly kind: 'recreate' }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'read' | 'ask' | 'comeBack'; readonly reader: number }

/** A world in which the steps happen. */
class World extends WatchWorld {
  /** What `hello` was before it was deleted and made again. */
  former = this.hello

  async take(step: Step, readers: readonly Picture[]): Promise<void> {
    switch (step.kind) {
      case 'put':
        this.#put(step.index, step.phase, this.#applications[step.application] ?? this.hello)
        return
      case 'remove':
        for (const { definition } of this.#applications) this.fleet.removeSession(sessionId(definition, step.index))
        return
      case 'flood':
        for (let i = 0; i < step.changes; i += 1) this.#put(step.index, i % 2 === 0 ? 'available' : 'inUse', this.hello)
        return
      case 'recreate':
        this.former = this.hello
        this.fleet.removeApplication(this.former.definition.id)
        this.hello = this.fleet.addApplication('ten-a', 'hello')
        return
      case 'wait':
        this.clock.advance(step.ms)
        return turn()
      case 'read':
        return void (await readers[step.reader]?.read())
      case 'ask':
        return readers[step.reader]?.ask()
      case 'comeBack':
        return readers[step.reader]?.comeBack()
      default:
        return step satisfies never
    }
  }

  get #applications(): readonly ApplicationView[] {
    return [this.hello, this.second, this.other, this.former]
  }

  #put(index: number, phase: SessionPhase, { definition }: ApplicationView): void {
    const { id: applicationId, name: applicationName, tenantId } = definition
    const id = sessionId(definition, index)
    const labels = { index: String(index % 3) }
    const clientCount = Number(this.fleet.resourceVersion.split('.')[1])
    this.fleet.putSession(
      aSession({ id, tenantId, applicationId, applicationName, phase, clientCount, request: aRequest({ labels }) }),
    )
  }
}

/** A session never changes its application. */
function sessionId({ tenantId, id }: ApplicationView['definition'], index: number): string {
  return `ses-${tenantId}-${id}-${index}`
}

/** A client with the three rules: replace on a snapshot, apply changes, remember the version. */
class Picture {
  readonly #world: WatchWorld
  readonly #scope: Scope
  readonly #where: SessionFilter
  readonly #held = new Map<string, Session>()
  #reader: TestReader<Session>
  #pending: Promise<WatchEvent<Session>> | null = null
  #version: string | null = null
  #isInSnapshot = false
  #last = ''

  constructor(world: WatchWorld, scope: Scope, where: SessionFilter) {
    this.#world = world
    this.#scope = scope
    this.#where = where
    this.#reader = world.watchSessions(scope, where)
  }

  /** Asks for the next event, and does not wait for it. */
  ask(): void {
    this.#pending ??= this.#reader.next()
  }

  /** Takes one event, if there is one. */
  async read(): Promise<boolean> {
    this.#pending ??= this.#reader.next()
    if (await isPending(this.#pending)) return false
    const event = await this.#pending
    this.#pending = null
    this.#apply(event)
    return true
  }

  /** Loses the connection, and continues where it was. */
  async comeBack(): Promise<void> {
    await this.#reader.events.return?.()
    await this.#pending?.catch(() => undefined)
    this.#pending = null
    this.#isInSnapshot = false
    this.#reader = this.#world.watchSessions(this.#scope, this.#where, this.#version)
  }

  /** Reads until a bookmark says that there is nothing more. */
  async catchUp(): Promise<void> {
    const isThere = (): boolean => this.#last === 'bookmark' && this.#version === this.#world.fleet.resourceVersion
    for (let rounds = 0; !isThere(); rounds += 1) {
      expect(rounds).toBeLessThan(50)
      while (await this.read());
      this.#world.clock.advance(10_250)
      await turn()
    }
  }

  sorted(): readonly Session[] {
    return [...this.#held.values()].toSorted((a, b) => (a.id < b.id ? -1 : 1))
  }

  fresh(): readonly Session[] {
    const all = selectSessions(this.#world.fleet, this.#scope, this.#where).all()
    return [...all].toSorted((a, b) => (a.id < b.id ? -1 : 1))
  }

  #apply(event: WatchEvent<Session>): void {
    this.#last = event.kind
    if (event.kind === 'snapshot') {
      if (!this.#isInSnapshot) this.#held.clear()
      this.#isInSnapshot = !event.isLast
      for (const one of event.items) this.#hold(one)
    } else if (event.kind === 'changes') {
      for (const one of event.upserted) this.#hold(one)
      for (const id of event.removedIds) {
        if (this.#scope !== null) expect(id).toContain(this.#scope)
        this.#held.delete(id)
      }
    }
    if (!this.#isInSnapshot) this.#version = event.resourceVersion
  }

  #hold(one: Session): void {
    if (this.#scope !== null) expect(one.tenantId).toBe(this.#scope)
    this.#held.set(one.id, one)
  }
}
