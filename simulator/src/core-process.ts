/**
 * One process of the core, from its start to its end: the real rooms over a simulated database, with streams and
 * calls that come from the world.
 */
import { openCoreRooms, recover, type CoreRooms, type CoreTimes, type CoreWorld } from '@fornax/core/core-rooms'
import type { FleetObserver } from '@fornax/core/fleet/fleet-state'
import type { UseCases } from '@fornax/core/graphql/core-port'
import { createFeeds, type Feeds } from '@fornax/core/graphql/watch-feeds'
import type { NodeConnection, NodeStream } from '@fornax/core/nodelink/node-connection'
import { TenantDirectory } from '@fornax/core/tenants/tenant-directory'
import { UserDirectory } from '@fornax/core/tenants/user-directory'
import { useCases } from '@fornax/core/use-cases'
import type { IdKind } from '@fornax/kernel/ids'
import type { Log } from '@fornax/kernel/log'
import { noSecrets } from './no-secrets.ts'
import { CoreStore } from './core-store.ts'
import type { Ground } from './ground.ts'
import { Life } from './life.ts'
import type { SimulatedDatabase } from './simulated-database.ts'
import type { CoreDoor } from './wire.ts'

/** Every core of a world is of the same cluster. */
const CLUSTER_KEY = new Uint8Array(32)

/** What a core of this world has in common with the one before it. */
export type CoreParts = {
  readonly ground: Ground
  readonly database: SimulatedDatabase
  readonly log: Log
  readonly times: CoreTimes
  readonly limits: CoreWorld['limits']
  readonly newId: (kind: IdKind) => string
  readonly observe: FleetObserver
  readonly commandSent: NonNullable<CoreWorld['commandSent']>
  /** The process is gone. `isPlanned`: it asked for its restart itself. */
  readonly whenDead: (core: CoreProcess) => void
}

/** What a core holds while it serves. */
export type Serving = { readonly rooms: CoreRooms; readonly cases: UseCases; readonly feeds: Feeds }

export class CoreProcess implements CoreDoor {
  readonly name = 'core'
  readonly life: Life
  /** Settles when the process has died. */
  readonly ended: Promise<void>
  readonly #parts: CoreParts
  readonly #end: () => void
  #serving: Serving | null = null
  #epoch = 0

  constructor(parts: CoreParts) {
    this.#parts = parts
    const { promise, resolve } = Promise.withResolvers<void>()
    this.ended = promise
    this.#end = resolve
    this.life = new Life(parts.ground.clock)
    this.#start().catch((error: unknown) => {
      parts.ground.note(`core: cannot start: ${String(error)}`)
      this.crash()
    })
  }

  /** Null before it listens, and when it is dead. */
  get serving(): Serving | null {
    return this.life.isAlive ? this.#serving : null
  }

  get epoch(): number {
    return this.#epoch
  }

  accept(stream: NodeStream, nodeName: string): NodeConnection | null {
    // What certificates prove over gRPC, the world knows.
    return this.serving?.rooms.connections.open(stream, { nodeName, notAfterMs: Number.POSITIVE_INFINITY }) ?? null
  }

  /** The process ends, in whatever it was doing. */
  crash(): void {
    if (!this.life.isAlive) return
    this.life.end()
    this.#parts.ground.note(`core: dies in epoch ${this.#epoch}`)
    this.#parts.whenDead(this)
    this.#end()
  }

  async #start(): Promise<void> {
    const { ground, database, log, times, limits, newId, observe, commandSent } = this.#parts
    const clock = this.life.clock()
    const store = new CoreStore(ground, database, this)
    const intent = await store.start()
    this.#epoch = intent.epoch
    const tenants = new TenantDirectory({ ...intent, store, nowMs: () => clock.nowMs() })
    const rooms = openCoreRooms({
      clock,
      log,
      random: ground.chance(`core/${intent.epoch}`),
      newId,
      store,
      intent,
      tenants,
      secrets: noSecrets(() => clock.nowMs()),
      clusterKey: CLUSTER_KEY,
      users: new UserDirectory({ ...intent, store, nowMs: () => clock.nowMs() }),
      observe,
      commandSent: (nodeName, command) => {
        if (this.life.isAlive) commandSent(nodeName, command)
      },
      times,
      limits,
    })
    await recover(rooms.fleet, store, intent)
    ground.note(`core: serves in epoch ${intent.epoch}, ${intent.sessions.length} sessions are open`)
    this.#serving = { rooms, cases: useCases(rooms, exit(rooms)), feeds: createFeeds(rooms.reader, clock) }
    void rooms.mustRestart.then(() => this.crash())
  }
}

/** Nodes of a simulation have no certificates that could be forgotten. */
function exit({ connections }: CoreRooms): { readonly forgetNode: (name: string) => Promise<void> } {
  const refusal = { code: 'unauthenticated', message: 'the node was removed' } as const
  return { forgetNode: async (name) => connections.cut(name, refusal) }
}
