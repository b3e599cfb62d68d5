import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Cluster } from './cluster.ts'
import { eventually } from './eventually.ts'
import { realPodsOf } from './faults/real-pods.ts'
import { application, close, create, hello, opened, plain, pods, session, type Pod } from './steps.ts'

const RESOURCES = { cpuMillis: 50, memoryBytes: 256 * 1024 * 1024 }
const SOON = { keepHot: 0, hibernateAfterMs: 50 }

/** Control groups can only be frozen by who may make them. */
const canIsolate = process.getuid?.() === 0 && ['bwrap', 'nft', 'ip'].every(isInstalled)
const mustIsolate = process.env['FORNAX_TEST_REQUIRE_ALL'] === '1'

const RUNTIMES = [
  { runtime: 'process' as const, isHere: true },
  { runtime: 'bubblewrap' as const, isHere: canIsolate || mustIsolate },
]

for (const { runtime, isHere } of RUNTIMES) {
  describe.runIf(isHere)(`idle pods on the ${runtime} runtime`, () => {
    it('sleep, are told of in full, and serve again as soon as a session wants them', async () => {
      await using cluster = await Cluster.start({ runtime })
      await create(cluster, 'hello', { ...hello, resources: RESOURCES }, { minPods: 1, maxPods: 1, ...SOON })
      await create(cluster, 'plain', { ...plain, resources: RESOURCES }, { minPods: 1, maxPods: 1, ...SOON })
      for (const name of ['hello', 'plain']) {
        const asleep = await untilAsleep(cluster, name)
        expect(asleep.hibernation?.depth).toMatch(/^(FROZEN|LIGHT|DEEP)$/)
        // Without swap nothing can be pushed out, and that is said.
        expect(asleep.hibernation?.depth === 'FROZEN').toBe(asleep.hibernation?.problem !== null)
        expect(asleep.hibernation?.residentBytesBefore).toBeGreaterThan(0)
        expect(asleep.hibernation?.residentBytesAfter).toBeGreaterThanOrEqual(0)
        const one = await opened(cluster, name)
        expect(one).toMatchObject({ podId: asleep.id, start: 'WARM' })
        const answer = await fetch(one.endpoints[0]?.url ?? '', { headers: { accept: 'application/json' } })
        expect(answer.ok).toBe(true)
        const awake = await eventually(
          () => podOf(cluster, name),
          ({ hibernation }) => hibernation?.wakeMs !== null,
        )
        expect(awake.hibernation?.wakeMs).toBeLessThan(5_000)
        await close(cluster, one.id)
        expect((await untilAsleep(cluster, name)).id).toBe(asleep.id)
      }
    })

    it('are frozen while they sleep, and frozen still when their agent was killed', async () => {
      await using cluster = await Cluster.start({ runtime })
      await create(cluster, 'hello', { ...hello, resources: RESOURCES }, { minPods: 1, maxPods: 1, ...SOON })
      const asleep = await untilAsleep(cluster, 'hello')
      expect(isFrozen(cluster, asleep.id)).toBe(true)
      await cluster.kill('node-a')
      expect(isFrozen(cluster, asleep.id)).toBe(true)
      await cluster.startAgent('node-a')
      const again = await untilAsleep(cluster, 'hello')
      expect(again.id).toBe(asleep.id)
      expect(isFrozen(cluster, asleep.id)).toBe(true)
      const one = await eventually(
        () => opened(cluster, 'hello').catch(() => null), // Its node has yet to connect.
        (opening) => opening !== null,
      )
      expect(one?.podId).toBe(asleep.id)
    })

    it('run when their agent was killed after a session had taken them', async () => {
      await using cluster = await Cluster.start({ runtime })
      await create(cluster, 'hello', { ...hello, resources: RESOURCES }, { minPods: 1, maxPods: 1, ...SOON })
      const asleep = await untilAsleep(cluster, 'hello')
      const one = await opened(cluster, 'hello')
      await cluster.kill('node-a')
      await cluster.startAgent('node-a')
      expect(isFrozen(cluster, asleep.id)).toBe(false)
      expect(await session(cluster, one.id)).toMatchObject({ phase: expect.stringMatching(/AVAILABLE|IN_USE/) })
    })
  })
}

