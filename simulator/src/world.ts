/** A core, its database, nodes and whoever uses them, on one clock. Nothing moves but by `step`. */
import type { CoreTimes } from '@fornax/core/core-rooms'
import { createLog, type Log } from '@fornax/kernel/log'
import { Clients } from './clients.ts'
import { CoreHost } from './core-host.ts'
import { Ground, START_MS } from './ground.ts'
import { SimulatedNode } from './node.ts'
import { Operator } from './operator.ts'
import type { Plan } from './plan.ts'
import type { Line } from './line.ts'
import type { ApplicationsParts } from './simulated-applications.ts'
import { Readers } from './readers.ts'
import { SessionWatchers } from './session-watchers.ts'
import { Testimony } from './witnesses.ts'

/** How many timers wait in each process. */
export type TimerCounts = { readonly core: number; readonly agents: ReadonlyMap<string, number> }

export class World {
  readonly ground: Ground
  readonly host: CoreHost
  readonly nodes: readonly SimulatedNode[]
  readonly clients: Clients
  readonly operator: Operator
  readonly readers: Readers
  readonly watchers: SessionWatchers
  readonly testimony: Testimony
  /** What should not have happened, apart from what the invariants see. */
  readonly misdeeds: { readonly invariant: string; readonly what: string }[] = []
  steps = 0
  /** What waited when everything had started and nothing had happened. */
  timersAtFirst: TimerCounts | null = null
  readonly #log: Log = createLog('simulator', 'silent')

  constructor(seed: number, plan: Plan) {
    this.ground = new Ground(seed)
    const { ground } = this
    const lines = new Map<string, Line>()
    this.host = new CoreHost({
      ground,
      lines,
      log: this.#log,
      times: TIMES,
      limits: { changeLogCapacity: plan.changesKept, closedSessionsMax: CLOSED_SESSIONS_MAX },
      commandSent: (nodeName, command) => this.testimony.commandSent(nodeName, command),
      observe: {
        sessionAvailable: () => undefined,
        sessionClosed: () => undefined,
        podReady: () => undefined,
        applicationGone: () => undefined,
        podRested: () => undefined,
        podWoke: () => undefined,
        podDidNotWake: () => undefined,
        rejected: (what, id, why) => {
          ground.note(`core: rejects for ${what} ${id}: ${why}`)
          this.misdeeds.push({ invariant: 'rejected', what: `${what} ${id}: ${why}` })
        },
      },
    })
    this.testimony = new Testimony(this.host)
    this.readers = new Readers(ground, this.host)
    this.clients = new Clients(ground, this.host)
    this.clients.onWatch = (id) => void this.watchers.follow(id)
    this.watchers = new SessionWatchers(ground, this.host, (what) => this.misdeeds.push({ invariant: 'I10', what }))
    this.operator = new Operator(ground, this.host)
    this.nodes = plan.nodes.map(({ name, resources, rate, offsetMs }) => {
      const drift = { rate, originMs: START_MS, offsetMs }
      const findCore = () => this.host.process
      const node = new SimulatedNode({
        ground,
        name,
        log: this.#log,
        resources,
        drift,
        findCore,
        touched: (nodeName) => this.testimony.touched(nodeName),
        acted: (act) => this.testimony.acted(act),
        delivered: (sessionId, order) => this.#delivered(sessionId, order),
      })
      lines.set(name, node.line)
      return node
    })
    this.testimony.nodes = this.nodes
  }

  /** A session was given to an application: what its client gave, and nobody else's. */
  #delivered(sessionId: string, { data, env }: Parameters<ApplicationsParts['delivered']>[1]): void {
    const { rows } = this.host.database
    const state = this.host.serving?.rooms.fleet.state
    const session = state?.sessions.get(sessionId) ?? rows.sessions.get(sessionId)
    const client = session?.request.labels['client']
    if (client === undefined) return
    const given = this.clients.given(client)
    const isSame = given !== null && Buffer.compare(given.data, data) === 0 && env['CLIENT'] === given.env['CLIENT']
    if (!isSame) this.misdeeds.push({ invariant: 'delivery', what: `session ${sessionId} got what is not its own` })
  }

  /** One event of the clock; false when there is none. What follows from it in the same turn follows by itself. */
  step(): boolean {
    this.steps += 1
    return this.ground.clock.runNext()
  }
}

/** So few that in a busy run some leave memory before their time. */
const CLOSED_SESSIONS_MAX = 400

const TIMES: CoreTimes = { leaseMs: 10_000, heartbeatMs: 2_000, usageMs: 4_000, retentionMs: 30_000 }
