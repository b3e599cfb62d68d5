/** One agent with real pods, and a fake core on a real socket. */
import { PodFailureKind, PodPhase, SessionEnd, SessionPhase } from '@fornax/proto/fornax/nodelink/v1/nodelink'
import { describe, expect, it } from 'vitest'
import { NodeWorld } from './support/node-world.ts'
import {
  closeSession,
  createPod,
  define,
  forgetSessions,
  HTTP_SERVER,
  script,
  SESSION_POD,
  startSession,
  stopPod,
} from './support/orders.ts'

const { POD_PHASE_STANDBY, POD_PHASE_ACTIVE, POD_PHASE_FAILED, POD_PHASE_TERMINATED } = PodPhase
const { SESSION_PHASE_STARTING, SESSION_PHASE_AVAILABLE, SESSION_PHASE_IN_USE } = SessionPhase
const { SESSION_PHASE_CLOSING, SESSION_PHASE_CLOSED } = SessionPhase

describe('joining', () => {
  it('introduces the node, sends its state, and counts its reports by one', async () => {
    await using world = await NodeWorld.create()
    const agent = await world.startAgent({ labels: { zone: 'a' } })
    const { core } = world
    expect(core.hellos[0]).toMatchObject({
      nodeName: 'node-1',
      ledgerId: agent.ledgerId,
      labels: { zone: 'a' },
      runtimes: [{ name: 'process' }],
      taints: [],
      resources: { pods: 100 },
    })
    expect(core.states).toEqual([{ revision: 0, pods: [], sessions: [], applicationVersionIds: [], isLast: true }])
    core.command(define('ver-1'), createPod('pod-1', 'ver-1'), createPod('pod-2', 'ver-1'))
    await core.pod('pod-1', POD_PHASE_STANDBY)
    await core.pod('pod-2', POD_PHASE_STANDBY)
    expect(core.gaps).toEqual([])
    expect(core.reports[0]?.revision).toBe(1)
    expect(core.revision).toBe(core.reports.length)
  })

  it('comes again when the core refuses it or was away', async () => {
    await using world = await NodeWorld.create()
    let token = 'wrong'
    await world.core.stop()
    const starting = world.startAgent({ joinToken: () => token })
    await world.core.start()
    await world.core.until(() => world.core.joinsRefused >= 2)
    token = world.core.joinToken
    await starting
    expect(world.core.isConnected).toBe(true)
  })

  it('sends its state again when asked, at the same revision', async () => {
    await using world = await NodeWorld.create()
    const { core } = world
    await world.startAgent()
    core.command(define('ver-1'), createPod('pod-1', 'ver-1'))
    await core.pod('pod-1', POD_PHASE_STANDBY)
    core.command({ $case: 'sendState', value: {} })
    const state = await core.until(() => core.states[1])
    expect(state).toMatchObject({ revision: core.reports.length, applicationVersionIds: ['ver-1'] })
    expect(state.pods).toMatchObject([{ podId: 'pod-1', phase: POD_PHASE_STANDBY, runtime: 'process' }])
  })

  it('reports, after the core was away, what happened meanwhile', async () => {
    await using world = await NodeWorld.create()
    const { core } = world
    await world.startAgent()
    core.command(define('ver-1', script(`setTimeout(() => process.exit(4), 300)`)), createPod('pod-1', 'ver-1'))
    core.command(startSession({ sessionId: 'ses-1', podId: 'pod-1' }))
    await core.session('ses-1', SESSION_PHASE_AVAILABLE)
    await core.stop()
    await new Promise((resolve) => setTimeout(resolve, 400))
    await core.start()
    await core.until(() => core.states[1])
    await core.pod('pod-1', POD_PHASE_FAILED)
    expect(core.sessions.get('ses-1')).toMatchObject({
      phase: SESSION_PHASE_CLOSED,
      end: SessionEnd.SESSION_END_POD_LOST,
    })
    core.command(forgetSessions('ses-1'), { $case: 'sendState', value: {} })
    const forgotten = await core.until(() => core.states.at(-1)?.sessions.length === 0 && core.states.at(-1))
    expect(forgotten.pods).toHaveLength(1)
  })
})

