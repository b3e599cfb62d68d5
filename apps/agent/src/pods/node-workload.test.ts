/** A whole node in simulated time: no process, no socket, every millisecond ours. */
import { createLog } from '@fornax/kernel/log'
import { VirtualClock } from '@fornax/kernel/virtual-clock'
import { VERSION_DEFAULTS, type ApplicationVersion } from '@fornax/node-model/application-version'
import type { NodeCommand } from '@fornax/node-model/node-command'
import { toldPhase, type NodeSession } from '@fornax/node-model/node-session-state'
import type { Pod } from '@fornax/node-model/pod-state'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createMemoryLedger, LedgerMemory } from '../ledger/memory-ledger.ts'
import { NodeRecord } from '../ledger/node-record.ts'
import { PodLogs } from '../logs/pod-logs.ts'
import { UNSHARED_PORT_BLOCKS } from '../ports/port-blocks.ts'
import { PortPool } from '../ports/port-pool.ts'
import {
  createSimulatedRuntime,
  NO_DELAYS,
  SimulatedMachine,
  type SimulatedDelays,
} from '../runtime/simulated/simulated-runtime.ts'
import { SessionFolders } from '../sessions/session-folders.ts'
import { DELIVERED_AFTER_MS } from './ended-pods.ts'
import { NodeWorkload } from './node-workload.ts'
import { DozeRound } from './pod-doze.ts'
import { ReclaimQueue } from './pod-sleeper.ts'
import { StartGate } from './start-gate.ts'

const SLOW: SimulatedDelays = {
  createMs: 250,
  openMs: 3,
  closeMs: 3,
  stopMs: 250,
  sleepMs: 40,
  wakeMs: 4,
  atOnceMax: 5,
}

describe('pods', () => {
  it('takes as long as the machine does, five at a time', async () => {
    const node = await SimulatedNode.start(SLOW)
    await node.obey(define, ...['a', 'b', 'c', 'd', 'e', 'f'].map(create))
    await node.pass(250)
    expect(node.podsIn('standby')).toEqual(['a', 'b', 'c', 'd', 'e'])
    await node.pass(250)
    expect(node.podsIn('standby')).toContain('f')
  })

  it('a pod that is to end before it runs never runs', async () => {
    const node = await SimulatedNode.start(SLOW)
    await node.obey(define, ...['a', 'b', 'c', 'd', 'e', 'f'].map(create))
    await node.obey(stop('f', 1_000))
    await node.pass(1_000)
    expect(node.pods.get('f')?.phase).toBe('terminated')
  })

  it('a machine that cannot create a pod says why', async () => {
    const node = await SimulatedNode.start()
    node.machine.faults = { ...node.machine.faults, createFailure: () => 'no space left' }
    await node.obey(define, create('a'))
    expect(node.pods.get('a')).toMatchObject({
      phase: 'failed',
      failure: { kind: 'startFailed', reason: 'no space left' },
    })
  })

  it('a version that was never told fails the pod, not the node', async () => {
    const node = await SimulatedNode.start()
    await node.obey(create('a'))
    expect(node.pods.get('a')?.failure?.reason).toContain('never told')
  })

  it('keeps a version that it should forget as long as it has pods, and no longer', async () => {
    const node = await SimulatedNode.start()
    await node.obey(define, create('a'), { kind: 'forgetVersion', versionId: 'ver-1' })
    expect(node.workload.state().versionIds).toEqual(['ver-1'])
    await node.obey(stop('a', 0))
    expect(node.workload.state().versionIds).toEqual([])
    expect(node.memory.versions.size).toBe(0)
  })

  it('keeps a version that is told again after it should have been forgotten', async () => {
    const node = await SimulatedNode.start()
    await node.obey(define, create('a'), { kind: 'forgetVersion', versionId: 'ver-1' }, define)
    await node.obey(stop('a', 0))
    expect(node.workload.state().versionIds).toEqual(['ver-1'])
  })

  it('forgets an ended pod once the connection that told of it has lasted', async () => {
    const node = await SimulatedNode.start()
    await node.obey(define, create('a'), stop('a', 0))
    await node.pass(DELIVERED_AFTER_MS * 2)
    expect(node.workload.state().pods).toHaveLength(1)
    node.connectedSinceMs = node.clock.nowMs()
    await node.pass(DELIVERED_AFTER_MS - 1)
    expect(node.workload.state().pods).toHaveLength(1)
    await node.pass(10_001)
    expect(node.workload.state().pods).toEqual([])
    expect(node.memory.pods.size).toBe(0)
  })
})

