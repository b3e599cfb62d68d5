/** Pods that sleep: what they keep, how soon a session has one of them awake, and what a machine holds of them. */
import { readFileSync } from 'node:fs'
import { NODE_IMAGE } from '../../../apps/agent/src/runtime/containerd/test/scratch-containerd.ts'
import { pause, type BenchRun } from '../bench-run.ts'
import { runtimesToMeasure, startContainersWorld, type RealRuntime } from '../containers/containers-world.ts'
import type { FlagDefinitions, Flags } from '../flags.ts'
import {
  changeApplication,
  createApplication,
  openOneByOne,
  podsOf,
  readHeapPool,
  remove,
  untilAsleep,
  type HeapWorld,
  type Pod,
  type Times,
} from '../hibernation/heap-pods.ts'
import { meanMemory, type PodMemory } from '../hibernation/pod-memory.ts'
import { openSwap, type Swap } from '../hibernation/zram-swap.ts'
import { NOTHING_MEASURED } from '../report/result.ts'
import type { Measured, Scenario } from '../scenario.ts'

const SHAPE = {
  runtime: { default: 'both', choices: ['both', 'containerd', 'bubblewrap'], help: 'which pods' },
  rounds: { default: 60, help: 'sessions on pods that sleep deeply' },
  pods: { default: 4, help: 'pods that take turns' },
  'heap-mib': { default: 50, help: 'heap of each, half of it incompressible' },
  sleeping: { default: 0, least: 0, help: 'pods that are put to sleep afterwards, to see what they take together' },
  wakes: { default: 60, help: 'how many of those are woken, one a second' },
} satisfies FlagDefinitions

const MIB = 1_024 * 1_024
const SWAP_BYTES_MIN = 12 * 1_024 * MIB
/** What a program has in memory beside the heap that it was asked to make. */
const BESIDE_HEAP_MIB = 64
const HIBERNATE_AFTER_MS = 100
/** Between two rounds, so that the machine is at rest as it would be. */
const CALM_MS = 100
/** How many of many are made before these sleep: all at once, and awake, would not fit. */
const MADE_AT_ONCE = 40
/** Of many pods, how many serve a session at a time; they come on top of those that sleep. */
const AWAKE_AT_ONCE = 10
const WAKE_EVERY_MS = 1_000
/** What the pods before them had is free again. */
const SETTLE_MS = 5_000

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
  const pods = flags.number('pods') + flags.number('sleeping') + AWAKE_AT_ONCE
  return Math.max(SWAP_BYTES_MIN, pods * (flags.number('heap-mib') + BESIDE_HEAP_MIB) * MIB)
}

async function measure(
  run: BenchRun,
  flags: Flags,
  { runtime, swap }: { readonly runtime: RealRuntime; readonly swap: Swap | null },
): Promise<readonly Measured[]> {
  await using parts = await startContainersWorld(run, runtime, 0, NODE_IMAGE)
  const world = { run, runtime, core: parts.core, agent: parts.agent, swap: swap?.what ?? 'none' }
  const few = await measureFew(world, flags)
  const many = flags.number('sleeping') === 0 ? [] : [await measureMany(world, flags, swap)]
  return [...few, ...many]
}

/** Some pods while they run, and then the same asleep. */
async function measureFew(world: HeapWorld, flags: Flags): Promise<readonly Measured[]> {
  const { run } = world
  const [pods, rounds] = [flags.number('pods'), flags.number('rounds')]
  const name = 'few'
  await createApplication(world, name, { pods, heapMib: flags.number('heap-mib'), hibernateAfterMs: null })
  const awokeMs = performance.now()
  const awake = await openOneByOne(world, { application: name, rounds, held: 0 }, () => pause(run, CALM_MS))
  const awakeS = secondsSince(awokeMs)
  const ids = (await podsOf(world, name)).map(({ id }) => id)
  const running = meanMemory(ids)
  run.say('waiting until they sleep deeply')
  const sleptMs = performance.now()
  await changeApplication(world, name, { pods, hibernateAfterMs: HIBERNATE_AFTER_MS })
  // Of their first sleep: who has slept before comes back with what it touches alone.
  const first = await untilAsleep(world, name)
  const memory = memoryInWords(running, meanMemory(ids), first)
  const asleep = await openOneByOne(world, { application: name, rounds, held: 0 }, async () => {
    await untilAsleep(world, name)
    await pause(run, CALM_MS)
  })
  const wakes = (await podsOf(world, name)).flatMap((pod) => pod.hibernation?.wakeMs ?? [])
  const more = { ...memory, 'slowest wake ms, as nodes told it': tenths(Math.max(0, ...wakes)) }
  const asleepS = secondsSince(sleptMs)
  await remove(world, name)
  return [
    resultOf(world, flags, { scenario: 'running pod', times: awake, seconds: awakeS, more: {} }),
    resultOf(world, flags, { scenario: 'hibernated pod', times: asleep, seconds: asleepS, more }),
  ]
}

