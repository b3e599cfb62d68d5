/** What an administrator does now and then, straight at the ports of the core: tenants, tokens, history, logs. */
import type { Session } from '@fornax/core/sessions/session'
import { sampleTenant, sampleToken, sampleUser } from '../../../apps/core/test/support/sample-tenants.ts'
import type { Tenant } from '@fornax/core/tenants/tenant'
import type { CoreProcess } from '../../src/core-process.ts'
import type { Chance } from '../../src/chance.ts'
import type { World } from '../../src/world.ts'

type Serving = NonNullable<CoreProcess['serving']>

const EVERY_MS = 400
const HISTORY = { first: 20, before: null, tenantId: null, applicationId: null, nodeName: null, phases: null }

/** Of what was answered: what has to be in the database from then on. */
export class Chores {
  readonly #world: World
  readonly #chance: Chance
  readonly #tenants = new Set<string>()
  readonly #tokens = new Set<string>()
  #count = 0

  constructor(world: World) {
    this.#world = world
    this.#chance = world.ground.chance('chores')
  }

  begin(untilMs: number): void {
    const { ground } = this.#world
    ground.clock.schedule(EVERY_MS, () => {
      this.#doOne()
      if (ground.atMs < untilMs) this.begin(untilMs)
    })
  }

  /** What was promised and is not there. */
  broken(): readonly string[] {
    const { ground, host } = this.#world
    if (ground.faults.has('old backup restored')) return [] // Then no promise from before can be kept.
    const { tenants, tokens } = host.database.rows
    return [
      ...[...this.#tenants].filter((id) => !tenants.has(id)),
      ...[...this.#tokens].filter((id) => !tokens.has(id)),
    ]
  }

  #doOne(): void {
    const { process } = this.#world.host
    this.#count += 1
    const number = this.#count
    process?.life.enter(() => {
      const { serving } = process
      if (serving !== null) this.#ask(serving, number).catch(() => undefined) // The database may fail.
    })
  }

  async #ask({ rooms }: Serving, number: number): Promise<void> {
    const { store } = rooms
    const createdAtMs = this.#world.ground.clock.nowMs()
    const tenantId = `ten-chore-${number}`
    switch (number % 7) {
      case 0:
        await store.addTenant(sampleTenant({ id: tenantId, name: tenantId, createdAtMs }))
        return void this.#tenants.add(tenantId)
      case 1: {
        const id = `tok-chore-${number}`
        await store.addToken(sampleToken({ id, name: id, role: 'viewer', secretHash: id, createdAtMs }))
        return void this.#tokens.add(id)
      }
      case 2: {
        const [id = 'tok-nobody'] = this.#tokens
        this.#tokens.delete(id)
        return await store.removeToken(id)
      }
      case 3:
        return await this.#readHistory(rooms)
      case 4:
        return this.#preload(rooms)
      case 5:
        return await this.#comeAndGo(store, sampleTenant({ id: tenantId, name: tenantId, createdAtMs }))
      default:
        return await this.#readLog(rooms)
    }
  }

  /** A tenant that is bounded, used and deleted again, with somebody in it. */
  async #comeAndGo(store: Serving['rooms']['store'], tenant: Tenant): Promise<void> {
    const { id, createdAtMs } = tenant
    const user = sampleUser({ id: `usr-${id}`, tenantId: id, createdAtMs })
    await store.addTenant(tenant)
    await store.saveTenant({ ...tenant, suspendedAtMs: createdAtMs })
    await store.addUser(user)
    await store.saveUser({ ...user, lastLoginAtMs: createdAtMs })
    await store.removeUser(user.id)
    await store.saveTokenUses([...this.#tokens].map((token) => ({ id: token, atMs: createdAtMs })))
    await store.removeTenant(id)
  }

  async #readHistory({ store }: Serving['rooms']): Promise<void> {
    const sessions: readonly Session[] = await store.sessionHistory({ ...HISTORY, labels: {} })
    for (const { id } of sessions.slice(-1)) await store.session(id)
  }

  /** A simulated node runs no images, and says so. */
  #preload({ reader, connections }: Serving['rooms']): void {
    const order = { versionId: 'ver-chore', image: 'shop:1', isAlways: false, credentials: [] }
    for (const { registered } of reader.nodes()) connections.connection(registered.name)?.preload(order)
  }

  /** Half of the readers have left before the node can answer. */
  async #readLog({ reader, connections }: Serving['rooms']): Promise<void> {
    const [pod] = reader.pods(null)
    const connection = connections.connection(pod?.nodeName ?? '')
    if (pod === undefined || connection === null) return
    const left = new AbortController()
    if (this.#chance.isHit(0.5)) this.#world.ground.clock.schedule(1, () => left.abort())
    for await (const _ of connection.podLog(pod.id, { follow: true, tailLines: 5 }, left.signal)) continue
  }
}