describe('sessions', () => {
  it('opens and closes within the delays of the machine', async () => {
    const node = await SimulatedNode.start(SLOW)
    await node.obey(define, create('a'), open({ sessionId: 's', podId: 'a', grantEpoch: 1 }))
    await node.pass(250)
    expect(node.workload.state().sessions).toMatchObject([{ phase: 'opening' }])
    await node.pass(3)
    expect(node.sessions.get('s')).toMatchObject({ phase: 'available', endpoints: [{ name: 'web' }] })
    await node.obey(close('s'))
    await node.pass(3)
    expect(node.sessions.get('s')).toMatchObject({ phase: 'closed', end: 'requested' })
    expect(node.workload.state().pods).toMatchObject([{ phase: 'standby' }])
  })

  it('ends a pod that its runtime never starts, and what comes of it after all', async () => {
    const node = await SimulatedNode.start({ ...SLOW, createMs: 60_000 })
    await node.obey(define, create('a'))
    await node.obey(stop('a', 1_000))
    await node.pass(5_000)
    expect(node.workload.state().pods).toMatchObject([{ phase: 'terminating' }])
    await node.pass(2_000)
    expect(node.workload.state().pods).toMatchObject([{ phase: 'terminated' }])
    await node.pass(60_000)
    expect(node.machine.pods.size).toBe(0)
  })

  it('does not wait for ever for a pod', async () => {
    const node = await SimulatedNode.start({ ...SLOW, createMs: 60_000 })
    await node.obey(define, create('a'), open({ sessionId: 's', podId: 'a', grantEpoch: 1 }))
    await node.pass(10_000)
    expect(node.sessions.get('s')).toMatchObject({ phase: 'closed', end: 'startFailed' })
  })

  it('a machine that cannot open a session gives the pod back', async () => {
    const node = await SimulatedNode.start()
    node.machine.faults = { ...node.machine.faults, openFailure: () => 'no address' }
    await node.obey(define, create('a'), open({ sessionId: 's', podId: 'a', grantEpoch: 1 }))
    expect(node.sessions.get('s')).toMatchObject({ phase: 'closed', end: 'startFailed', message: 'no address' })
    node.machine.faults = { ...node.machine.faults, openFailure: () => null }
    await node.obey(open({ sessionId: 't', podId: 'a', grantEpoch: 2 }))
    expect(node.sessions.get('t')?.phase).toBe('available')
  })

  it('serves as many on one pod as the version allows', async () => {
    const node = await SimulatedNode.start()
    const version = { ...VERSION, versionId: 'ver-2', sessionsPerPod: 2 }
    await node.obey({ kind: 'defineVersion', version }, { kind: 'createPod', podId: 'a', versionId: 'ver-2' })
    await node.obey(
      open({ sessionId: 's', podId: 'a', grantEpoch: 1 }),
      open({ sessionId: 't', podId: 'a', grantEpoch: 2 }),
      open({ sessionId: 'u', podId: 'a', grantEpoch: 3 }),
    )
    expect(['s', 't', 'u'].map((id) => node.sessions.get(id)?.phase)).toEqual(['available', 'available', 'closed'])
    await node.obey(close('s'))
    expect(node.workload.state().pods[0]?.phase).toBe('active')
    await node.obey(close('t'))
    expect(node.workload.state().pods[0]?.phase).toBe('standby')
  })

  it('S13: ends the pod with the last of its sessions when one of them asked for its end, also after a restart', async () => {
    const node = await SimulatedNode.start()
    const version = { ...VERSION, versionId: 'ver-2', sessionsPerPod: 3 }
    await node.obey({ kind: 'defineVersion', version }, { kind: 'createPod', podId: 'a', versionId: 'ver-2' })
    await node.obey(
      open({ sessionId: 's', podId: 'a', grantEpoch: 1, killPod: true }),
      open({ sessionId: 't', podId: 'a', grantEpoch: 2 }),
    )
    await node.obey(close('s'))
    expect(node.workload.state().pods).toMatchObject([{ phase: 'active', isSpent: true }])
    expect(node.sessions.get('t')?.phase).toBe('available')
    await node.restart()
    await node.obey(open({ sessionId: 'u', podId: 'a', grantEpoch: 3 }))
    expect(node.sessions.get('u')).toMatchObject({ phase: 'closed', end: 'startFailed' })
    await node.obey(close('t'))
    await node.pass(20_000)
    expect(node.workload.state().pods).toMatchObject([{ phase: 'terminated' }])
  })

  it('keeps a closed session until a core has recorded it', async () => {
    const node = await SimulatedNode.start()
    await node.obey(define, create('a'), open({ sessionId: 's', podId: 'a', grantEpoch: 1 }), close('s'))
    await node.restart()
    expect(node.workload.state().sessions).toMatchObject([{ sessionId: 's', phase: 'closed' }])
    await node.obey({ kind: 'forgetSessions', sessionIds: ['s', 'nobody'] })
    expect(node.memory.sessions.size).toBe(0)
  })
})