function memoryInWords(running: PodMemory, asleep: PodMemory, pods: readonly Pod[]): Readonly<Record<string, number>> {
  const mean = (of: (pod: Pod) => number | null | undefined): number =>
    pods.reduce((sum, pod) => sum + (of(pod) ?? 0), 0) / pods.length
  const before = mean(({ hibernation: told }) => told?.residentBytesBefore)
  const after = mean(({ hibernation: told }) => told?.residentBytesAfter)
  return {
    'MiB running, as nodes told it': mib(before),
    'MiB asleep, as nodes told it': mib(after),
    'charged MiB running': mib(running.chargedBytes),
    'charged MiB asleep': mib(asleep.chargedBytes),
    'charged, kept %': percent(asleep.chargedBytes, running.chargedBytes),
    'PSS MiB running': mib(running.pssBytes),
    'PSS MiB asleep': mib(asleep.pssBytes),
    'PSS, kept %': percent(asleep.pssBytes, running.pssBytes),
    'RSS MiB running': mib(running.rssBytes),
    'RSS MiB asleep': mib(asleep.rssBytes),
    'RSS, kept %': percent(asleep.rssBytes, running.rssBytes),
    'in swap MiB': mib(mean(({ hibernation: told }) => told?.swappedBytes)),
  }
}

/** So many pods asleep, and one of them woken each second meanwhile. */
async function measureMany(world: HeapWorld, flags: Flags, swap: Swap | null): Promise<Measured> {
  const { run } = world
  const name = 'many'
  const count = flags.number('sleeping') + AWAKE_AT_ONCE
  await pause(run, SETTLE_MS)
  const availableBefore = availableBytes()
  const startMs = performance.now()
  const asked = { heapMib: flags.number('heap-mib'), hibernateAfterMs: HIBERNATE_AFTER_MS }
  await createApplication(world, name, { ...asked, pods: Math.min(count, MADE_AT_ONCE) })
  for (let pods = MADE_AT_ONCE; pods < count;) {
    await untilAsleep(world, name)
    pods = Math.min(count, pods + MADE_AT_ONCE)
    run.say(`${pods} pods`)
    await changeApplication(world, name, { ...asked, pods })
  }
  const asleep = await untilAsleep(world, name)
  const madeS = secondsSince(startMs)
  const [takenBytes, compressedBytes] = [availableBefore - availableBytes(), swap?.compressedBytes() ?? 0]
  const memory = meanMemory(asleep.map(({ id }) => id))
  run.say(`${asleep.length} asleep; waking one a second`)
  let leastAsleep = asleep.length
  const wakesAtMs = performance.now()
  let due = 0
  const times = await openOneByOne(
    world,
    { application: name, rounds: Math.min(flags.number('wakes'), count), held: AWAKE_AT_ONCE - 1 },
    async () => {
      await pause(run, Math.max(0, wakesAtMs + (due += WAKE_EVERY_MS) - performance.now()))
      leastAsleep = Math.min(leastAsleep, (await readHeapPool(world, name)).hibernated)
    },
  )
  const seconds = secondsSince(wakesAtMs)
  const more = {
    'pods asleep': asleep.length,
    'asleep at least, while others woke': leastAsleep,
    'seconds until all slept': tenths(madeS),
    'agent RSS MiB': mib(world.agent.use().rssBytes),
    'machine memory for each MiB': tenths(takenBytes / asleep.length / MIB),
    'of it compressed MiB': tenths(compressedBytes / asleep.length / MIB),
    'charged MiB for each': mib(memory.chargedBytes),
    'PSS MiB for each': mib(memory.pssBytes),
    'RSS MiB for each': mib(memory.rssBytes),
    'machine memory left MiB': mib(availableBytes()),
  }
  await remove(world, name)
  return resultOf(world, flags, { scenario: 'many asleep', times, seconds, more })
}

type Measurement = {
  readonly scenario: string
  readonly times: Times
  readonly seconds: number
  readonly more: Readonly<Record<string, number>>
}

function resultOf(
  { swap, runtime }: HeapWorld,
  flags: Flags,
  { scenario, times, seconds, more }: Measurement,
): Measured {
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

function secondsSince(startMs: number): number {
  return (performance.now() - startMs) / 1_000
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

function percent(part: number, whole: number): number {
  return tenths((100 * part) / whole)
}

function tenths(value: number): number {
  return Math.round(value * 10) / 10
}
