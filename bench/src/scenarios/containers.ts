/** Pods that really run: sessions on them, warm and cold, and what an agent with a hundred of them needs. */
import {
  CloseSessionDocument,
  CreateApplicationDocument,
  OpenSessionDocument,
  type CreateApplicationInput,
} from '@fornax/client/generated/documents'
import { BUSYBOX_IMAGE } from '../../../apps/agent/src/runtime/containerd/test/scratch-containerd.ts'
import { pause, until, type BenchRun } from '../bench-run.ts'
import { makeBarePod } from '../containers/bare-calls.ts'
import {
  runtimesToMeasure,
  server,
  sleeper,
  startContainersWorld,
  type ContainersWorld,
  type RealRuntime,
} from '../containers/containers-world.ts'
import { readPool } from '../containers/read-pool.ts'
import type { FlagDefinitions, Flags } from '../flags.ts'
import { LatencyHistogram } from '../measure/latency.ts'
import { NOTHING_MEASURED } from '../report/result.ts'
import type { Measured, Scenario } from '../scenario.ts'

const SHAPE = {
  runtime: { default: 'both', choices: ['both', 'containerd', 'bubblewrap'], help: 'which pods' },
  warm: { default: 1_000, help: 'sessions on running pods, one after the other' },
  cold: { default: 30, help: 'sessions that have their pods made, one after the other' },
  pods: { default: 100, help: 'pods of the agent whose memory and CPU are measured' },
  seconds: { default: 20, help: 'for how long its CPU is measured' },
} satisfies FlagDefinitions

const STOCK_MAX = 8
const WARM_PODS = 4
const READY_WITHIN_MS = 300_000
/** Between two cold starts the machine comes to rest, and the stock is filled. */
const REST_MS = 1_500
const SETTLE_MS = 10_000
const KILL_GRACE_MS = 100

export const containers: Scenario = {
  name: 'containers',
  summary: 'sessions on real pods, warm and cold, by containerd and by bubblewrap; the agent with a hundred pods',
  flags: SHAPE,
  quick: { warm: 50, cold: 5, pods: 20, seconds: 5 },
  run: async (run, flags) => {
    const results: Measured[] = []
    for (const runtime of runtimesToMeasure(run, flags.text('runtime'))) {
      results.push(...(await measure(run, flags, runtime, STOCK_MAX)))
      results.push(await measureCold(run, flags, runtime, 0))
    }
    return results
  },
}

async function measure(run: BenchRun, flags: Flags, runtime: RealRuntime, stockMax: number): Promise<Measured[]> {
  await using world = await startContainersWorld(run, runtime, stockMax)
  const warm = await measureWarm(run, world, flags.number('warm'))
  const cold = await coldStarts(run, world, flags.number('cold'))
  const loaded = await measureAgent(run, world, flags)
  return [warm, coldResult(runtime, stockMax, cold), loaded]
}

/** Without sandboxes that are ready, in a world of its own. */
async function measureCold(run: BenchRun, flags: Flags, runtime: RealRuntime, stockMax: number): Promise<Measured> {
  await using world = await startContainersWorld(run, runtime, stockMax)
  return coldResult(runtime, stockMax, await coldStarts(run, world, flags.number('cold')))
}

async function measureWarm(run: BenchRun, world: ContainersWorld, calls: number): Promise<Measured> {
  run.say(`${calls} warm sessions`)
  const { runtime } = world
  const idleCount = { low: WARM_PODS, high: WARM_PODS }
  const version = server(runtime)
  await create(world, { name: 'warm', version, scalingPolicy: { minPods: WARM_PODS, maxPods: WARM_PODS, idleCount } })
  await standby(run, world, 'warm', WARM_PODS)
  const latency = new LatencyHistogram()
  const beganMs = performance.now()
  for (let call = 0; call < calls; call += 1) {
    run.signal.throwIfAborted()
    const { id, tookMs } = await open(world, 'warm', false)
    latency.record(tookMs)
    await close(world, id)
    // Whoever is let go is free again soon: the next session must find a pod, or it would be no warm start.
    await until(run, () => readPool(world, 'warm'), poolIs(WARM_PODS))
  }
  const seconds = (performance.now() - beganMs) / 1_000
  const shape = { runtime, pods: WARM_PODS }
  return result('warm session', shape, { operations: calls, seconds, latency })
}

type ColdStarts = { readonly ours: LatencyHistogram; readonly bare: LatencyHistogram; readonly seconds: number }