describe('restarts', () => {
  it('goes on where it was, also in the middle of something', async () => {
    const node = await SimulatedNode.start(SLOW)
    await node.obey(define, create('a'), create('b'), open({ sessionId: 's', podId: 'a', grantEpoch: 1 }))
    await node.pass(252)
    await node.restart()
    await node.obey(close('s'))
    await node.pass(500)
    expect(node.sessions.get('s')).toMatchObject({ phase: 'closed', end: 'requested' })
    expect(node.workload.state().pods.map(({ phase }) => phase)).toEqual(['standby', 'standby'])
  })

  it('starts a pod that was only written down', async () => {
    const node = await SimulatedNode.start()
    node.workload.apply(define)
    node.workload.apply(create('a'))
    node.record.flush()
    await node.crash()
    node.machine.pods.clear()
    await node.begin()
    expect(node.workload.state().pods).toMatchObject([{ podId: 'a', phase: 'standby' }])
  })

  it('removes pods that the ledger does not know', async () => {
    const node = await SimulatedNode.start()
    await node.obey(define, create('a'))
    await node.crash()
    node.memory.pods.clear()
    await node.begin()
    expect(node.machine.pods.size).toBe(0)
  })
})

it('keeps its word under any order of commands, faults, waits and crashes', async () => {
  const podId = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h')
  const sessionId = fc.constantFrom('s', 't', 'u', 'v', 'w', 'x', 'y', 'z')
  const step: fc.Arbitrary<Step> = fc.oneof(
    { weight: 3, arbitrary: podId.map((id): Step => ({ kind: 'obey', command: create(id) })) },
    { weight: 6, arbitrary: fc.tuple(sessionId, podId).map(([id, pod]): Step => ({ kind: 'open', id, pod })) },
    {
      weight: 5,
      arbitrary: fc
        .tuple(sessionId, fc.boolean())
        .map(([id, killPod]): Step => ({ kind: 'obey', command: close(id, killPod) })),
    },
    {
      weight: 1,
      arbitrary: fc
        .tuple(podId, fc.constantFrom(0, 100))
        .map(([id, graceMs]): Step => ({ kind: 'obey', command: stop(id, graceMs) })),
    },
    { weight: 1, arbitrary: podId.map((id): Step => ({ kind: 'end', id })) },
    { weight: 4, arbitrary: fc.integer({ min: 0, max: 400 }).map((ms): Step => ({ kind: 'pass', ms })) },
    { weight: 1, arbitrary: fc.constant<Step>({ kind: 'crash' }) },
  )
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 80 }), async (steps) => {
      const node = await SimulatedNode.start(SLOW)
      await node.obey(define)
      for (const [index, one] of steps.entries()) {
        await node.take(one, index + 1)
        expectRules(node)
      }
      await node.pass(120_000)
      for (const session of node.workload.state().sessions) expect(toldPhase(session)).not.toMatch(/starting|closing/)
      for (const pod of node.workload.state().pods) expect(pod.phase).not.toMatch(/creating|terminating/)
    }),
    { numRuns: 100 },
  )
})

