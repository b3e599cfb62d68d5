/**
 * I10 with the real fleet: after any story, with faults of nodes and restarts of the core, what a reader of a
 * watch has put together is what a list shows. So whatever can be seen of an object changes only together with
 * an entry in the change log.
 */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { FleetReader } from '../../src/graphql/core-port.ts'
import type { Scope } from '../../src/graphql/visibility.ts'
import { createFeeds, type Feeds, type Selection, type WatchFeeds } from '../../src/graphql/watch-feeds.ts'
import {
  selectApplications,
  selectComputeNodes,
  selectPods,
  selectSessions,
} from '../../src/graphql/watch-selections.ts'
import { watch, type WatchEvent } from '../../src/graphql/watch.ts'
import { FleetWorld } from '../support/fleet-world.ts'
import { isPending, turn } from './watch-world.ts'

const NODES = ['node-1', 'node-2']
const TENANT = 'ten-1'
const ROUNDS_MAX = 20

it('I10: a reader ends with what a list shows, whatever happens to the fleet', async () => {
  const story = fc.array(anyStep(), { maxLength: 30 })
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 2 ** 31 - 1 }), story, async (seed, steps) => {
      using world = new WatchedFleet(seed)
      for (const step of steps) await world.take(step)
      await world.expectSamePictures()
    }),
    { numRuns: 60 },
  )
})

type Step =
  | { readonly do: 'pass'; readonly ms: number }
  | { readonly do: 'open'; readonly app: number; readonly count: number }
  | { readonly do: 'close' | 'attach' | 'exitPod'; readonly which: number }
  | { readonly do: 'policy'; readonly app: number; readonly low: number; readonly maxPods: number }
  | { readonly do: 'publish'; readonly app: number; readonly works: boolean }
  | { readonly do: 'replace'; readonly app: number }
  | { readonly do: 'cut' | 'crash'; readonly node: number; readonly forMs: number }
  | { readonly do: 'cordon' | 'uncordon' | 'drain'; readonly node: number }
  | { readonly do: 'restart' }
  | { readonly do: 'read'; readonly which: number }
  | { readonly do: 'comeBack'; readonly which: number }

/** A fleet, and readers of everything in it. */
class WatchedFleet implements Disposable {
  readonly #world: FleetWorld
  readonly #pictures: readonly Watching[]
  readonly #apps = ['app-1', 'app-2']
  #feeds: Feeds
  #made = 2

