/** A core, simulated nodes and a load tool, each in a process of its own, in a scratch folder; gone at the end. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  CreateApplicationDocument,
  FleetDocument,
  type FleetQuery,
  type ScalingPolicyInput,
} from '@fornax/client/generated/documents'
import { until, type BenchRun } from '../bench-run.ts'
import { CoreProcess } from './core-process.ts'
import { NodesProcess, type NodeDelays } from './nodes-process.ts'

export type WorldOptions = {
  readonly nodes: number
  readonly delays: NodeDelays
  /** Given to the Node that runs the core. */
  readonly coreArgs?: readonly string[]
}

export type Fleet = FleetQuery['fleet']

export type World = AsyncDisposable & {
  readonly core: CoreProcess
  readonly nodes: NodesProcess
}

const CREATING_MAX = 8
/** So small that pods, and nothing else, fill a node. */
const POD = { cpuMillis: 10, memoryBytes: 16 * 1_024 * 1_024 }
const FLEET_WITHIN_MS = 600_000
const TELL_EVERY_MS = 3_000

export async function startWorld(run: BenchRun, { nodes: count, delays, coreArgs }: WorldOptions): Promise<World> {
  await using stack = new AsyncDisposableStack()
  const folder = mkdtempSync(join(tmpdir(), 'fornax-bench-'))
  stack.defer(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }))
  run.say(`starting a core and ${count} simulated nodes`)
  const core = stack.use(await CoreProcess.start(run, folder, coreArgs))
  const nodes = stack.use(await NodesProcess.start(core, count, delays))
  const owned = stack.move()
  return { core, nodes, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

export async function readFleet({ core }: World): Promise<Fleet> {
  return (await core.client.request(FleetDocument, {})).fleet
}

export type FleetGoal = {
  /** What is counted, in words. */
  readonly what: string
  readonly of: number
  readonly count: (fleet: Fleet) => number
}

/** Nothing on any node takes so long. */
const STUCK_AFTER_MS = 30_000

/** Waits until the fleet counts as many as wanted, and tells how far it is meanwhile; fails when nothing moves. */
export async function fleetUntil(run: BenchRun, world: World, { what, of, count }: FleetGoal): Promise<void> {
  let toldMs = performance.now()
  let last = { reached: -1, atMs: toldMs }
  const ask = async (): Promise<number> => {
    const reached = count(await readFleet(world))
    if (reached !== last.reached) last = { reached, atMs: performance.now() }
    else if (reached < of && performance.now() - last.atMs > STUCK_AFTER_MS)
      throw new Error(
        `${reached.toLocaleString('en')} of ${of.toLocaleString('en')} ${what}, and no more came for ` +
          `${STUCK_AFTER_MS / 1_000} s: is there room on the nodes? Each takes at most 1,000 pods.`,
      )
    if (performance.now() - toldMs > TELL_EVERY_MS) {
      toldMs = performance.now()
      run.say(`${reached.toLocaleString('en')} of ${of.toLocaleString('en')} ${what}`)
    }
    return reached
  }
  await until(run, ask, { isRight: (reached) => reached === of, withinMs: FLEET_WITHIN_MS })
}

export function applicationNames(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `app-${index + 1}`)
}

/** Makes the applications, a few at a time. */
export async function createApplications(
  { core }: World,
  names: readonly string[],
  scalingPolicy: ScalingPolicyInput,
): Promise<void> {
  const version = {
    image: 'simulated',
    toleratesSimulated: true,
    ports: [{ name: 'web', containerPort: 8080 }],
    resources: POD,
  }
  const waiting = [...names]
  const createNext = async (): Promise<void> => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
      const input = { name, version, scalingPolicy }
      const { createApplication } = await core.client.request(CreateApplicationDocument, { input })
      if (createApplication.problem) throw new Error(createApplication.problem.message)
    }
  }
  await Promise.all(Array.from({ length: CREATING_MAX }, createNext))
}

/** A pool of exactly so many pods. */
export function fixedPool(pods: number): ScalingPolicyInput {
  return { minPods: pods, maxPods: pods, burst: pods }
}
