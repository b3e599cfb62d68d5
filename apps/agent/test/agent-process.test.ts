/** The agent dies in every way there is; its pods must not notice. */
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { PodFailureKind, PodPhase, SessionEnd, SessionPhase } from '@fornax/proto/fornax/nodelink/v1/nodelink'
import { describe, expect, it, vi } from 'vitest'
import { AgentProcessWorld, entriesOf, exitOf, isRunning } from './support/agent-process.ts'
import { closeSession, createPod, define, HTTP_SERVER, script, SESSION_POD, startSession } from './support/orders.ts'

const { POD_PHASE_STANDBY, POD_PHASE_ACTIVE, POD_PHASE_FAILED } = PodPhase
const { SESSION_PHASE_AVAILABLE, SESSION_PHASE_CLOSED } = SessionPhase

describe('kill -9', () => {
  it('adopts pods and sessions, in whatever phase they were, and goes on counting', async () => {
    await using world = await AgentProcessWorld.create()
    const { core } = world
    await world.start()
    core.command(define('ver-app', SESSION_POD), define('ver-web', HTTP_SERVER))
    for (const id of ['open', 'opening', 'idle']) core.command(createPod(`pod-${id}`, 'ver-app'))
    core.command(createPod('pod-web', 'ver-web'), startSession({ sessionId: 'ses-web', podId: 'pod-web' }))
    for (const id of ['open', 'opening', 'idle']) await core.pod(`pod-${id}`, POD_PHASE_STANDBY)
    core.command(startSession({ sessionId: 'ses-open', podId: 'pod-open' }))
    const web = await core.session('ses-web', SESSION_PHASE_AVAILABLE)
    await core.session('ses-open', SESSION_PHASE_AVAILABLE)
    const data = Buffer.from('slow-open')
    core.command(
      startSession({ sessionId: 'ses-opening', podId: 'pod-opening', data }),
      createPod('pod-new', 'ver-app'),
    )
    await core.until(() => core.sessions.get('ses-opening'))
    const before = { revision: core.revision ?? 0, ledgerId: core.hellos[0]?.ledgerId, pids: pidsOf(world) }

    await world.end('SIGKILL')
    await world.start()

    expect(core.hellos.at(-1)?.ledgerId).toBe(before.ledgerId)
    expect(core.states.at(-1)?.revision).toBeGreaterThanOrEqual(before.revision)
    expect(core.pods.get('pod-open')?.phase).toBe(POD_PHASE_ACTIVE)
    expect(core.pods.get('pod-idle')?.phase).toBe(POD_PHASE_STANDBY)
    expect(core.sessions.get('ses-open')?.phase).toBe(SESSION_PHASE_AVAILABLE)
    expect(core.sessions.get('ses-web')).toEqual(web)
    await core.session('ses-opening', SESSION_PHASE_AVAILABLE)
    await core.pod('pod-new', POD_PHASE_STANDBY)
    const { host = '', port = 0 } = web.endpoints[0] ?? {}
    expect(await (await fetch(`http://${host}:${port}/`)).text()).toBe('FORNAX_PORT_WEB')
    expect(pidsOf(world)).toMatchObject(before.pids)

    core.command(closeSession('ses-open'))
    expect((await core.session('ses-open', SESSION_PHASE_CLOSED)).end).toBe(SessionEnd.SESSION_END_REQUESTED)
    core.command(startSession({ sessionId: 'ses-next', podId: 'pod-open', grantEpoch: 1_000_000 }))
    await core.session('ses-next', SESSION_PHASE_AVAILABLE)
    expect(core.gaps).toEqual([])
  })

  it('tells what ended while it was dead, and hears at once what ends later', async () => {
    await using world = await AgentProcessWorld.create()
    const { core } = world
    await world.start()
    const doomed = script(
      `process.on('SIGUSR2', () => { console.error('goodbye'); process.exit(6) }); setInterval(() => {}, 1e6); console.log('up')`,
    )
    core.command(define('ver-1', doomed), createPod('pod-1', 'ver-1'), createPod('pod-2', 'ver-1'))
    core.command(startSession({ sessionId: 'ses-1', podId: 'pod-1' }))
    await core.session('ses-1', SESSION_PHASE_AVAILABLE)
    await core.pod('pod-2', POD_PHASE_STANDBY)
    await isUp(world, ['pod-1', 'pod-2'])
    await world.end('SIGKILL')
    await signalAndWait(world, 'pod-1')
    await world.start()
    expect(await core.pod('pod-1', POD_PHASE_FAILED)).toMatchObject({
      exitCode: 6,
      failureKind: PodFailureKind.POD_FAILURE_KIND_EXITED,
      lastLogLines: ['up', 'goodbye'],
    })
    expect(core.sessions.get('ses-1')?.end).toBe(SessionEnd.SESSION_END_POD_LOST)
    await signalAndWait(world, 'pod-2')
    expect((await core.pod('pod-2', POD_PHASE_FAILED)).exitCode).toBe(6)
  })

  it('leaves nothing of the session socket of a pod that ended while it was dead', async () => {
    await using world = await AgentProcessWorld.create()
    const { core } = world
    await world.start()
    core.command(define('ver-app', SESSION_POD), createPod('pod-1', 'ver-app'), createPod('pod-2', 'ver-app'))
    for (const podId of ['pod-1', 'pod-2']) await core.pod(podId, POD_PHASE_STANDBY)
    await world.end('SIGKILL')
    const sockets = join(world.dataDir, 'agent', 'sockets')
    await mkdir(join(sockets, 'pod-gone')) // It had ended, and the agent died before it took this away.
    const [pid = 0] = world.processesOf('pod-1')
    process.kill(pid, 'SIGKILL')
    await vi.waitFor(() => expect(isRunning(pid)).toBe(false), { timeout: 5_000 })
    await world.start()
    await core.pod('pod-1', POD_PHASE_FAILED)
    expect(await entriesOf(sockets)).toEqual(['pod-2'])
  })

  it('without its ledger it is a new node, and no old pod is left', async () => {
    await using world = await AgentProcessWorld.create()
    const { core } = world
    await world.start()
    core.command(define('ver-1'), createPod('pod-1', 'ver-1'))
    await core.pod('pod-1', POD_PHASE_STANDBY)
    const [pid = 0] = world.processesOf('pod-1')
    await world.end('SIGKILL')
    for (const file of await entriesOf(join(world.dataDir, 'agent')))
      if (file.startsWith('ledger')) await rm(join(world.dataDir, 'agent', file))
    await world.start()
    expect(core.hellos.at(-1)?.ledgerId).not.toBe(core.hellos[0]?.ledgerId)
    expect(core.states.at(-1)).toMatchObject({ revision: 0, pods: [], sessions: [] })
    expect(isRunning(pid)).toBe(false)
  })

  it('at any moment: no pod twice, none forgotten, no revision used again', async () => {
    await using world = await AgentProcessWorld.create()
    const { core } = world
    const asked = new Set<string>()
    let highest = 0
    for (let round = 0; round < 8; round += 1) {
      await world.start()
      expect(core.revision).toBeGreaterThanOrEqual(highest)
      core.command(define('ver-1'))
      for (let index = 0; index < 4; index += 1) {
        const podId = `pod-${round}-${index}`
        core.command(createPod(podId, 'ver-1'), startSession({ sessionId: `ses-${round}-${index}`, podId }))
        asked.add(podId)
      }
      await core.until(() => core.pods.has(`pod-${round}-3`))
      await new Promise((resolve) => setTimeout(resolve, (round * 7) % 23))
      highest = core.revision ?? highest
      await world.end('SIGKILL')
    }
    await world.start()
    for (const podId of asked) await core.pod(podId, POD_PHASE_ACTIVE).catch(() => core.pod(podId, POD_PHASE_STANDBY))
    await vi.waitFor(() => {
      for (const podId of asked) expect(world.processesOf(podId)).toHaveLength(1)
    })
    for (const podId of asked)
      expect(core.sessions.get(podId.replace('pod', 'ses'))?.phase).toBe(SESSION_PHASE_AVAILABLE)
    expect(core.gaps).toEqual([])
  }, 60_000)
})