describe('epochs', () => {
  it('I2: refuses commands of an older epoch, and says the highest it saw', async () => {
    await using world = await NodeWorld.create()
    const { core } = world
    await world.startAgent()
    core.epoch = 7
    core.command(define('ver-1'), createPod('pod-1', 'ver-1'))
    await core.pod('pod-1', POD_PHASE_STANDBY)
    core.epoch = 6
    core.command(stopPod('pod-1'))
    expect(await core.until(() => core.refusals[0])).toBe(7)
    expect(core.pods.get('pod-1')?.phase).toBe(POD_PHASE_STANDBY)
    core.epoch = 8
    core.command(stopPod('pod-1'))
    await core.pod('pod-1', POD_PHASE_TERMINATED)
  })

  it('remembers the epoch over a restart', async () => {
    await using world = await NodeWorld.create()
    const { core } = world
    core.epoch = 7
    await world.startAgent()
    await world.stopAgent()
    core.epoch = 3
    await world.startAgent()
    expect(core.hellos.at(-1)?.epochMarks).toEqual([{ coreId: core.coreId, epoch: 7 }])
    expect(await core.until(() => core.refusals[0])).toBe(7)
  })
})

describe('pods', () => {
  it('a pod is ready when its probe passes, and its endpoints answer', async () => {
    await using world = await NodeWorld.create()
    const { core } = world
    await world.startAgent()
    const ports = ['web', 'game', 'admin'].map((name) => ({ name, protocol: 'http', containerPort: 8080 }))
    core.command(define('ver-1', { ...HTTP_SERVER, ports }), createPod('pod-1', 'ver-1'))
    expect((await core.pod('pod-1', POD_PHASE_STANDBY)).readyAfterMs).toBeGreaterThan(0)
    core.command(startSession({ sessionId: 'ses-1', podId: 'pod-1' }))
    const { endpoints } = await core.session('ses-1', SESSION_PHASE_AVAILABLE)
    expect(endpoints.map(({ name }) => name)).toEqual(['web', 'game', 'admin'])
    const answers = endpoints.map(async ({ host, port }) => await (await fetch(`http://${host}:${port}/`)).text())
    expect(await Promise.all(answers)).toEqual(['FORNAX_PORT_WEB', 'FORNAX_PORT_GAME', 'FORNAX_PORT_ADMIN'])
    core.command(closeSession('ses-1'))
    await core.session('ses-1', SESSION_PHASE_CLOSED)
    expect(core.phasesOf('ses-1')).toEqual([
      SESSION_PHASE_STARTING,
      SESSION_PHASE_AVAILABLE,
      SESSION_PHASE_CLOSING,
      SESSION_PHASE_CLOSED,
    ])
  })

  it('a command that ends tells its exit code and its last words at once', async () => {
    await using world = await NodeWorld.create()
    const { core } = world
    await world.startAgent()
    core.command(define('ver-1', script(`console.log('hello'); console.error('oh no'); process.exit(3)`)))
    core.command(createPod('pod-1', 'ver-1'))
    expect(await core.pod('pod-1', POD_PHASE_FAILED)).toMatchObject({
      exitCode: 3,
      failureKind: PodFailureKind.POD_FAILURE_KIND_EXITED,
      lastLogLines: ['hello', 'oh no'],
    })
  })

  it('a pod that is not ready in time fails with its last words', async () => {
    await using world = await NodeWorld.create()
    const { core } = world
    await world.startAgent()
    const readiness = { ...HTTP_SERVER.readiness, probe: undefined, initialDelayMs: 0, periodMs: 50, timeoutMs: 500 }
    const slow = { ...script(`console.error('still thinking'); setInterval(() => {}, 1e6)`), usesSessionService: true }
    core.command(define('ver-1', { ...slow, readiness }), createPod('pod-1', 'ver-1'))
    const failed = await core.pod('pod-1', POD_PHASE_FAILED)
    expect(failed).toMatchObject({ failureKind: PodFailureKind.POD_FAILURE_KIND_NOT_READY })
    expect(failed.failure).toContain('not ready after')
    expect(failed.lastLogLines).toEqual(['still thinking'])
  })

  it.each([
    ['an image that is not here', { image: 'docker.io/library/nginx' }, 'only the image `host`'],
    ['a runtime that is not here', { runtimeClass: 'containerd' }, 'no runtime'],
    ['more isolation than there is', { minIsolation: 4 as const }, 'no runtime'],
    ['a folder that is not here', { workingDirectory: '/no/such/folder' }, 'does not exist'],
  ])('a pod with %s fails with the reason', async (_what, change, reason) => {
    await using world = await NodeWorld.create()
    const { core } = world
    await world.startAgent()
    core.command(define('ver-1', change), createPod('pod-1', 'ver-1'))
    const failed = await core.pod('pod-1', POD_PHASE_FAILED)
    expect(failed.failureKind).toBe(PodFailureKind.POD_FAILURE_KIND_START_FAILED)
    expect(failed.failure).toContain(reason)
  })

  it('a repeated command changes nothing, and the end of an unknown pod is told', async () => {
    await using world = await NodeWorld.create()
    const { core } = world
    await world.startAgent()
    core.command(define('ver-1'), createPod('pod-1', 'ver-1'), createPod('pod-1', 'ver-1'))
    await core.pod('pod-1', POD_PHASE_STANDBY)
    core.command(define('ver-1'), createPod('pod-1', 'ver-1'), stopPod('pod-nobody'))
    await core.pod('pod-nobody', POD_PHASE_TERMINATED)
    expect(core.reports).toHaveLength(3)
  })
})

