/**
 * Anything may happen, in any order. After every step nothing is wrong, and when the faults stop, everything
 * comes to rest. A failure prints its seed and the shortest story that leads to it.
 */
import fc from 'fast-check'
import { expect } from 'vitest'
import type { Application, ScalingPolicy, ScalingTarget } from '../../src/applications/application.ts'
import type { Fate } from './fake-node.ts'
import { FleetWorld } from './fleet-world.ts'
import { watchOver } from './invariants.ts'

type Operation =
  | { readonly do: 'pass'; readonly ms: number }
  | {
      readonly do: 'open'
      readonly app: number
      readonly count: number
      readonly hurry: boolean
      readonly kills: boolean
    }
  | { readonly do: 'close' | 'exitSession' | 'attach' | 'detach'; readonly which: number }
  | { readonly do: 'exitPod'; readonly which: number }
  | { readonly do: 'policy'; readonly app: number; readonly policy: Partial<ScalingPolicy> }
  | { readonly do: 'publish'; readonly app: number; readonly fate: Fate; readonly slots: number }
  | { readonly do: 'replace'; readonly app: number }
  | {
      readonly do: 'cut'
      readonly node: number
      readonly loses: boolean
      readonly noticed: boolean
      readonly forMs: number
    }
  | { readonly do: 'crash'; readonly node: number; readonly keepsLedger: boolean; readonly forMs: number }
  | { readonly do: 'deaf'; readonly node: number }
  /** Its pods cannot be put to sleep, or those that sleep cannot be woken. */
  | { readonly do: 'restless'; readonly node: number; readonly sleeps: boolean }
  | { readonly do: 'slow'; readonly node: number; readonly factor: number; readonly hangs: boolean }
  | { readonly do: 'cordon' | 'uncordon' | 'drain' | 'remove'; readonly node: number }
  | { readonly do: 'restart'; readonly downMs: number }

const NODES = ['node-1', 'node-2', 'node-3']
const APPS = 2

/** Plays so many stories, new ones each time unless some are to be told again; throws at the first that ends badly. */
export function tellStories(count: number, again: { readonly seed?: number; readonly path?: string } = {}): void {
  // A story that is told again is one from before pods slept: its path leads through the choices of then.
  const story = fc.array(anyOperation(again.path === undefined), { maxLength: 50, size: 'max' })
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 ** 31 - 1 }), story, (worldSeed, operations) => {
      const play = new Play(worldSeed)
      for (const operation of operations) play.act(operation)
      play.heal()
      play.expectRest()
    }),
    { numRuns: count, ...again },
  )
}

/** A world with a few applications and nodes, and somebody who makes trouble. */
class Play {
  readonly #world: FleetWorld
  readonly #apps: string[] = []
  #made = 0

