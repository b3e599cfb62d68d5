/** The store as one core sees it: every call of it is a crash point. Sessions are recorded by the real group commit. */
import type { Application, ScalingPolicy } from '@fornax/core/applications/application'
import type { RegisteredNode } from '@fornax/core/nodes/node'
import type { Session } from '@fornax/core/sessions/session'
import { GroupCommit, type GroupBounds } from '@fornax/core/store/group-commit'
import type { Intent, SessionHistoryQuery, Store, WriteResult } from '@fornax/core/store/store'
import type { ApiToken, Tenant, User } from '@fornax/core/tenants/tenant'
import { CORE_STORE, type StoreCall } from './crash-points.ts'
import type { Ground } from './ground.ts'
import type { SimulatedDatabase } from './simulated-database.ts'
import { never } from './life.ts'
import type { Peer } from './peer.ts'

/** As in production, but for how much may wait: so little that a slow database fills it. */
const BOUNDS: GroupBounds = {
  spacingMs: 2,
  burst: 4,
  rowsMax: 100,
  bytesMax: 2 ** 20,
  waitingRowsMax: 300,
  waitingBytesMax: 2 ** 24,
}

export class CoreStore implements Store {
  readonly #ground: Ground
  readonly #database: SimulatedDatabase
  readonly #core: Peer
  readonly #sessions: GroupCommit<Session>

  constructor(ground: Ground, database: SimulatedDatabase, core: Peer) {
    this.#ground = ground
    this.#database = database
    this.#core = core
    this.#sessions = new GroupCommit({
      clock: core.life.clock(),
      bounds: BOUNDS,
      idOf: (session) => session.id,
      bytesOf: (session) => session.request.data.length + 500,
      isRowFault: () => false,
      commit: (rows) =>
        database.reach(core.life, `commits ${rows.map(({ id, phase }) => `${id} ${phase}`).join(', ')}`, () =>
          database.store.recordSessions(rows),
        ),
    })
  }

  start(): Promise<Intent> {
    return this.#ask('start', (store) => store.start(this.#ground.clock.nowMs()))
  }

  raiseEpochAbove(epoch: number): Promise<number> {
    return this.#ask('raiseEpochAbove', (store) => store.raiseEpochAbove(epoch))
  }

  addTenant(tenant: Tenant): Promise<void> {
    return this.#ask('addTenant', (store) => store.addTenant(tenant))
  }

  addToken(token: ApiToken): Promise<void> {
    return this.#ask('addToken', (store) => store.addToken(token))
  }

  removeToken(id: string): Promise<void> {
    return this.#ask('removeToken', (store) => store.removeToken(id))
  }

  saveTenant(tenant: Tenant): Promise<void> {
    return this.#ask('saveTenant', (store) => store.saveTenant(tenant))
  }

  removeTenant(id: string): Promise<void> {
    return this.#ask('removeTenant', (store) => store.removeTenant(id))
  }

  saveTokenUses(uses: Parameters<Store['saveTokenUses']>[0]): Promise<void> {
    return this.#ask('saveTokenUses', (store) => store.saveTokenUses(uses))
  }

  addUser(user: User): Promise<void> {
    return this.#ask('addUser', (store) => store.addUser(user))
  }

  saveUser(user: User): Promise<void> {
    return this.#ask('saveUser', (store) => store.saveUser(user))
  }

  removeUser(id: string): Promise<void> {
    return this.#ask('removeUser', (store) => store.removeUser(id))
  }

  addApplication(application: Application): Promise<WriteResult> {
    return this.#ask('addApplication', (store) => store.addApplication(application))
  }

  publishVersion(application: Application): Promise<WriteResult> {
    return this.#ask('publishVersion', (store) => store.publishVersion(application))
  }

  updateScalingPolicy(applicationId: string, policy: ScalingPolicy, revision: number): Promise<WriteResult> {
    return this.#ask('updateScalingPolicy', (store) => store.updateScalingPolicy(applicationId, policy, revision))
  }

  saveRollOut(applicationId: string, rollOut: Parameters<Store['saveRollOut']>[1]): Promise<void> {
    return this.#ask('saveRollOut', (store) => store.saveRollOut(applicationId, rollOut))
  }

  application(id: string): ReturnType<Store['application']> {
    return this.#ask('application', (store) => store.application(id))
  }

  versions(applicationId: string): ReturnType<Store['versions']> {
    return this.#ask('versions', (store) => store.versions(applicationId))
  }

  removeApplication(applicationId: string): Promise<void> {
    return this.#ask('removeApplication', (store) => store.removeApplication(applicationId))
  }

  saveNode(node: RegisteredNode): Promise<void> {
    return this.#ask('saveNode', (store) => store.saveNode(node))
  }

  removeNode(name: string): Promise<void> {
    return this.#ask('removeNode', (store) => store.removeNode(name))
  }

  recordSessions(sessions: readonly Session[]): Promise<void> {
    return this.#pass('recordSessions', () => this.#sessions.record(sessions))
  }

  session(id: string): Promise<Session | null> {
    return this.#ask('session', (store) => store.session(id))
  }

  sessionHistory(query: SessionHistoryQuery): Promise<readonly Session[]> {
    return this.#ask('sessionHistory', (store) => store.sessionHistory(query))
  }

  sessionOfKey(applicationId: string, key: string, sinceMs: number): Promise<Session | null> {
    return this.#ask('sessionOfKey', (store) => store.sessionOfKey(applicationId, key, sinceMs))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#sessions[Symbol.asyncDispose]()
  }

  #ask<T>(call: StoreCall, act: (store: Store) => Promise<T>): Promise<T> {
    const { life } = this.#core
    return this.#pass(call, () => this.#database.reach(life, call, () => act(this.#database.store)))
  }

  /** A core that dies at the call, or at its answer, never hears of it. */
  async #pass<T>(call: StoreCall, act: () => Promise<T>): Promise<T> {
    const { crashes } = this.#ground
    const point = CORE_STORE[call]
    if (!this.#core.life.isAlive || crashes.pass(point, 'before', this.#core)) return never()
    const value = await act()
    return this.#core.life.isAlive && !crashes.pass(point, 'after', this.#core) ? value : never()
  }
}
