/** Pods that sleep: what they keep, how soon a session has one of them awake, and what a machine holds of them. */
import { globSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import {
  ApplicationDocument,
  CloseSessionDocument,
  CreateApplicationDocument,
  DeleteApplicationDocument,
  OpenSessionDocument,
  PodsDocument,
  type PodsQuery,
} from '@fornax/client/generated/documents'
import { NODE_IMAGE, NODE_IN_IMAGE } from '../../../apps/agent/src/runtime/containerd/test/scratch-containerd.ts'
import { pause, until, type BenchRun } from '../bench-run.ts'
import {
  runtimesToMeasure,
  startContainersWorld,
  type ContainersWorld,
  type RealRuntime,
} from '../containers/containers-world.ts'
import type { FlagDefinitions, Flags } from '../flags.ts'
import { openSwap, type Swap } from '../hibernation/zram-swap.ts'
import { LatencyHistogram } from '../measure/latency.ts'
import { NOTHING_MEASURED } from '../report/result.ts'
import type { Measured, Scenario } from '../scenario.ts'

const SHAPE = {
  runtime: { default: 'both', choices: ['both', 'containerd', 'bubblewrap'], help: 'which pods' },
  rounds: { default: 60, help: 'sessions on pods that sleep deeply' },
  pods: { default: 4, help: 'pods that take turns' },
  'heap-mib': { default: 50, help: 'heap of each, half of it incompressible' },
  sleeping: { default: 0, least: 0, help: 'pods that are put to sleep afterwards, to see what they take together' },
} satisfies FlagDefinitions

const PROGRAM = resolve(import.meta.dirname, '../hibernation/heap-server.ts')
const MIB = 1_024 * 1_024
const SWAP_BYTES_MIN = 12 * 1_024 * MIB
/** What a program has in memory beside the heap that it was asked to make. */
const BESIDE_HEAP_MIB = 64
const POD = { cpuMillis: 10, memoryBytes: 256 * MIB }
const HIBERNATE_AFTER_MS = 100
const READY_WITHIN_MS = 600_000
const SLEEP_WITHIN_MS = 60_000
const LOOK_EVERY_MS = 25
/** Between two rounds, so that the machine is at rest as it would be. */
const CALM_MS = 100

type Pod = PodsQuery['page']['edges'][number]['node']
type World = Pick<ContainersWorld, 'core' | 'agent' | 'runtime'> & { readonly run: BenchRun; readonly swap: string }

export const hibernation: Scenario = {
  name: 'hibernation',
  summary: 'sessions on real pods that sleep, and what these keep of their memory',
  flags: SHAPE,
  quick: { rounds: 4, pods: 2 },
  run: async (run, flags) => {
    const swap = openSwap(swapBytes(flags))
    if ('missing' in swap) run.say(`${swap.missing}: pods are frozen and keep their memory`)
    using own = 'missing' in swap ? null : swap
    const results: Measured[] = []
    for (const runtime of runtimesToMeasure(run, flags.text('runtime')))
      results.push(...(await measure(run, flags, { runtime, swap: own })))
    return results
  },
}

/** Room for all that the pods have, before it is compressed. */
function swapBytes(flags: Flags): number {
  const pods = flags.number('pods') + flags.number('sleeping')
  return Math.max(SWAP_BYTES_MIN, pods * (flags.number('heap-mib') + BESIDE_HEAP_MIB) * MIB)
}

async function measure(
  run: BenchRun,
  flags: Flags,
  { runtime, swap }: { readonly runtime: RealRuntime; readonly swap: Swap | null },
): Promise<readonly Measured[]> {
  await using parts = await startContainersWorld(run, runtime, 0, NODE_IMAGE)
  const world = { run, runtime, core: parts.core, agent: parts.agent, swap: swap?.what ?? 'none' }
  const awake = await measureAwake(world, flags)
  const asleep = await measureAsleep(world, flags)
  const many = flags.number('sleeping') === 0 ? [] : [await measureMany(world, flags, swap)]
  return [awake, asleep, ...many]
}

/** The same pods, running: what the others are compared with. */
async function measureAwake(world: World, flags: Flags): Promise<Measured> {
  await createApplication(world, 'awake', { pods: flags.number('pods'), flags, hibernateAfterMs: null })
  const startMs = performance.now()
  const times = await openOneByOne(world, 'awake', flags.number('rounds'), () => pause(world.run, CALM_MS))
  await remove(world, 'awake')
  return resultOf(world, flags, { scenario: 'running pod', times, startMs, more: {} })
}

async function measureAsleep(world: World, flags: Flags): Promise<Measured> {
  const { run } = world
  await createApplication(world, 'asleep', { pods: flags.number('pods'), flags, hibernateAfterMs: HIBERNATE_AFTER_MS })
  run.say('waiting until they sleep deeply')
  const startMs = performance.now()
  const hasSwap = world.swap !== 'none'
  // Of their first sleep: who has slept before comes back with what it touches alone.
  const first = (await untilAsleep(world, 'asleep', hasSwap)).map(({ hibernation: told }) => told)
  const charged = chargedBytes((await podsOf(world, 'asleep')).map(({ id }) => id))
  const times = await openOneByOne(world, 'asleep', flags.number('rounds'), async () => {
    await untilAsleep(world, 'asleep', hasSwap)
    await pause(run, CALM_MS)
  })
  const wakes = (await podsOf(world, 'asleep')).flatMap((pod) => pod.hibernation?.wakeMs ?? [])
  const sum = (of: (told: (typeof first)[number]) => number | null | undefined): number =>
    first.reduce((total, told) => total + (of(told) ?? 0), 0)
  const [before, after] = [sum((told) => told?.residentBytesBefore), sum((told) => told?.residentBytesAfter)]
  const more = {
    'resident MiB running': mib(before / first.length),
    'resident MiB asleep': mib(after / first.length),
    'all that its group is charged with, files too, MiB': mib(charged / first.length),
    'kept %': tenths((100 * after) / before),
    'in swap MiB': mib(sum((told) => told?.swappedBytes) / first.length),
    'slowest wake ms, as nodes told it': tenths(Math.max(0, ...wakes)),
  }
  await remove(world, 'asleep')
  return resultOf(world, flags, { scenario: 'hibernated pod', times, startMs, more })
}

/** So many pods asleep, one after the other, and one of them woken each second meanwhile. */
async function measureMany(world: World, flags: Flags, swap: Swap | null): Promise<Measured> {
  const { run } = world
  const count = flags.number('sleeping')
  const availableBefore = availableBytes()
  const startMs = performance.now()
  await createApplication(world, 'many', { pods: count, flags, hibernateAfterMs: HIBERNATE_AFTER_MS })
  const asleep = await untilAsleep(world, 'many', world.swap !== 'none')
  const takenBytes = availableBefore - availableBytes()
  run.say(`${asleep.length} asleep; waking one a second`)
  const times = await openOneByOne(world, 'many', Math.min(20, count), () => pause(run, 1_000))
  const residentBytes = asleep.reduce((sum, pod) => sum + (pod.hibernation?.residentBytesAfter ?? 0), 0)
  const more = {
    'pods asleep': asleep.length,
    'agent RSS MiB': mib(world.agent.use().rssBytes),
    'machine memory for each MiB': tenths(takenBytes / asleep.length / MIB),
    'of it compressed MiB': tenths((swap?.compressedBytes() ?? 0) / asleep.length / MIB),
    'resident MiB for each': tenths(residentBytes / asleep.length / MIB),
  }
  await remove(world, 'many')
  return resultOf(world, flags, { scenario: 'many asleep', times, startMs, more })
}

type Times = { readonly open: LatencyHistogram; readonly answer: LatencyHistogram; readonly errors: string[] }

/** Sessions one after the other: until they are available, and until they have answered over HTTP. */
async function openOneByOne(
  { run, core }: World,
  application: string,
  rounds: number,
  before: () => Promise<void>,
): Promise<Times> {
  const times: Times = { open: new LatencyHistogram(), answer: new LatencyHistogram(), errors: [] }
  for (let round = 0; round < rounds; round += 1) {
    await before()
    const startMs = performance.now()
    const { openSession } = await core.client.request(OpenSessionDocument, { input: { application } })
    times.open.record(performance.now() - startMs)
    const { session, problem } = openSession
    const url = session?.endpoints[0]?.url ?? null
    if (session?.phase !== 'AVAILABLE' || url === null) {
      times.errors.push(problem?.message ?? `${session?.phase} without an endpoint`)
      continue
    }
    const answer = await fetch(url, { signal: run.signal })
    await answer.arrayBuffer()
    times.answer.record(performance.now() - startMs)
    await core.client.request(CloseSessionDocument, { input: { id: session.id } })
  }
  return times
}

type Asked = { readonly pods: number; readonly flags: Flags; readonly hibernateAfterMs: number | null }

async function createApplication(world: World, name: string, { pods, flags, hibernateAfterMs }: Asked): Promise<void> {
  const { run, core, runtime } = world
  run.say(`making ${pods} pods`)
  const version = {
    image: runtime === 'containerd' ? NODE_IMAGE.name : 'host',
    command: [runtime === 'containerd' ? NODE_IN_IMAGE : process.execPath, '--input-type=module-typescript', '-e'],
    args: [readFileSync(PROGRAM, 'utf8')],
    env: [{ name: 'HEAP_MIB', value: String(flags.number('heap-mib')) }],
    ports: [{ name: 'web', containerPort: 8080 }],
    readiness: { http: { portName: 'web', path: '/' } },
    resources: POD,
  }
  const scalingPolicy = {
    minPods: pods,
    maxPods: pods,
    burst: pods,
    idleCount: { low: 0, high: pods },
    hibernateAfterMs,
  }
  const { createApplication: made } = await core.client.request(CreateApplicationDocument, {
    input: { name, version, scalingPolicy },
  })
  if (made.problem) throw new Error(made.problem.message)
  const isReady = (pool: { standby: number; hibernated: number }): boolean => pool.standby + pool.hibernated === pods
  await until(run, () => poolOf(world, name), { isRight: isReady, withinMs: READY_WITHIN_MS })
}

async function poolOf({ core }: World, name: string): Promise<{ standby: number; hibernated: number }> {
  const { application } = await core.client.request(ApplicationDocument, { name })
  return application?.pool ?? { standby: 0, hibernated: 0 }
}

/** Without swap they sleep as deep as they can, which is frozen. */
function untilAsleep(world: World, name: string, hasSwap: boolean): Promise<readonly Pod[]> {
  const isAsleep = ({ phase, hibernation: told }: Pod): boolean =>
    phase === 'HIBERNATED' && told?.depth === (hasSwap ? 'DEEP' : 'FROZEN')
  return until(world.run, () => podsOf(world, name), {
    isRight: (pods) => pods.every(isAsleep),
    withinMs: SLEEP_WITHIN_MS * 10,
    everyMs: LOOK_EVERY_MS,
  })
}

async function podsOf({ core }: World, application: string): Promise<readonly Pod[]> {
  const { page } = await core.client.request(PodsDocument, { first: 500, where: { application } })
  return page.edges.map(({ node }) => node).filter(({ phase }) => phase !== 'FAILED' && phase !== 'TERMINATING')
}

/** Its pods go, so that the next ones have the machine to themselves. */
async function remove(world: World, name: string): Promise<void> {
  await world.core.client.request(DeleteApplicationDocument, { input: { application: name } })
  await until(world.run, () => podsOf(world, name), { isRight: (pods) => pods.length === 0, withinMs: SLEEP_WITHIN_MS })
}

type Measurement = {
  readonly scenario: string
  readonly times: Times
  readonly startMs: number
  readonly more: Readonly<Record<string, number>>
}

function resultOf({ swap, runtime }: World, flags: Flags, { scenario, times, startMs, more }: Measurement): Measured {
  const seconds = (performance.now() - startMs) / 1_000
  const answer = times.answer.summary()
  return {
    ...NOTHING_MEASURED,
    scenario: `hibernation: ${scenario}`,
    shape: {
      runtime,
      pods: flags.number('pods'),
      'heap MiB': flags.number('heap-mib'),
      swap,
      'page-cluster': pageCluster(),
    },
    unit: 'sessions',
    operations: times.open.count,
    seconds,
    perSecond: times.open.count / seconds,
    latencyMs: times.open.summary(),
    errors: times.errors.length,
    errorSamples: times.errors.slice(0, 5),
    more: { 'first answer p50 ms': tenths(answer.p50), 'first answer p99 ms': tenths(answer.p99), ...more },
  }
}

/** Of the control groups of pods, all memory that the kernel charges them with; of both versions. */
function chargedBytes(podIds: readonly string[]): number {
  const files = globSync(
    podIds.flatMap((id) => [
      `/sys/fs/cgroup/memory/fornax-*/${id}/memory.usage_in_bytes`,
      `/sys/fs/cgroup/fornax-*/${id}/memory.current`,
    ]),
  )
  return files.reduce((sum, file) => sum + Number(readFileSync(file, 'utf8')), 0)
}

function availableBytes(): number {
  return Number(/^MemAvailable:\s+(\d+)/m.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1] ?? 0) * 1_024
}

function pageCluster(): number {
  return Number(readFileSync('/proc/sys/vm/page-cluster', 'utf8'))
}

function mib(bytes: number): number {
  return tenths(bytes / MIB)
}

function tenths(value: number): number {
  return Math.round(value * 10) / 10
}