  constructor(seed: number) {
    this.#world = new FleetWorld(seed)
    watchOver(this.#world)
    for (const name of NODES)
      this.#world.addNode(name, { resources: { cpuMillis: 1_000, memoryBytes: 2 ** 40, pods: 8 } })
    for (let app = 0; app < APPS; app += 1) this.#create(app)
    this.#world.run(500)
  }

  act(operation: Operation): void {
    const world = this.#world
    if (operation.do === 'pass') return world.run(operation.ms)
    if (operation.do === 'restart') return world.isUp ? world.restartCore(operation.downMs) : undefined
    if ('node' in operation) this.#trouble(operation)
    else if (world.isUp) this.#use(operation)
    world.run(1)
  }

  /** Everything works again, for long enough. */
  heal(): void {
    const world = this.#world
    world.run(5_000)
    for (const node of world.nodes.values()) {
      if (world.deaf.delete(node.name)) world.disconnect(node.name) // Nothing else tells of the last report.
      node.fates.clear()
      node.sleepless = false
      node.unwakeable.clear()
      Object.assign(node.times, { createMs: 50, stopMs: 20, openMs: 5, closeMs: 5 })
      world.turn((fleet) => fleet.setCordoned(node.name, false))
      world.reconnect(node.name)
    }
    world.run(400_000)
  }

  expectRest(): void {
    const { state } = this.#world.fleet
    for (const { id, phase } of state.sessions.values())
      expect([id, phase]).toEqual([id, expect.stringMatching(/^(available|inUse)$/)])
    expect([...state.applications.keys()].toSorted()).toEqual(this.#apps.toSorted())
    for (const entry of state.applications.values()) this.#expectTarget(entry.definition)
    for (const node of this.#world.nodes.values()) {
      const entry = state.nodes.get(node.name)
      expect([node.name, entry?.phase]).toEqual([node.name, 'ready'])
      expect([...node.pods.keys()].toSorted()).toEqual([...(entry?.podIds ?? [])].toSorted())
      const open = [...state.sessions.values()].filter((session) => session.nodeName === node.name)
      expect([...node.sessions.keys()].toSorted()).toEqual(open.map(({ id }) => id).toSorted())
      expect([...node.versions.keys()].every((id) => state.versions.has(id))).toBe(true)
    }
  }

  #expectTarget({ id, scalingPolicy: { target, minPods, maxPods } }: Application): void {
    const { idle, active, inFlight, terminating } = this.#world.counts(id)
    const lacksRoom = this.#world.fleet.state.applications.get(id)?.shortSinceMs !== null
    expect({ id, terminating }).toEqual({ id, terminating: 0 })
    if (!lacksRoom) expect({ id, inFlight }).toEqual({ id, inFlight: 0 })
    const total = idle + active + inFlight
    const free = idle + inFlight
    const isOff = {
      min: total < minPods,
      low: isTooFew(target, free, total) && total < maxPods,
      high: isTooMany(target, free, total) && total > minPods,
    }
    const what = { id, idle, active, inFlight, target, minPods, maxPods }
    expect({ ...what, isOff }).toEqual({ ...what, isOff: { min: false, low: false, high: false } })
  }

  #use(operation: Exclude<Operation, { node: number } | { do: 'pass' | 'restart' }>): void {
    const world = this.#world
    switch (operation.do) {
      case 'open':
        world.openMany(this.#app(operation.app), operation.count, {
          openTimeoutMs: operation.hurry ? 400 : 10_000,
          closeGraceMs: operation.hurry ? 100 : 2_000,
          killPodOnClose: operation.kills,
          idleTimeoutMs: operation.hurry ? 5_000 : null,
          maxLifetimeMs: operation.kills ? 20_000 : null,
        })
        return
      case 'close':
        return this.#withSession(operation.which, (id) => world.close(id))
      case 'exitSession':
        return this.#withSession(operation.which, (id, node) => world.nodes.get(node)?.exitSession(id))
      case 'attach':
        return this.#withSession(operation.which, (id, node) => world.nodes.get(node)?.countClients(id, 1))
      case 'detach':
        return this.#withSession(operation.which, (id, node) => world.nodes.get(node)?.countClients(id, 0))
      case 'exitPod':
        return this.#exitPod(operation.which)
      case 'policy':
        return world.setPolicy(this.#app(operation.app), operation.policy)
      case 'publish':
        return this.#publish(operation)
      case 'replace':
        world.deleteApplication(this.#app(operation.app))
        return this.#create(operation.app)
    }
  }

  #trouble(operation: Extract<Operation, { node: number }>): void {
    const world = this.#world
    const name = NODES[operation.node % NODES.length] ?? 'node-1'
    const node = world.node(name)
    switch (operation.do) {
      case 'cut':
        return world.disconnect(name, {
          losesFrames: operation.loses,
          isNoticed: operation.noticed,
          forMs: operation.forMs,
        })
      case 'crash':
        return node.isDown ? undefined : world.crash(name, operation)
      case 'deaf':
        world.deaf.set(name, 1)
        return
      case 'restless':
        if (!operation.sleeps) for (const podId of node.pods.keys()) node.unwakeable.add(podId)
        else node.sleepless = !node.sleepless
        return
      case 'slow':
        node.times.createMs = 50 * operation.factor
        node.times.openMs = operation.hangs ? Infinity : 5 * operation.factor
        node.times.closeMs = operation.hangs ? Infinity : 5 * operation.factor
        return
      case 'cordon':
      case 'uncordon':
        if (world.isUp) world.turn((fleet) => fleet.setCordoned(name, operation.do === 'cordon'))
        return
      case 'remove':
        if (world.isUp) world.turn((fleet) => fleet.removeNode(name))
        return
      case 'drain':
        if (world.isUp) world.turn((fleet) => fleet.drain(name, 1_000))
    }
  }