describe('signals', () => {
  it('SIGTERM ends the agent alone', async () => {
    await using world = await AgentProcessWorld.create()
    const { core } = world
    await world.start()
    core.command(define('ver-1'), createPod('pod-1', 'ver-1'))
    await core.pod('pod-1', POD_PHASE_STANDBY)
    expect(await world.end('SIGTERM')).toBe(0)
    expect(world.processesOf('pod-1')).toHaveLength(1)
  })

  it('SIGINT ends its pods too, and leaves nothing of them', async () => {
    await using world = await AgentProcessWorld.create()
    const { core } = world
    await world.start()
    const stubborn = script(`process.on('SIGTERM', () => {}); setInterval(() => {}, 1e6)`)
    core.command(define('ver-1'), define('ver-2', stubborn), define('ver-3', SESSION_POD))
    for (const [index, version] of ['ver-1', 'ver-2', 'ver-3'].entries())
      core.command(createPod(`pod-${index}`, version))
    core.command(startSession({ sessionId: 'ses-1', podId: 'pod-2' }))
    await core.session('ses-1', SESSION_PHASE_AVAILABLE)
    await core.pod('pod-1', POD_PHASE_STANDBY)
    const beganMs = Date.now()
    expect(await world.end('SIGINT')).toBe(0)
    expect(Date.now() - beganMs).toBeLessThan(4_000)
    for (const podId of ['pod-0', 'pod-1', 'pod-2']) expect(world.processesOf(podId)).toEqual([])
    expect(rowsOf(world.dataDir, 'pods')).toEqual([])
    expect(await entriesOf(join(world.dataDir, 'agent', 'pods', 'process'))).toEqual(['.exits'])
    expect(await entriesOf(join(world.dataDir, 'agent', 'sockets'))).toEqual([])
  })
})