  constructor(seed: number) {
    this.#world = new FleetWorld(seed)
    const resources = { cpuMillis: 1_000, memoryBytes: 2 ** 40, pods: 6 }
    for (const name of NODES) this.#world.addNode(name, { resources })
    for (const [app, id] of this.#apps.entries()) this.#create(app, id)
    this.#world.run(200)
    this.#feeds = createFeeds(this.#world.reader, this.#world.clock)
    this.#pictures = [null, TENANT, 'ten-nobody'].flatMap((scope) => picturesOf(scope))
    for (const picture of this.#pictures) picture.begin(this.#world.reader, this.#feeds)
  }

  [Symbol.dispose](): void {
    this.#feeds[Symbol.dispose]()
  }

  async take(step: Step): Promise<void> {
    const world = this.#world
    if (step.do === 'pass') world.run(step.ms)
    else if (step.do === 'restart') this.#restart()
    else if (step.do === 'read') await this.#picture(step.which)?.read()
    else if (step.do === 'comeBack') this.#picture(step.which)?.begin(world.reader, this.#feeds)
    else if ('node' in step) this.#trouble(step)
    else this.#use(step)
    world.run(1)
    await turn()
  }

  async expectSamePictures(): Promise<void> {
    this.#heal()
    for (let rounds = 0; !this.#isQuiet(); rounds += 1) {
      fc.pre(rounds < ROUNDS_MAX) // Whether the fleet comes to rest is for its own tests to say.
      this.#world.run(10_250)
      await turn()
      for (const picture of this.#pictures) while (await picture.read());
    }
    for (const picture of this.#pictures) expect(picture.held).toEqual(picture.fresh(this.#world.reader))
  }

  /** Everything works again, so that the fleet comes to rest: what keeps failing is tried again and again. */
  #heal(): void {
    const world = this.#world
    world.run(20_000)
    for (const node of world.nodes.values()) {
      node.fates.clear()
      world.turn((fleet) => fleet.setCordoned(node.name, false))
      world.reconnect(node.name)
    }
    for (const id of this.#apps) world.publish(id)
    world.run(60_000)
  }

  /** Whether a bookmark told every reader that there is nothing more. */
  #isQuiet(): boolean {
    return this.#pictures.every(({ quietAt }) => quietAt === this.#world.reader.resourceVersion)
  }

  #picture(which: number): Watching | undefined {
    return this.#pictures[which % this.#pictures.length]
  }

  /** The core comes back with a new log; readers come back with what they have. */
  #restart(): void {
    this.#feeds[Symbol.dispose]()
    this.#world.stopCore()
    this.#world.run(50)
    this.#world.startCore()
    this.#feeds = createFeeds(this.#world.reader, this.#world.clock)
    for (const picture of this.#pictures) picture.begin(this.#world.reader, this.#feeds)
  }

  #use(
    step: Exclude<Step, { node: number } | { do: 'pass' } | { do: 'restart' } | { do: 'read' } | { do: 'comeBack' }>,
  ): void {
    const world = this.#world
    switch (step.do) {
      case 'open':
        return void world.openMany(this.#app(step.app), step.count, { openTimeoutMs: 2_000, idleTimeoutMs: 20_000 })
      case 'close':
        return this.#withSession(step.which, (id) => world.close(id))
      case 'attach':
        return this.#withSession(step.which, (id, node) => world.nodes.get(node)?.countClients(id, 1))
      case 'exitPod': {
        const pod = [...world.reader.pods(null)][step.which]
        return void (pod?.nodeName && world.nodes.get(pod.nodeName)?.exitPod(pod.id))
      }
      case 'policy':
        return world.setPolicy(this.#app(step.app), {
          target: { kind: 'idleCount', low: step.low, high: step.low + 1 },
          maxPods: step.maxPods,
        })
      case 'publish': {
        const version = world.publish(this.#app(step.app))
        for (const node of world.nodes.values()) node.fates.set(version.id, step.works ? 'works' : 'cannotStart')
        return
      }
      case 'replace': {
        world.deleteApplication(this.#app(step.app))
        this.#made += 1
        this.#apps[step.app] = `app-${this.#made}`
        return this.#create(step.app, this.#app(step.app))
      }
    }
  }

  #trouble(step: Extract<Step, { node: number }>): void {
    const world = this.#world
    const name = NODES[step.node] ?? 'node-1'
    switch (step.do) {
      case 'cut':
        return world.disconnect(name, { forMs: step.forMs })
      case 'crash':
        return world.node(name).isDown ? undefined : world.crash(name, { keepsLedger: true, forMs: step.forMs })
      case 'cordon':
      case 'uncordon':
        world.turn((fleet) => fleet.setCordoned(name, step.do === 'cordon'))
        return
      case 'drain':
        return void world.turn((fleet) => fleet.drain(name, 1_000))
    }
  }

  #create(app: number, id: string): void {
    const policy = { target: { kind: 'idleCount', low: 1, high: 2 }, maxPods: 5 } as const
    this.#world.addApplication(id, { name: `name-${app}`, policy })
  }

  #app(app: number): string {
    return this.#apps[app] ?? 'app-1'
  }

  #withSession(which: number, act: (id: string, nodeName: string) => void): void {
    const session = [...this.#world.reader.sessions(null)][which]
    if (session) act(session.id, session.nodeName ?? '')
  }
}

/** A reader of one watch, whatever it is of. */
type Watching = {
  begin(fleet: FleetReader, feeds: Feeds): void
  read(): Promise<boolean>
  readonly held: object
  /** The version of the last event, when that was a bookmark. */
  readonly quietAt: string | null
  fresh(fleet: FleetReader): object
}