describe('sessions without session service', () => {
  it('waits for a pod that is still being created', async () => {
    await using world = await NodeWorld.create()
    const { core } = world
    await world.startAgent()
    core.command(define('ver-1', HTTP_SERVER), createPod('pod-1', 'ver-1'))
    core.command(startSession({ sessionId: 'ses-1', podId: 'pod-1' }))
    await core.session('ses-1', SESSION_PHASE_AVAILABLE)
    core.command({ $case: 'sendState', value: {} })
    await core.pod('pod-1', POD_PHASE_ACTIVE)
  })

  it('opens and closes within the same moment, hundreds of times', async () => {
    await using world = await NodeWorld.create()
    const { core } = world
    await world.startAgent()
    core.command(define('ver-1'), createPod('pod-1', 'ver-1'))
    await core.pod('pod-1', POD_PHASE_STANDBY)
    for (let round = 0; round < 200; round += 1) {
      const sessionId = `ses-${round}`
      core.command(startSession({ sessionId, podId: 'pod-1' }))
      if (round % 3 === 1) await new Promise((resolve) => setTimeout(resolve, round % 4))
      core.command(closeSession(sessionId))
      await core.session(sessionId, SESSION_PHASE_CLOSED)
      core.command(forgetSessions(sessionId))
    }
    core.command({ $case: 'sendState', value: {} })
    const state = await core.until(() => core.states[1])
    expect(state.sessions).toEqual([])
    expect(state.pods).toMatchObject([{ podId: 'pod-1', phase: POD_PHASE_STANDBY }])
    expect(core.gaps).toEqual([])
  })

  it('refuses a second session on one pod, an older grant, and a pod that is not here', async () => {
    await using world = await NodeWorld.create()
    const { core } = world
    await world.startAgent()
    core.command(define('ver-1'), createPod('pod-1', 'ver-1'))
    core.command(startSession({ sessionId: 'ses-1', podId: 'pod-1', grantEpoch: 1_005 }))
    core.command(startSession({ sessionId: 'ses-2', podId: 'pod-1', grantEpoch: 1_006 }))
    core.command(startSession({ sessionId: 'ses-3', podId: 'pod-9', grantEpoch: 1_007 }))
    const { end, message } = await core.session('ses-2', SESSION_PHASE_CLOSED)
    expect([end, message]).toEqual([SessionEnd.SESSION_END_START_FAILED, 'its pod has no free place'])
    expect((await core.session('ses-3', SESSION_PHASE_CLOSED)).message).toBe('its pod is not on this node')
    core.command(closeSession('ses-1'), closeSession('ses-nobody'))
    await core.session('ses-1', SESSION_PHASE_CLOSED)
    await core.session('ses-nobody', SESSION_PHASE_CLOSED)
    core.command(startSession({ sessionId: 'ses-4', podId: 'pod-1', grantEpoch: 1_005 }))
    expect((await core.session('ses-4', SESSION_PHASE_CLOSED)).message).toContain('takes no session')
  })

  it('ends the pod with its session when asked to', async () => {
    await using world = await NodeWorld.create()
    const { core } = world
    await world.startAgent()
    core.command(define('ver-1'), createPod('pod-1', 'ver-1'), startSession({ sessionId: 'ses-1', podId: 'pod-1' }))
    await core.session('ses-1', SESSION_PHASE_AVAILABLE)
    core.command(closeSession('ses-1', { killPod: true }))
    await core.pod('pod-1', POD_PHASE_TERMINATED)
    expect(core.sessions.get('ses-1')?.end).toBe(SessionEnd.SESSION_END_REQUESTED)
  })

  it('loses its sessions with the pod', async () => {
    await using world = await NodeWorld.create()
    const { core } = world
    await world.startAgent()
    core.command(define('ver-1', script(`setTimeout(() => process.exit(0), 200)`)), createPod('pod-1', 'ver-1'))
    core.command(startSession({ sessionId: 'ses-1', podId: 'pod-1' }))
    expect((await core.session('ses-1', SESSION_PHASE_CLOSED)).end).toBe(SessionEnd.SESSION_END_POD_LOST)
    expect((await core.pod('pod-1', POD_PHASE_FAILED)).exitCode).toBe(0)
  })
})