type Step =
  | { readonly kind: 'obey'; readonly command: NodeCommand }
  | { readonly kind: 'open'; readonly id: string; readonly pod: string }
  | { readonly kind: 'end'; readonly id: string }
  | { readonly kind: 'pass'; readonly ms: number }
  | { readonly kind: 'crash' }

function expectRules(node: SimulatedNode): void {
  expect(node.gaps).toEqual([])
  const { pods, sessions } = node.workload.state()
  for (const pod of pods) {
    const served = sessions.filter((session) => session.podId === pod.podId && session.phase !== 'closed')
    expect(served.length).toBeLessThanOrEqual(1) // I1
    if (served.length === 0) expect(pod.phase).not.toBe('active')
    if (pod.phase === 'terminated' || pod.phase === 'failed') expect(served).toEqual([])
  }
  // What the node says is what it wrote down.
  expect(new Map(pods.map((pod) => [pod.podId, pod]))).toEqual(
    new Map(Array.from(node.memory.pods, ([id, row]) => [id, row.pod])),
  )
  expect(new Map(sessions.map((session) => [session.sessionId, session]))).toEqual(node.memory.sessions)
  // And what it told is what it says, but for what the sessions imply.
  for (const session of sessions) {
    const told = node.sessions.get(session.sessionId)
    if (session.phase !== 'clearing' && told !== undefined) expect(toldPhase(told)).toBe(toldPhase(session))
  }
}

class SimulatedNode {
  readonly clock = new VirtualClock()
  readonly machine: SimulatedMachine
  memory = new LedgerMemory()
  connectedSinceMs: number | null = null
  /** The last report of each. */
  readonly pods = new Map<string, Pod>()
  readonly sessions = new Map<string, NodeSession>()
  readonly gaps: number[] = []
  #revision = 0
  #record: NodeRecord | null = null
  #workload: NodeWorkload | null = null

  static async start(delays: SimulatedDelays = NO_DELAYS): Promise<SimulatedNode> {
    const node = new SimulatedNode(delays)
    await node.begin()
    return node
  }

  private constructor(delays: SimulatedDelays) {
    this.machine = new SimulatedMachine(this.clock, delays)
  }