function picturesOf(scope: Scope): readonly Watching[] {
  const filter = { application: 'name-0' }
  return [
    new Picture(
      (feeds) => feeds.sessions,
      (fleet) => selectSessions(fleet, scope, null),
    ),
    new Picture(
      (feeds) => feeds.sessions,
      (fleet) => selectSessions(fleet, scope, { ...filter, phases: ['available'] }),
    ),
    new Picture(
      (feeds) => feeds.pods,
      (fleet) => selectPods(fleet, scope, filter),
    ),
    new Picture(
      (feeds) => feeds.applications,
      (fleet) => selectApplications(fleet, scope, null),
    ),
    new Picture(
      (feeds) => feeds.applications,
      (fleet) => selectApplications(fleet, scope, { hasProblem: true }),
    ),
    new Picture(
      (feeds) => feeds.computeNodes,
      (fleet) => selectComputeNodes(fleet, scope, null),
    ),
    new Picture(
      (feeds) => feeds.computeNodes,
      (fleet) => selectComputeNodes(fleet, scope, { phases: ['ready'] }),
    ),
  ]
}

class Picture<T> implements Watching {
  readonly #feedsOf: (feeds: Feeds) => WatchFeeds<T>
  readonly #select: (fleet: FleetReader) => Selection<T>
  /** As it was sent: what the fleet holds may be written in place. */
  #held: Record<string, unknown> = {}
  #events: AsyncIterableIterator<WatchEvent<T>> | null = null
  #pending: Promise<IteratorResult<WatchEvent<T>>> | null = null
  #version: string | null = null
  #isBookmark = false
  #selection: Selection<T> | null = null

  constructor(feedsOf: (feeds: Feeds) => WatchFeeds<T>, select: (fleet: FleetReader) => Selection<T>) {
    this.#feedsOf = feedsOf
    this.#select = select
  }

  begin(fleet: FleetReader, feeds: Feeds): void {
    void this.#events?.return?.()
    this.#pending = null
    this.#selection = this.#select(fleet)
    this.#events = watch(this.#feedsOf(feeds), this.#selection, this.#version)
  }

  async read(): Promise<boolean> {
    this.#pending ??= this.#events?.next() ?? null
    if (this.#pending === null || (await isPending(this.#pending))) return false
    const { value } = await this.#pending
    this.#pending = null
    if (value) this.#apply(value)
    return true
  }

  get held(): object {
    return this.#held
  }

  get quietAt(): string | null {
    return this.#isBookmark ? this.#version : null
  }

  fresh(fleet: FleetReader): object {
    const selection = this.#select(fleet)
    return Object.fromEntries(
      [...selection.all()].map((object) => [selection.clientId(selection.idOf(object)), seen(object)]),
    )
  }

  #apply(event: WatchEvent<T>): void {
    this.#isBookmark = event.kind === 'bookmark'
    if (event.kind === 'snapshot') this.#held = {}
    if (event.kind === 'snapshot') for (const object of event.items) this.#hold(object)
    if (event.kind === 'changes') for (const object of event.upserted) this.#hold(object)
    if (event.kind === 'changes') for (const id of event.removedIds) delete this.#held[id]
    this.#version = event.resourceVersion
  }

  #hold(object: T): void {
    if (this.#selection) this.#held[this.#selection.clientId(this.#selection.idOf(object))] = seen(object)
  }
}

/** What can be seen of an object. When a node was last heard is left out: it would change with every heartbeat. */
function seen(object: unknown): unknown {
  const text = JSON.stringify(object, (key, value: unknown) => {
    if (key === 'lastHeardAtMs') return undefined
    return value instanceof Set ? [...value].map(String).toSorted((a, b) => (a < b ? -1 : 1)) : value
  })
  return JSON.parse(text)
}

function anyStep(): fc.Arbitrary<Step> {
  const app = fc.nat(1)
  const node = fc.nat(1)
  const which = fc.nat(20)
  const forMs = fc.constantFrom(30, 700, 4_000, 15_000)
  return fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.constantFrom(1, 20, 400, 2_000, 12_000) }),
    },
    {
      weight: 5,
      arbitrary: fc.record({ do: fc.constant('open' as const), app, count: fc.integer({ min: 1, max: 4 }) }),
    },
    { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('close', 'attach', 'exitPod'), which }) },
    {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constant('policy' as const),
        app,
        low: fc.nat(3),
        maxPods: fc.integer({ min: 1, max: 8 }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('publish' as const), app, works: fc.boolean() }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('replace' as const), app }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('cut', 'crash'), node, forMs }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('cordon', 'uncordon', 'drain'), node }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const) }) },
    { weight: 5, arbitrary: fc.record({ do: fc.constant('read' as const), which }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('comeBack' as const), which }) },
  )
}
