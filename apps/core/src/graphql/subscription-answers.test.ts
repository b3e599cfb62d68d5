import { Caller } from '@fornax/kernel/caller'
import { parse } from 'graphql'
import { describe, expect, it } from 'vitest'
import { FakeCorePort } from '../../test/acceptance/fake-core-port.ts'
import { turn } from '../../test/acceptance/watch-world.ts'
import type { Role } from '../tenants/tenant.ts'
import { requestContext } from './context.ts'
import { OperationPlans } from './operation-plans.ts'
import { createSchema } from './schema.ts'
import { SubscriptionAnswers } from './subscription-answers.ts'
import { createFeeds } from './watch-feeds.ts'

const schema = createSchema()
const WATCH = `subscription ($where: SessionFilter) { watchSessions(where: $where) {
  ... on SessionSnapshot { isLast } ... on SessionChanges { upserted { id application { tenant } } } } }`
const document = parse(WATCH)

describe('the answers of a watch', () => {
  it('are made once for readers with the same words, who all get them', async () => {
    await using world = new World()
    const readers = [await world.watch({}), await world.watch({}), await world.watch({})]
    const id = await world.change()
    for (const reader of readers)
      expect(reader.at(-1)).toEqual({
        data: { watchSessions: { upserted: [{ id, application: { tenant: 'acme' } }] } },
      })
    expect(world.tenantsRead).toBe(1)
  })

  it.each([
    ['another document', { document: parse(WATCH) }],
    ['other variables', { variableValues: { where: { application: 'hello' } } }],
    ['another tenant', { role: 'operator' as const }],
    ['another role, who may read other fields', { role: 'admin' as const }],
  ])('are made anew for %s', async (_what, other) => {
    await using world = new World()
    const readers = [await world.watch({}), await world.watch(other)]
    const id = await world.change()
    for (const reader of readers)
      expect(reader.at(-1)).toMatchObject({ data: { watchSessions: { upserted: [{ id }] } } })
    expect(world.tenantsRead).toBe(2)
  })

  it('do not reach a reader who left while they were made', async () => {
    await using world = new World()
    const reader = await world.watch({})
    const before = reader.length
    world.core.fleet.addSession(world.hello)
    await Promise.resolve()
    await world.leave()
    await turn()
    expect(reader).toHaveLength(before)
  })
})

class World implements AsyncDisposable {
  readonly core = new FakeCorePort()
  readonly hello = this.core.fleet.addApplication(this.core.tenants.idOf('acme'), 'hello')
  /** How often the tenant of an application was answered. */
  tenantsRead = 0
  readonly #feeds = createFeeds(this.core.fleet, this.core.clock)
  readonly #answers = new SubscriptionAnswers(new OperationPlans(schema), { log: this.core.log, isProduction: true })
  readonly #watches: AsyncIterableIterator<never>[] = []

  /** What a new reader gets, from now on. */
  async watch(asked: { document?: typeof document; variableValues?: object; role?: Role }): Promise<unknown[]> {
    const viewer = { tokenId: 'tok', tenantId: this.core.tenants.idOf('acme'), role: asked.role ?? 'viewer' }
    const contextValue = requestContext({ core: this.core, feeds: this.#feeds }, viewer, {
      caller: new Caller(),
      origin: { source: null, requestId: 'r' },
    })
    const received: unknown[] = []
    const events = await this.#answers.subscribe(
      { schema, document: asked.document ?? document, variableValues: { ...asked.variableValues }, contextValue },
      async (answer) => void received.push(JSON.parse(answer)),
    )
    if (!('next' in events)) throw new Error(JSON.stringify(events))
    this.#watches.push(events)
    void events.next()
    await turn()
    return received
  }

  /** Changes a session, and waits until all readers know. */
  async change(): Promise<string> {
    const { fleet, tenants } = this.core
    const read = tenants.tenant
    tenants.tenant = (id) => {
      this.tenantsRead += 1
      return read(id)
    }
    const { id } = fleet.addSession(this.hello)
    await turn()
    return id
  }

  async leave(): Promise<void> {
    for (const watch of this.#watches) await watch.return?.()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.leave()
    this.#feeds[Symbol.dispose]()
  }
}
