/** Pods with a heap, awake or asleep: made, grown, waited for, opened one after the other, and removed. */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import {
  ApplicationDocument,
  CloseSessionDocument,
  CreateApplicationDocument,
  DeleteApplicationDocument,
  OpenSessionDocument,
  PodsDocument,
  UpdateScalingPolicyDocument,
  type PodsQuery,
} from '@fornax/client/generated/documents'
import { NODE_IMAGE, NODE_IN_IMAGE } from '../../../apps/agent/src/runtime/containerd/test/scratch-containerd.ts'
import { until, type BenchRun } from '../bench-run.ts'
import type { ContainersWorld } from '../containers/containers-world.ts'
import { LatencyHistogram } from '../measure/latency.ts'

export type HeapWorld = Pick<ContainersWorld, 'core' | 'agent' | 'runtime'> & {
  readonly run: BenchRun
  /** Of the machine, in words. */
  readonly swap: string
}

export type Pod = PodsQuery['page']['edges'][number]['node']

const PROGRAM = resolve(import.meta.dirname, 'heap-server.ts')
const POD = { cpuMillis: 10, memoryBytes: 256 * 1_024 * 1_024 }
const READY_WITHIN_MS = 600_000
const SLEEP_WITHIN_MS = 600_000
const GONE_WITHIN_MS = 120_000
const PAGE_PODS = 500
/** Asking for hundreds of pods is work itself. */
const MANY = 50
const LOOK_EVERY_MS = 25
const LOOK_AT_MANY_EVERY_MS = 1_000

type Asked = { readonly pods: number; readonly hibernateAfterMs: number | null }

/** Settles when its pods are there. */
export async function createApplication(
  world: HeapWorld,
  name: string,
  { heapMib, ...asked }: Asked & { readonly heapMib: number },
): Promise<void> {
  const { run, core, runtime } = world
  run.say(`making ${asked.pods} pods`)
  const version = {
    image: runtime === 'containerd' ? NODE_IMAGE.name : 'host',
    command: [runtime === 'containerd' ? NODE_IN_IMAGE : process.execPath, '--input-type=module-typescript', '-e'],
    args: [readFileSync(PROGRAM, 'utf8')],
    env: [{ name: 'HEAP_MIB', value: String(heapMib) }],
    ports: [{ name: 'web', containerPort: 8080 }],
    readiness: { http: { portName: 'web', path: '/' } },
    resources: POD,
  }
  const { createApplication: made } = await core.client.request(CreateApplicationDocument, {
    input: { name, version, scalingPolicy: policyOf(asked) },
  })
  if (made.problem) throw new Error(made.problem.message)
  await untilMade(world, name, asked.pods)
}

/** So many pods, and when they fall asleep. Settles when they are there. */
export async function changeApplication(world: HeapWorld, name: string, asked: Asked): Promise<void> {
  const { updateScalingPolicy: made } = await world.core.client.request(UpdateScalingPolicyDocument, {
    input: { application: name, scalingPolicy: policyOf(asked) },
  })
  if (made.problem) throw new Error(made.problem.message)
  await untilMade(world, name, asked.pods)
}

function policyOf({ pods, hibernateAfterMs }: Asked) {
  const counts = { minPods: pods, maxPods: pods, burst: pods, idleCount: { low: 0, high: pods } }
  return { ...counts, hibernateAfterMs }
}

async function untilMade(world: HeapWorld, name: string, pods: number): Promise<void> {
  const isReady = (pool: { standby: number; hibernated: number }): boolean => pool.standby + pool.hibernated === pods
  await until(world.run, () => readHeapPool(world, name), { isRight: isReady, withinMs: READY_WITHIN_MS })
}

/** How many of its pods serve nobody, by whether they sleep. */
export async function readHeapPool(
  { core }: HeapWorld,
  name: string,
): Promise<{ readonly standby: number; readonly hibernated: number }> {
  const { application } = await core.client.request(ApplicationDocument, { name })
  if (application?.problem) throw new Error(application.problem.message)
  return application?.pool ?? { standby: 0, hibernated: 0 }
}

/** Without swap they sleep as deep as they can, which is frozen. */
export async function untilAsleep(world: HeapWorld, name: string): Promise<readonly Pod[]> {
  const depth = world.swap === 'none' ? 'FROZEN' : 'DEEP'
  const isAsleep = ({ phase, hibernation: told }: Pod): boolean => phase === 'HIBERNATED' && told?.depth === depth
  const { length } = await podsOf(world, name)
  return await until(world.run, () => podsOf(world, name), {
    isRight: (pods) => pods.every(isAsleep),
    withinMs: SLEEP_WITHIN_MS,
    everyMs: length > MANY ? LOOK_AT_MANY_EVERY_MS : LOOK_EVERY_MS,
  })
}

/** All that have not failed and are not about to go. */
export async function podsOf({ core }: HeapWorld, application: string): Promise<readonly Pod[]> {
  const pods: Pod[] = []
  for (let after: string | null = null; ;) {
    const { page }: PodsQuery = await core.client.request(PodsDocument, {
      first: PAGE_PODS,
      after,
      where: { application },
    })
    pods.push(...page.edges.map(({ node }) => node))
    if (!page.pageInfo.hasNextPage) return pods.filter(({ phase }) => phase !== 'FAILED' && phase !== 'TERMINATING')
    after = page.pageInfo.endCursor
  }
}

/** Its pods go, so that the next ones have the machine to themselves. */
export async function remove(world: HeapWorld, name: string): Promise<void> {
  await world.core.client.request(DeleteApplicationDocument, { input: { application: name } })
  await until(world.run, () => podsOf(world, name), { isRight: (pods) => pods.length === 0, withinMs: GONE_WITHIN_MS })
}

export type Times = { readonly open: LatencyHistogram; readonly answer: LatencyHistogram; readonly errors: string[] }

/**
 * Sessions one after the other: until they are available, and until they have answered over HTTP. The last `held` stay
 * open, so that each of them is on another pod.
 */
export async function openOneByOne(
  world: HeapWorld,
  { application, rounds, held }: { readonly application: string; readonly rounds: number; readonly held: number },
  before: () => Promise<void>,
): Promise<Times> {
  const times: Times = { open: new LatencyHistogram(), answer: new LatencyHistogram(), errors: [] }
  const open: string[] = []
  const closeTo = async (left: number): Promise<void> => {
    for (const id of open.splice(0, Math.max(0, open.length - left)))
      await world.core.client.request(CloseSessionDocument, { input: { id } })
  }
  for (let round = 0; round < rounds; round += 1) {
    await before()
    const id = await openOne(world, application, times)
    if (id !== null) open.push(id)
    await closeTo(held)
  }
  await closeTo(0)
  return times
}

/** Null when it came to nothing, and why is noted. */
async function openOne({ run, core }: HeapWorld, application: string, times: Times): Promise<string | null> {
  const startMs = performance.now()
  const { openSession } = await core.client.request(OpenSessionDocument, { input: { application } })
  times.open.record(performance.now() - startMs)
  const { session, problem } = openSession
  const url = session?.endpoints[0]?.url ?? null
  if (session?.phase !== 'AVAILABLE' || url === null) {
    times.errors.push(problem?.message ?? `${session?.phase} without an endpoint`)
    return null
  }
  const answer = await fetch(url, { signal: run.signal })
  await answer.arrayBuffer()
  times.answer.record(performance.now() - startMs)
  return session.id
}