describe.runIf(canIsolate || mustIsolate)('pods whose sessions are quiet', () => {
  const QUIET = { minPods: 1, maxPods: 1, keepHot: 1, hibernateAfterMs: 400, wakeOnTraffic: true }

  it('sleep with their sessions open, wake with the first packet, and are put to sleep again', async () => {
    await using cluster = await Cluster.start({ runtime: 'bubblewrap' })
    await create(cluster, 'hello', { ...hello, resources: RESOURCES }, QUIET)
    const one = await opened(cluster, 'hello')
    for (let round = 0; round < 3; round += 1) {
      const asleep = await untilDozing(cluster, 'hello')
      expect(asleep.phase).toBe('ACTIVE')
      expect(await session(cluster, one.id)).toMatchObject({ phase: expect.stringMatching(/AVAILABLE|IN_USE/) })
      const answer = await fetch(one.endpoints[0]?.url ?? '', { headers: { accept: 'application/json' } })
      expect(await answer.json()).toMatchObject({ session: { id: one.id } })
      expect((await untilAwake(cluster, 'hello')).id).toBe(asleep.id)
    }
  })

  it('are awake to put a session away, and for the next one', async () => {
    await using cluster = await Cluster.start({ runtime: 'bubblewrap' })
    await create(cluster, 'hello', { ...hello, resources: RESOURCES }, QUIET)
    const one = await opened(cluster, 'hello')
    const asleep = await untilDozing(cluster, 'hello')
    await close(cluster, one.id)
    const closed = await eventually(
      () => session(cluster, one.id),
      ({ phase }) => phase === 'CLOSED',
    )
    expect(closed.closeReason).toBe('REQUESTED')
    const next = await opened(cluster, 'hello')
    expect(next.podId).toBe(asleep.id)
    const answer = await fetch(next.endpoints[0]?.url ?? '', { headers: { accept: 'application/json' } })
    expect(await answer.json()).toMatchObject({ session: { id: next.id } })
  })

  it.each(['is killed', 'is stopped'] as const)('run again when their agent %s', async (how) => {
    await using cluster = await Cluster.start({ runtime: 'bubblewrap' })
    await create(cluster, 'hello', { ...hello, resources: RESOURCES }, QUIET)
    const one = await opened(cluster, 'hello')
    const asleep = await untilDozing(cluster, 'hello')
    expect(isFrozen(cluster, asleep.id)).toBe(true)
    process.kill(cluster.pidOf('node-a') ?? 0, how === 'is killed' ? 'SIGKILL' : 'SIGTERM')
    await cluster.ended('node-a')
    // Nobody is there who could wake it: whoever leaves in order has done so.
    expect(isFrozen(cluster, asleep.id)).toBe(how === 'is killed')
    const early = how === 'is killed' ? null : await fetch(one.endpoints[0]?.url ?? '')
    expect(early?.ok ?? true).toBe(true)
    await cluster.startAgent('node-a')
    expect(await (await fetch(one.endpoints[0]?.url ?? '')).text()).not.toBe('')
  })
})

it('keeps as many awake as the policy says, and wakes others when these are taken', async () => {
  await using cluster = await Cluster.start()
  const policy = { minPods: 4, maxPods: 4, keepHot: 2, hibernateAfterMs: 50 }
  await create(cluster, 'hello', { ...hello, resources: RESOURCES }, policy)
  const counts = (hibernated: number, standby: number) => () =>
    eventually(
      () => application(cluster, 'hello'),
      ({ pool }) => pool.hibernated === hibernated && pool.standby === standby,
    )
  await counts(2, 2)()
  const first = await opened(cluster, 'hello')
  await counts(1, 2)()
  await opened(cluster, 'hello')
  await counts(0, 2)()
  await close(cluster, first.id)
  await counts(1, 2)()
})

it('replaces a pod that does not wake, and the session gets another one in time', async () => {
  await using cluster = await Cluster.start()
  await create(cluster, 'hello', { ...hello, resources: RESOURCES }, { minPods: 1, maxPods: 2, ...SOON })
  const asleep = await untilAsleep(cluster, 'hello')
  // It dies in its sleep, so that nothing is left that could be woken.
  for (const pid of realPodsOf(cluster.folderOf('node-a')).get(asleep.id) ?? []) process.kill(pid, 'SIGKILL')
  const one = await opened(cluster, 'hello', { openTimeoutMs: 20_000 })
  const answer = await fetch(one.endpoints[0]?.url ?? '', { headers: { accept: 'application/json' } })
  expect(await answer.json()).toMatchObject({ session: { id: one.id } })
})

async function podOf(cluster: Cluster, name: string): Promise<Pod> {
  const [pod] = await pods(cluster, name)
  if (!pod) throw new Error(`${name} has no pod`)
  return pod
}

function untilAsleep(cluster: Cluster, name: string): Promise<Pod> {
  return eventually(
    () => podOf(cluster, name),
    ({ phase }) => phase === 'HIBERNATED',
  )
}

function untilDozing(cluster: Cluster, name: string): Promise<Pod> {
  return eventually(
    () => podOf(cluster, name),
    ({ phase, hibernation }) => phase === 'ACTIVE' && hibernation !== null && hibernation.wakeMs === null,
  )
}

function untilAwake(cluster: Cluster, name: string): Promise<Pod> {
  return eventually(
    () => podOf(cluster, name),
    ({ hibernation }) => hibernation?.wakeMs !== null,
  )
}

/** Whether a process of the pod stands still: stopped by a signal, or in a frozen control group. */
function isFrozen(cluster: Cluster, podId: string): boolean {
  const stopped = (realPodsOf(cluster.folderOf('node-a')).get(podId) ?? []).some((pid) => stateOf(pid) === 'T')
  return stopped || freezerStates(podId).includes('FROZEN')
}

function stateOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3)
  } catch {
    return '' // It has just ended.
  }
}

/** In both versions of control groups. */
function freezerStates(podId: string): readonly string[] {
  const found: string[] = []
  for (const root of ['/sys/fs/cgroup/freezer', '/sys/fs/cgroup'])
    for (const agent of list(root).filter((name) => name.startsWith('fornax-'))) {
      const folder = join(root, agent, podId)
      if (read(join(folder, 'freezer.state')) === 'FROZEN') found.push('FROZEN')
      if (/^frozen 1$/m.test(read(join(folder, 'cgroup.events')))) found.push('FROZEN')
    }
  return found
}

function list(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch {
    return ''
  }
}

function isInstalled(tool: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${tool}`]).status === 0
}
