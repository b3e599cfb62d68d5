/**
 * A core, one node whose agent dies, and what must be true of both afterwards.
 *
 *   some sessions are kept open, others come and go ─► the agent dies at a point ─► another one takes over
 *   ─► everything comes to rest ─► what clients were told holds, and what runs is what everybody says that runs
 */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as after } from 'node:timers/promises'
import { ApplicationNamesDocument } from '@fornax/client/generated/documents'
import { Cluster } from '../cluster.ts'
import { eventually } from '../eventually.ts'
import { LEASE_MS } from '../faults/cases.ts'
import { realPodsOf } from '../faults/real-pods.ts'
import { settled } from '../faults/verdict.ts'
import { close, create, hello, nodes, opened, remove, session, sleeper, type Session } from '../steps.ts'
import type { Way } from './agent-ways.ts'
import { Churn, type ChurnClient } from './churn.ts'
import { readLedger } from './ledger-file.ts'
import { LOSING, PEACEFUL, reachPoint, type DyingNode } from './reach-point.ts'
import type { CrashOrder } from './trap.ts'

const NODE = 'node-a'
/** Starts at once and has a port. */
const GAME = 'game'
/** Speaks through the session service, and answers over HTTP. */
const HELLO = 'hello'
/** Nobody uses its pods. */
const IDLE = 'idle'

const DYING_AGENT = `${import.meta.dirname}/dying-agent.ts`
const REACHED_WITHIN_MS = 25_000
const PORTS = [{ name: 'web', containerPort: 8080 }]
const POOLS = {
  [GAME]: { maxPods: 10, idleCount: { low: 2, high: 3 } },
  [HELLO]: { maxPods: 4, idleCount: { low: 1, high: 2 } },
  [IDLE]: { maxPods: 4, idleCount: { low: 3, high: 3 } },
}
const NAMES = [GAME, HELLO, IDLE] as const

const QUICK = { burst: 50, scaleDownDelayMs: 100 }
const CLIENTS: readonly ChurnClient[] = [
  { application: GAME, input: {} },
  { application: GAME, input: { killPodOnClose: true } },
  { application: HELLO, input: {} },
]

/** What became of one death. */
export type Survival = {
  readonly order: CrashOrder
  readonly way: Way
  /** Sessions that clients were told of meanwhile. */
  readonly answered: number
  /** From the end of the last agent that was well until everything was at rest again. */
  readonly settledMs: number
  /** What does not hold; empty: everything does. */
  readonly broken: readonly string[]
}

export class CrashWorld implements DyingNode, AsyncDisposable {
  readonly cluster: Cluster
  #kept: readonly Session[] = []
  #churn: Churn
  #death = Promise.withResolvers<NodeJS.Signals | null>()
  #isAgentAwaited = false
  #notes: unknown[] = []
  /** Since when no agent has been well. */
  #awaySinceMs: number | null = null

  private constructor(cluster: Cluster) {
    this.cluster = cluster
    this.#churn = new Churn(cluster)
  }

  static async start(): Promise<CrashWorld> {
    const world = new CrashWorld(await Cluster.start({ nodes: [] }))
    try {
      await world.startAgent()
      const quiet = { ...sleeper, ports: PORTS }
      for (const name of NAMES)
        await create(world.cluster, name, name === HELLO ? hello : quiet, { ...POOLS[name], ...QUICK })
      await world.#settled()
      return world
    } catch (error) {
      await world[Symbol.asyncDispose]()
      throw error
    }
  }

  get folder(): string {
    return this.cluster.folderOf(NODE)
  }

  get isAgentAwaited(): boolean {
    return this.#isAgentAwaited
  }

  async startAgent(): Promise<void> {
    await this.cluster.startAgent(NODE, [DYING_AGENT])
  }

  async killAgent(): Promise<void> {
    this.#awaySinceMs ??= performance.now()
    await this.cluster.kill(NODE)
  }

  stopPods(): void {
    this.cluster.tell(NODE, { type: 'stop', pods: 'end' })
  }