describe('what keeps it from starting is said in one sentence, with exit code 1', () => {
  it('another agent uses the folder', async () => {
    await using world = await AgentProcessWorld.create()
    await world.start()
    const second = world.launch()
    expect(await exitOf(second)).toBe(1)
    expect(world.output).toContain('another agent uses')
  })

  it('the token is not ours to read', async () => {
    await using world = await AgentProcessWorld.create()
    const child = world.launch({ FORNAX_JOIN_TOKEN_FILE: world.dataDir })
    expect(await exitOf(child)).toBe(1)
    expect(world.output).toContain('the join token cannot be read')
  })

  it('the folder cannot be written', async () => {
    await using world = await AgentProcessWorld.create()
    const child = world.launch({ FORNAX_DATA_DIR: join(world.dataDir, 'join-token') })
    expect(await exitOf(child)).toBe(1)
    expect(world.output).toMatch(/cannot be (made|read)/)
  })

  it('a setting is wrong', async () => {
    await using world = await AgentProcessWorld.create()
    const child = world.launch({ FORNAX_RUNTIME: 'magic' })
    expect(await exitOf(child)).toBe(1)
    expect(world.output).toContain('FORNAX_RUNTIME')
  })
})

function pidsOf(world: AgentProcessWorld): Record<string, number[]> {
  const ids = ['pod-open', 'pod-opening', 'pod-idle', 'pod-web']
  return Object.fromEntries(ids.map((podId) => [podId, world.processesOf(podId)]))
}

async function isUp(world: AgentProcessWorld, podIds: readonly string[]): Promise<void> {
  for (const [index, podId] of podIds.entries()) {
    const requestId = `up-${index}`
    world.core.readLog({ requestId, podId, follow: true, tailLines: 10 })
    await world.core.until(() =>
      world.core.logChunks.find((chunk) => chunk.requestId === requestId && chunk.lines.length > 0),
    )
  }
}

async function signalAndWait(world: AgentProcessWorld, podId: string): Promise<void> {
  const [pid = 0] = world.processesOf(podId)
  process.kill(pid, 'SIGUSR2')
  await vi.waitFor(() => expect(isRunning(pid)).toBe(false), { timeout: 5_000 })
}

function rowsOf(dataDir: string, table: string): unknown[] {
  const database = new DatabaseSync(join(dataDir, 'agent', 'ledger.db'))
  try {
    return database.prepare(`SELECT * FROM ${table}`).all()
  } finally {
    database.close()
  }
}