  #create(app: number): void {
    this.#made += 1
    const id = `app-${this.#made}`
    this.#apps[app % APPS] = id
    const policy = { target: { kind: 'idleCount', low: 2, high: 4 }, maxPods: 8, burst: 4 } as const
    this.#world.addApplication(id, { name: `name-${app % APPS}`, policy })
  }

  #publish({ app, fate, slots }: Extract<Operation, { do: 'publish' }>): void {
    const version = this.#world.publish(this.#app(app), { sessionsPerPod: slots })
    for (const node of this.#world.nodes.values()) node.fates.set(version.id, fate)
  }

  #app(app: number): string {
    return this.#apps[app % APPS] ?? 'app-1'
  }

  #withSession(which: number, act: (id: string, nodeName: string) => void): void {
    const open = [...this.#world.fleet.state.sessions.values()].filter(({ phase }) => phase !== 'closed')
    const session = open[which % Math.max(1, open.length)]
    if (session) act(session.id, session.nodeName ?? '')
  }

  #exitPod(which: number): void {
    const pods = [...this.#world.fleet.state.pods.values()].filter(({ nodeName }) => nodeName !== null)
    const pod = pods[which % Math.max(1, pods.length)]
    if (pod) this.#world.nodes.get(pod.nodeName ?? '')?.exitPod(pod.id)
  }
}

function isTooFew({ kind, low }: ScalingTarget, idle: number, total: number): boolean {
  return kind === 'idleCount' ? idle < low : 100 * idle < low * total
}

/** W3: of a share only if one pod less would not be too few. */
function isTooMany(target: ScalingTarget, idle: number, total: number): boolean {
  if (target.kind === 'idleCount') return idle > target.high
  return 100 * idle > target.high * total && !isTooFew(target, idle - 1, total - 1)
}

function anyOperation(mayRest: boolean): fc.Arbitrary<Operation> {
  const app = fc.nat(APPS - 1)
  const node = fc.nat(NODES.length - 1)
  const which = fc.nat(30)
  const is = fc.boolean()
  const pass = fc.record({ do: fc.constant('pass' as const), ms: fc.constantFrom(1, 3, 20, 60, 400, 2_000, 12_000) })
  const open = fc.record({
    do: fc.constant('open' as const),
    app,
    count: fc.integer({ min: 1, max: 5 }),
    hurry: is,
    kills: is,
  })
  const forMs = fc.constantFrom(30, 700, 4_000, 11_000, 25_000)
  return fc.oneof(
    { weight: 6, arbitrary: pass },
    { weight: 6, arbitrary: open },
    {
      weight: 5,
      arbitrary: fc.record({ do: fc.constantFrom('close', 'exitSession', 'attach', 'detach'), which }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('exitPod' as const), which }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('policy' as const), app, policy: anyPolicy(mayRest) }) },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constant('publish' as const),
        app,
        fate: anyFate(),
        slots: fc.integer({ min: 1, max: 3 }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('replace' as const), app }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('cut' as const), node, loses: is, noticed: is, forMs }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('crash' as const), node, keepsLedger: is, forMs }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('deaf' as const), node }) },
    ...(mayRest
      ? [{ weight: 2, arbitrary: fc.record({ do: fc.constant('restless' as const), node, sleeps: is }) }]
      : []),
    {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constant('slow' as const),
        node,
        factor: fc.constantFrom(0, 1, 20, 200),
        hangs: is,
      }),
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('cordon', 'uncordon', 'drain', 'remove'), node }) },
    {
      weight: 2,
      arbitrary: fc.record({ do: fc.constant('restart' as const), downMs: fc.constantFrom(10, 300, 5_000) }),
    },
  )
}

function anyFate(): fc.Arbitrary<Fate> {
  return fc.constantFrom('works', 'works', 'works', 'cannotStart', 'neverReady', 'exitsEarly')
}

function anyPolicy(mayRest: boolean): fc.Arbitrary<Partial<ScalingPolicy>> {
  return fc
    .record({
      low: fc.nat(4),
      more: fc.nat(3),
      isShare: fc.nat(3).map((one) => one === 0),
      minPods: fc.nat(3),
      room: fc.integer({ min: 1, max: 7 }),
      burst: fc.integer({ min: 1, max: 6 }),
      scaleDownDelayMs: fc.constantFrom(0, 0, 3_000),
      ...(mayRest ? { keepHot: fc.nat(2), hibernateAfterMs: fc.constantFrom(null, 0, 300, 2_000) } : {}),
    })
    .map(({ low, more, isShare, minPods, room, burst, ...rest }) => ({
      target: isShare
        ? { kind: 'idlePercent', low: 20 * low, high: Math.min(100, 20 * low + 10 * more) }
        : { kind: 'idleCount', low, high: low + more },
      minPods,
      maxPods: minPods + room,
      burst,
      ...rest,
    }))
}