describe('sessions with session service', () => {
  it('tells the application its data byte for byte, and is available when it says so', async () => {
    await using world = await NodeWorld.create()
    const { core } = world
    await world.startAgent()
    core.command(define('ver-1', SESSION_POD), createPod('pod-1', 'ver-1'))
    await core.pod('pod-1', POD_PHASE_STANDBY)
    const data = Buffer.from(`slow-open ${'\u0000ÿ'.repeat(30_000)}`, 'latin1')
    core.command(startSession({ sessionId: 'ses-1', podId: 'pod-1', data }))
    await core.session('ses-1', SESSION_PHASE_AVAILABLE)
    core.readLog({ requestId: 'r1', podId: 'pod-1', follow: false, tailLines: 10 })
    const chunk = await core.until(() => core.logChunks.find(({ isLast }) => isLast) && core.logChunks)
    expect(chunk.flatMap(({ lines }) => lines.map(({ text }) => text))).toContain(`open ses-1 ${data.length} {}`)
  })

  it('hears of clients, and gives the pod back when the application has closed', async () => {
    await using world = await NodeWorld.create()
    const { core } = world
    await world.startAgent()
    core.command(define('ver-1', SESSION_POD), createPod('pod-1', 'ver-1'))
    core.command(startSession({ sessionId: 'ses-1', podId: 'pod-1', data: Buffer.from('clients slow-close') }))
    expect((await core.session('ses-1', SESSION_PHASE_IN_USE)).clientCount).toBe(2)
    core.command(closeSession('ses-1'))
    await core.session('ses-1', SESSION_PHASE_CLOSING)
    expect((await core.session('ses-1', SESSION_PHASE_CLOSED)).end).toBe(SessionEnd.SESSION_END_REQUESTED)
    core.command(startSession({ sessionId: 'ses-2', podId: 'pod-1' }))
    await core.session('ses-2', SESSION_PHASE_AVAILABLE)
  })

  it.each([
    ['refuse', SessionEnd.SESSION_END_START_FAILED, 'no room for you'],
    ['leave', SessionEnd.SESSION_END_EXITED, 'I am done'],
    ['exit', SessionEnd.SESSION_END_POD_LOST, ''],
  ])('an application that %ss a session ends it honestly', async (word, end, message) => {
    await using world = await NodeWorld.create()
    const { core } = world
    await world.startAgent()
    core.command(define('ver-1', SESSION_POD), createPod('pod-1', 'ver-1'))
    core.command(startSession({ sessionId: 'ses-1', podId: 'pod-1', data: Buffer.from(word) }))
    const closed = await core.session('ses-1', SESSION_PHASE_CLOSED)
    expect([closed.end, closed.message]).toEqual([end, message])
  })

  it('kills the pod of an application that does not close within the grace', async () => {
    await using world = await NodeWorld.create()
    const { core } = world
    await world.startAgent()
    core.command(define('ver-1', SESSION_POD), createPod('pod-1', 'ver-1'))
    core.command(startSession({ sessionId: 'ses-1', podId: 'pod-1', data: Buffer.from('never-close') }))
    await core.session('ses-1', SESSION_PHASE_AVAILABLE)
    core.command(closeSession('ses-1', { graceMs: 200 }))
    await core.pod('pod-1', POD_PHASE_TERMINATED)
    expect(core.sessions.get('ses-1')).toMatchObject({
      phase: SESSION_PHASE_CLOSED,
      end: SessionEnd.SESSION_END_REQUESTED,
    })
  })

  it('closes a session that is still opening', async () => {
    await using world = await NodeWorld.create()
    const { core } = world
    await world.startAgent()
    core.command(define('ver-1', SESSION_POD), createPod('pod-1', 'ver-1'))
    await core.pod('pod-1', POD_PHASE_STANDBY)
    core.command(startSession({ sessionId: 'ses-1', podId: 'pod-1', data: Buffer.from('slow-open') }))
    core.command(closeSession('ses-1'))
    expect((await core.session('ses-1', SESSION_PHASE_CLOSED)).end).toBe(SessionEnd.SESSION_END_REQUESTED)
    core.command(startSession({ sessionId: 'ses-2', podId: 'pod-1' }))
    await core.session('ses-2', SESSION_PHASE_AVAILABLE)
  })
})