async function coldStarts(run: BenchRun, world: ContainersWorld, calls: number): Promise<ColdStarts> {
  run.say(`${calls} cold sessions`)
  await create(world, { name: 'cold', version: server(world.runtime), scalingPolicy: { minPods: 0, maxPods: 4 } })
  const [ours, bare] = [new LatencyHistogram(), new LatencyHistogram()]
  const beganMs = performance.now()
  // The first of each is not counted: it loads programs from the disk.
  for (let call = -1; call < calls; call += 1) {
    run.signal.throwIfAborted()
    await pause(run, REST_MS)
    const { id, tookMs } = await open(world, 'cold', true)
    await close(world, id)
    await until(run, () => readPool(world, 'cold'), { isRight: ({ total }) => total === 0, withinMs: READY_WITHIN_MS })
    await pause(run, REST_MS)
    const bareMs =
      world.containerd === null ? null : await makeBarePod(world.containerd, BUSYBOX_IMAGE.name, `bare-${call + 1}`)
    if (call < 0) continue
    ours.record(tookMs)
    if (bareMs !== null) bare.record(bareMs)
  }
  return { ours, bare, seconds: (performance.now() - beganMs) / 1_000 }
}

function coldResult(runtime: RealRuntime, stockMax: number, { ours, bare, seconds }: ColdStarts): Measured {
  const share = bare.count === 0 ? null : ours.summary().p50 / bare.summary().p50
  const more =
    share === null ? {} : { 'bare calls, p50 ms': round(bare.summary().p50), 'against bare calls': round(share) }
  const shape = { runtime, 'ready sandboxes': stockMax === 0 ? 'none' : 'yes' }
  return { ...result('cold session', shape, { operations: ours.count, seconds, latency: ours }), more }
}

async function measureAgent(run: BenchRun, world: ContainersWorld, flags: Flags): Promise<Measured> {
  const [pods, seconds] = [flags.number('pods'), flags.number('seconds')]
  run.say(`an agent with ${pods} pods`)
  const scalingPolicy = { minPods: pods, maxPods: pods, burst: pods }
  const beganMs = performance.now()
  await create(world, { name: 'many', version: sleeper(world.runtime), scalingPolicy })
  await standby(run, world, 'many', pods)
  const filledS = (performance.now() - beganMs) / 1_000
  await pause(run, SETTLE_MS)
  const before = world.agent.use()
  await pause(run, seconds * 1_000)
  const after = world.agent.use()
  const cpuPercent = ((after.cpuMs - before.cpuMs) / (seconds * 1_000)) * 100
  const shape = { runtime: world.runtime, pods }
  const made = { operations: pods, seconds: filledS, latency: null }
  const memory = { 'agent MB': round(after.rssBytes / 1e6), 'agent peak MB': round(after.peakRssBytes / 1e6) }
  return { ...result('pod', shape, made), more: { ...memory, 'agent CPU %': round(cpuPercent) } }
}

type Timed = { readonly operations: number; readonly seconds: number; readonly latency: LatencyHistogram | null }

function result(what: string, shape: Measured['shape'], { operations, seconds, latency }: Timed): Measured {
  return {
    ...NOTHING_MEASURED,
    scenario: 'containers',
    shape: { of: what, ...shape },
    unit: `${what}s`,
    operations,
    seconds,
    perSecond: operations / seconds,
    latencyMs: latency?.summary() ?? null,
  }
}

async function create(world: ContainersWorld, input: CreateApplicationInput): Promise<void> {
  const { createApplication } = await world.core.client.request(CreateApplicationDocument, { input })
  if (createApplication.problem) throw new Error(createApplication.problem.message)
}

async function open(world: ContainersWorld, application: string, killPodOnClose: boolean) {
  const beganMs = performance.now()
  const input = { application, killPodOnClose, openTimeoutMs: 60_000, closeGraceMs: KILL_GRACE_MS }
  const { openSession } = await world.core.client.request(OpenSessionDocument, { input })
  const tookMs = performance.now() - beganMs
  const { session, problem } = openSession
  if (session?.phase !== 'AVAILABLE') throw new Error(problem?.message ?? `the session is ${session?.phase}`)
  return { id: session.id, tookMs }
}

async function close(world: ContainersWorld, id: string): Promise<void> {
  const { closeSession } = await world.core.client.request(CloseSessionDocument, { input: { id } })
  if (closeSession.problem) throw new Error(closeSession.problem.message)
}

async function standby(run: BenchRun, world: ContainersWorld, application: string, pods: number): Promise<void> {
  await until(run, () => readPool(world, application), poolIs(pods))
}

function poolIs(pods: number) {
  const isRight = (pool: { readonly standby: number }): boolean => pool.standby === pods
  return { isRight, withinMs: READY_WITHIN_MS, everyMs: 5 }
}

function round(value: number): number {
  return Number(value.toPrecision(3))
}