  arm(order: CrashOrder): void {
    this.cluster.tell(NODE, { type: 'arm', order })
    void this.cluster.ended(NODE).then((signal) => this.#die(signal))
  }

  startArmedAgent({ point, side, nth }: CrashOrder): void {
    this.cluster.startAgent(NODE, [DYING_AGENT, point, side, String(nth)]).catch((error: unknown) => this.note(error))
    void this.cluster.ended(NODE).then((signal) => this.#die(signal))
  }

  /** None whose session is kept. */
  endOldPod(): void {
    this.#churn.endOldPod(NODE, new Set(this.#kept.map(({ podId }) => podId ?? '')))
  }

  endPod(podId: string): void {
    this.#churn.endPod(NODE, podId)
  }

  get talkingPod(): string {
    return this.#kept.find(({ applicationName }) => applicationName === HELLO)?.podId ?? ''
  }

  note(what: unknown): void {
    this.#notes.push(what)
  }

  /** Has the agent die at a point, and tells what became of it. Fails when it does not get there. */
  async survive(order: CrashOrder, way: Way): Promise<Survival> {
    await this.#keepSessions()
    this.#notes = []
    this.#awaySinceMs = null
    this.#death = Promise.withResolvers()
    this.#isAgentAwaited = true
    const churn = new Churn(this.cluster)
    this.#churn = churn
    if (!PEACEFUL.includes(way)) churn.start(CLIENTS)
    try {
      const driven = reachPoint(this, way, order)
      await Promise.race([this.#dead(order), driven.then(() => this.#dead(order))])
      const awaySinceMs = this.#awaySinceMs ?? performance.now()
      const strangers = way === 'lostLedger' ? [] : this.#strangers()
      await this.startAgent()
      await driven
      await churn.stop()
      await this.#settled()
      const settledMs = Math.round(performance.now() - awaySinceMs)
      const honest = [
        ...(LOSING.includes(way) ? ['POD_LOST', 'NODE_LOST', 'START_FAILED'] : []),
        ...(settledMs > LEASE_MS ? ['NODE_LOST'] : []), // A machine with too much to do may need so long.
      ]
      const broken = [...strangers, ...(await this.#brokenPromises(honest))]
      return { order, way, answered: churn.answered, settledMs, broken }
    } catch (cause) {
      throw new Error(`${order.side} ${order.point}: ${this.#notes.map(String).join('; ')}\n${this.cluster.said()}`, {
        cause,
      })
    } finally {
      this.#isAgentAwaited = false
      churn.giveUp()
    }
  }

  /** The agent itself takes over from those that died, and everything ends in order. Tells what is left of it. */
  async endInOrder(): Promise<readonly string[]> {
    await this.killAgent()
    await this.cluster.startAgent(NODE)
    await this.#settled()
    for (const { id } of this.#kept) await close(this.cluster, id)
    for (const name of NAMES) await remove(this.cluster, name)
    await eventually(
      () => this.cluster.client.request(ApplicationNamesDocument, {}),
      ({ page }) => page.edges.length === 0,
    )
    // The core tells its node at the same time, which writes it down as soon as it hears of it.
    await eventually(
      () => readLedger(this.folder).rows,
      ({ sessions, versions }) => sessions + versions === 0,
    )
    this.stopPods()
    await this.cluster.ended(NODE)
    const { rows } = readLedger(this.folder)
    const folders = ['agent/pods/process', 'agent/pods/process/.exits', 'agent/sockets']
    const files = folders.flatMap((folder) => filesIn(join(this.folder, folder)))
    const kept = rows.pods > 0 ? [`${rows.pods} pods in the ledger`] : []
    const running = Array.from(realPodsOf(this.folder).keys(), (podId) => `${podId} runs`)
    return [...running, ...kept, ...files.filter((path) => !path.endsWith('/.exits'))]
  }

  /** Ends everything, pods too. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.cluster[Symbol.asyncDispose]()
  }

  /** One session of each application stays open, whatever happens. */
  async #keepSessions(): Promise<void> {
    const now = await Promise.all(this.#kept.map(({ id }) => session(this.cluster, id)))
    const open = now.filter(({ phase }) => phase !== 'CLOSED')
    const missing = [GAME, HELLO].filter((name) => !open.some(({ applicationName }) => applicationName === name))
    this.#kept = [...open, ...(await Promise.all(missing.map((name) => opened(this.cluster, name))))]
    await this.#settled()
  }

  #die(signal: NodeJS.Signals | null): void {
    this.#awaySinceMs ??= performance.now()
    this.#isAgentAwaited = false
    this.#death.resolve(signal)
  }

  async #dead(order: CrashOrder): Promise<void> {
    const late = new AbortController()
    const tooLate = after(REACHED_WITHIN_MS, 'not reached' as const, { signal: late.signal })
    const how = await Promise.race([this.#death.promise, tooLate])
    late.abort()
    tooLate.catch(() => undefined)
    if (how !== 'SIGKILL') throw new Error(`${order.point} was to kill the agent: ${how ?? 'it ended by itself'}`)
  }

  /** What runs though the agent that has just died had no word of it in its ledger. */
  #strangers(): readonly string[] {
    const real = [...realPodsOf(this.folder).keys()]
    const { livingPods, restingPorts } = readLedger(this.folder)
    const known = new Set(livingPods.map(({ pod }) => pod.podId))
    const ports = livingPods.flatMap(({ hostPorts }) => hostPorts)
    return [
      ...real.filter((podId) => !known.has(podId)).map((podId) => `${podId} runs, and its ledger does not know`),
      ...ports.filter((port, index) => ports.indexOf(port) !== index).map((port) => `two pods have port ${port}`),
      ...ports.filter((port) => restingPorts.includes(port)).map((port) => `port ${port} rests and is used`),
    ]
  }

  async #settled(): Promise<void> {
    for (const name of NAMES) await settled(this.cluster, name, POOLS[name])
    await eventually(
      () => nodes(this.cluster),
      (all) =>
        all.every(({ booked, podCount }) => booked.pods === podCount && podCount === realPodsOf(this.folder).size),
    )
  }

  async #brokenPromises(honest: readonly string[]): Promise<readonly string[]> {
    const kept = await Promise.all(this.#kept.map((one) => this.#brokenKeeping(one, honest)))
    return [...(await this.#churn.broken(honest)), ...kept.flat()]
  }

  /** What is wrong with a session that nobody closed. */
  async #brokenKeeping({ id, podId, endpoints }: Session, honest: readonly string[]): Promise<readonly string[]> {
    const now = await session(this.cluster, id)
    if (now.phase === 'CLOSED' && honest.includes(now.closeReason ?? '')) return []
    if (now.phase !== 'AVAILABLE' || now.podId !== podId) return [`${id} is ${now.phase} ${now.closeReason}`]
    if (!realPodsOf(this.folder).has(podId ?? '')) return [`the pod of ${id} does not run`]
    if (now.applicationName !== HELLO) return []
    const answer = await fetch(endpoints[0]?.url ?? '', { headers: { accept: 'application/json' } })
    const served: unknown = await answer.json()
    return JSON.stringify(served).includes(`"id":"${id}"`) ? [] : [`${JSON.stringify(served)} is not ${id}`]
  }
}

function filesIn(folder: string): readonly string[] {
  return existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : []
}