describe('logs and usage', () => {
  it('follows a log until its pod ends', async () => {
    await using world = await NodeWorld.create()
    const { core } = world
    await world.startAgent()
    const chatty = `let n = 0; setInterval(() => { console.log('line ' + n); n += 1; if (n === 20) process.exit(0) }, 20)`
    core.command(define('ver-1', script(chatty)), createPod('pod-1', 'ver-1'))
    core.readLog({ requestId: 'r1', podId: 'pod-1', follow: true, tailLines: 100 })
    core.readLog({ requestId: 'r2', podId: 'pod-nobody', follow: true, tailLines: 100 })
    await core.until(() => core.logChunks.find(({ requestId, isLast }) => requestId === 'r1' && isLast))
    const lines = core.logChunks.filter(({ requestId }) => requestId === 'r1').flatMap((chunk) => chunk.lines)
    expect(lines.map(({ text }) => text)).toEqual(Array.from({ length: 20 }, (_, index) => `line ${index}`))
    expect(core.logChunks.find(({ requestId }) => requestId === 'r2')?.problem).toContain('no log')
  })

  it('measures the node and its pods', async () => {
    await using world = await NodeWorld.create()
    const { core } = world
    core.times = { ...core.times, usageIntervalMs: 200 }
    await world.startAgent()
    core.command(define('ver-1', script(`for (;;) Math.sqrt(2)`)), createPod('pod-1', 'ver-1'))
    const busy = await core.until(() => core.usages.find(({ pods }) => (pods[0]?.cpuMillis ?? 0) > 50))
    expect(busy.pods[0]?.memoryBytes).toBeGreaterThan(1_000_000)
    expect(busy.memoryBytes).toBeGreaterThan(busy.pods[0]?.memoryBytes ?? 0)
    expect(busy.cpuMillis).toBeGreaterThan(50)
  })
})