  get workload(): NodeWorkload {
    if (this.#workload === null) throw new Error('the node is down')
    return this.#workload
  }

  get record(): NodeRecord {
    if (this.#record === null) throw new Error('the node is down')
    return this.#record
  }

  async begin(): Promise<void> {
    const { clock, memory } = this
    const contents = createMemoryLedger(memory).load()
    const record = new NodeRecord(createMemoryLedger(memory), clock, contents.revision)
    const place = { range: { first: 20_000, last: 29_999 }, clock, put: record.put.bind(record) }
    const rest = { clock, stopwatch: () => clock.nowMs(), reclaims: new ReclaimQueue(), dozes: new DozeRound(clock) }
    const world = {
      ...rest,
      log: createLog('agent', 'silent'),
      record,
      ports: new PortPool({ ...place, blocks: UNSHARED_PORT_BLOCKS }, contents),
      logs: new PodLogs({ clock, log: createLog('agent', 'silent') }),
      gate: new StartGate(clock, Number.POSITIVE_INFINITY, { cores: 1, usedMs: () => 0 }),
      folders: new SessionFolders('/nowhere'),
      dataDir: '/nowhere',
    }
    this.#record = record
    this.#workload = new NodeWorkload(world, [createSimulatedRuntime(this.machine)], () => this.connectedSinceMs)
    await this.#workload.recover(contents)
    record.flush()
    this.#hearState()
    record.listen((first, reports) => {
      if (first !== this.#revision + 1) this.gaps.push(first)
      this.#revision += reports.length
      for (const report of reports) {
        if (report.kind === 'pod') this.pods.set(report.pod.podId, report.pod)
        else this.sessions.set(report.session.sessionId, report.session)
      }
    })
    await this.settle()
  }

  /** The agent is gone between two turns, with whatever it had not written down. */
  async crash(): Promise<void> {
    await this.#workload?.letGo()
    this.#record?.listen(null)
    this.#workload = null
    this.#record = null
  }

  async restart(): Promise<void> {
    await this.crash()
    await this.begin()
  }

  async obey(...commands: readonly NodeCommand[]): Promise<void> {
    for (const command of commands) this.workload.apply(command)
    await this.settle()
  }

  async take(step: Step, grantEpoch: number): Promise<void> {
    if (step.kind === 'obey') return await this.obey(step.command)
    if (step.kind === 'open') return await this.obey(open({ sessionId: step.id, podId: step.pod, grantEpoch }))
    if (step.kind === 'pass') return await this.pass(step.ms)
    if (step.kind === 'crash') return await this.restart()
    this.machine.endPod(step.id)
    await this.settle()
  }

  async pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 50) {
      this.clock.advance(Math.min(50, left))
      await this.settle()
    }
  }

  /** Lets everything happen that needs no time. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 3; turn += 1) {
      await new Promise((resolve) => setImmediate(resolve))
      this.#record?.flush()
    }
  }

  podsIn(phase: Pod['phase']): string[] {
    return [...this.pods.values()].filter((pod) => pod.phase === phase).map((pod) => pod.podId)
  }

  #hearState(): void {
    const { pods, sessions } = this.workload.state()
    this.pods.clear()
    this.sessions.clear()
    for (const pod of pods) this.pods.set(pod.podId, pod)
    for (const session of sessions) this.sessions.set(session.sessionId, session)
    this.#revision = this.record.revision
  }
}

const VERSION: ApplicationVersion = {
  versionId: 'ver-1',
  applicationName: 'demo',
  versionNumber: 1,
  image: 'any',
  command: [],
  args: [],
  env: {},
  ports: [{ name: 'web', protocol: 'http', containerPort: 80 }],
  cpuMillis: 100,
  memoryBytes: 1024,
  runtimeClass: '',
  minIsolation: 'none',
  sessionsPerPod: 1,
  readiness: { probe: { kind: 'none' }, initialDelayMs: 0, periodMs: 0, timeoutMs: 30_000 },
  usesSessionService: true,
  workingDirectory: '',
  ...VERSION_DEFAULTS,
}

const define: NodeCommand = { kind: 'defineVersion', version: VERSION }

function create(podId: string): NodeCommand {
  return { kind: 'createPod', podId, versionId: 'ver-1' }
}

function stop(podId: string, graceMs: number): NodeCommand {
  return { kind: 'stopPod', podId, graceMs }
}

function open(order: { sessionId: string; podId: string; grantEpoch: number; killPod?: boolean }): NodeCommand {
  const rest = { remainingOpenTimeoutMs: 10_000, data: new Uint8Array(), env: {}, killPod: false }
  return { kind: 'startSession', ...rest, ...order }
}

function close(sessionId: string, killPod = false): NodeCommand {
  return { kind: 'closeSession', sessionId, graceMs: 5_000, killPod }
}
