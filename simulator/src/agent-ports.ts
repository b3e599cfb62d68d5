/** The ledger and the runtime of an agent, as it reaches them: each call is a crash point. */
import { LedgerFullError, type Ledger } from '@fornax/agent/ledger/ledger'
import { createMemoryLedger, type LedgerMemory } from '@fornax/agent/ledger/memory-ledger'
import type { AdoptPodResult, CreatePodResult, PodOrder, Runtime, RuntimePod } from '@fornax/agent/runtime/runtime'
import { createSimulatedRuntime, type SimulatedMachine } from '@fornax/agent/runtime/simulated/simulated-runtime'
import { AGENT_LEDGER, AGENT_RUNTIME, type CrashPoint, type CrashSide, type RuntimeCall } from './crash-points.ts'
import type { Ground } from './ground.ts'
import { never } from './life.ts'
import type { Peer } from './peer.ts'

/** Where a ledger is kept, and who is told when it changes. */
export type LedgerPlace = {
  readonly memory: LedgerMemory
  readonly isFull: () => boolean
  readonly onCommit: () => void
}

/** A ledger over the node's memory; a commit is whole or not at all. */
export function ledgerOf(ground: Ground, agent: Peer, { memory, isFull, onCommit }: LedgerPlace): Ledger {
  const ledger = createMemoryLedger(memory)
  return {
    load: () => ledger.load(),
    commit: (changes, revision) => {
      if (!agent.life.isAlive) return
      const kinds = new Set(changes.map(({ kind }) => AGENT_LEDGER[kind]))
      const points: readonly CrashPoint[] = kinds.size === 0 ? [AGENT_LEDGER.revision] : [...kinds]
      const passes = (side: CrashSide): boolean => points.some((point) => ground.crashes.pass(point, side, agent))
      if (passes('before')) return
      if (isFull()) throw new LedgerFullError('the disk of the simulation is full')
      ledger.commit(changes, revision)
      onCommit()
      ground.note(`${agent.name} commits ${changes.length} changes, revision ${revision}`)
      passes('after')
    },
    [Symbol.dispose]: () => undefined,
  }
}

/** How the machine treats a pod that is being made. */
export type Making = {
  /** Settles when the machine has made what the order says, or could not. */
  whenMade(order: PodOrder): Promise<void>
  /** Its command was started. */
  started(order: PodOrder): void
  /** Nothing is left of it. */
  removed(podId: string): void
}

/** A runtime over the node's machine. */
export function runtimeOf(ground: Ground, agent: Peer, world: { machine: SimulatedMachine; making: Making }): Runtime {
  const runtime = createSimulatedRuntime(world.machine)
  const calls = new RuntimeCalls(ground, agent)
  const wrap = (pod: RuntimePod): RuntimePod => podOf(pod, calls)
  return {
    ...runtime,
    hasSessionService: true,
    isPortFree: (port, protocol) => calls.ask('isPortFree', () => runtime.isPortFree(port, protocol)),
    createPod: (order) =>
      calls.ask('createPod', async (): Promise<CreatePodResult> => {
        await world.making.whenMade(order)
        if (!agent.life.isAlive) return { kind: 'failed', reason: 'its agent has died' }
        const result = await runtime.createPod(order)
        if (result.kind === 'created') world.making.started(order)
        return result.kind === 'created' ? { ...result, pod: wrap(result.pod) } : result
      }),
    adoptPod: (order, handle, sessions) =>
      calls.ask('adoptPod', async (): Promise<AdoptPodResult> => {
        const result = await runtime.adoptPod(order, handle, sessions)
        return result.kind === 'running' ? { ...result, pod: wrap(result.pod) } : result
      }),
    listPodIds: () => calls.ask('listPodIds', () => runtime.listPodIds()),
    destroyPod: (podId) =>
      calls.ask('destroyPod', () => {
        world.making.removed(podId)
        return runtime.destroyPod(podId)
      }),
    readUsage: () => calls.ask('readUsage', () => runtime.readUsage()),
  }
}

function podOf(pod: RuntimePod, calls: RuntimeCalls): RuntimePod {
  return {
    podId: pod.podId,
    handle: pod.handle,
    ended: calls.hear(pod.ended),
    probeAddress: (portName) => pod.probeAddress(portName),
    execute: (command, timeoutMs) => pod.execute(command, timeoutMs),
    openEndpoints: (session) => calls.ask('openEndpoints', () => pod.openEndpoints(session)),
    closeEndpoints: (sessionId) => calls.ask('closeEndpoints', () => pod.closeEndpoints(sessionId)),
    stop: (graceMs) => calls.tell('stop', () => pod.stop(graceMs)),
    freeze: () => calls.ask('freeze', () => pod.freeze()),
    thaw: () => calls.ask('thaw', () => pod.thaw()),
    reclaim: (depth, signal) => calls.ask('reclaim', () => pod.reclaim(depth, signal)),
    measureMemory: () => calls.ask('measureMemory', () => pod.measureMemory()),
  }
}

class RuntimeCalls {
  readonly #ground: Ground
  readonly #agent: Peer

  constructor(ground: Ground, agent: Peer) {
    this.#ground = ground
    this.#agent = agent
  }

  hear<T>(answer: Promise<T>): Promise<T> {
    return this.#agent.life.hear(answer)
  }

  async ask<T>(call: RuntimeCall, act: () => Promise<T>): Promise<T> {
    if (!this.#agent.life.isAlive || this.#passes(call, 'before')) return never()
    const value = await this.#agent.life.hear(act())
    return this.#passes(call, 'after') ? never() : value
  }

  tell(call: RuntimeCall, act: () => void): void {
    if (!this.#agent.life.isAlive || this.#passes(call, 'before')) return
    act()
    this.#passes(call, 'after')
  }

  #passes(call: RuntimeCall, side: CrashSide): boolean {
    return this.#ground.crashes.pass(AGENT_RUNTIME[call], side, this.#agent)
  }
}
