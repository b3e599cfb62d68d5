/** What warm, cold, latency and churn have in common: a fleet is made ready, then sessions are opened and measured. */
import type { ScalingPolicyInput } from '@fornax/client/generated/documents'
import { pause, type BenchRun } from '../bench-run.ts'
import type { FlagDefinitions, Flags } from '../flags.ts'
import type { LoadJob, LoadOutcome } from '../load/load-job.ts'
import { measureCeiling } from '../measure/ceiling.ts'
import { watchCore, type CoreUse } from '../measure/watch-core.ts'
import { NOTHING_MEASURED } from '../report/result.ts'
import type { Measured } from '../scenario.ts'
import { LoadProcess } from '../world/load-process.ts'
import type { NodeDelays } from '../world/nodes-process.ts'
import { applicationNames, createApplications, fleetUntil, startWorld, type World } from '../world/world.ts'

/** Whatever happens, a run ends. */
export const LONGEST_MS = 300_000
/** There may be work left over from filling the pools. */
const QUIET_MS = 1_000

export const APPS_FLAG = { apps: { default: 67, help: 'applications' } } satisfies FlagDefinitions
export const NODES_FLAG = { nodes: { default: 67, help: 'simulated nodes' } } satisfies FlagDefinitions
export const TRANSPORT_FLAG = {
  transport: { default: 'http', choices: ['http', 'ws'], help: 'how calls travel; ws is graphql-transport-ws' },
} satisfies FlagDefinitions

export type OpeningPlan = {
  readonly nodes: number
  readonly delays: NodeDelays
  readonly apps: number
  readonly scalingPolicy: ScalingPolicyInput
  /** Pods that stand by before the clock starts. */
  readonly standby: number
  readonly transport: 'http' | 'ws'
  readonly calls: number
  /** As many before, at the same pace, whose latency is told on its own. Default: none. */
  readonly warmUpCalls?: number
  readonly batch: number
  readonly loop: LoadJob['loop']
  readonly livesMs: number | null
}

export type Opening = {
  readonly outcome: LoadOutcome
  /** Null: there was none. */
  readonly warmUp: LoadOutcome | null
  readonly use: CoreUse
  readonly ceiling: number
}

export function transportOf(flags: Flags): 'http' | 'ws' {
  return flags.text('transport') === 'ws' ? 'ws' : 'http'
}

/** A world of its own for one run. */
export async function measureOpening(run: BenchRun, plan: OpeningPlan): Promise<Opening> {
  await using load = await LoadProcess.start()
  const ceiling = await measureCeiling(run, load, { ...jobOf(plan), transport: plan.transport })
  await using world = await startFilled(run, plan)
  const target = world.core.target(plan.transport)
  const { warmUpCalls = 0 } = plan
  if (warmUpCalls > 0) run.say(`opening ${warmUpCalls * plan.batch} sessions to warm up`)
  const warmUp = warmUpCalls === 0 ? null : await load.run({ ...jobOf(plan), target, calls: warmUpCalls }, run.say)
  run.say(`opening ${plan.calls * plan.batch} sessions`)
  const used = watchCore(world.core)
  const outcome = await load.run({ ...jobOf(plan), target }, run.say)
  return { outcome, warmUp, use: used(), ceiling }
}

/** A world whose pools are full. */
export async function startFilled(
  run: BenchRun,
  {
    nodes,
    delays,
    apps,
    scalingPolicy,
    standby,
  }: Pick<OpeningPlan, 'nodes' | 'delays' | 'apps' | 'scalingPolicy' | 'standby'>,
): Promise<World> {
  const world = await startWorld(run, { nodes, delays })
  try {
    await createApplications(world, applicationNames(apps), scalingPolicy)
    await fleetUntil(run, world, { what: 'pods stand by', of: standby, count: ({ pods }) => pods.standby })
    await pause(run, QUIET_MS)
    return world
  } catch (error) {
    await world[Symbol.asyncDispose]()
    throw error
  }
}

export function jobOf(plan: OpeningPlan): Omit<LoadJob, 'target'> {
  const { apps, calls, batch, loop, livesMs } = plan
  return { type: 'load', applications: applicationNames(apps), calls, batch, loop, livesMs, longestMs: LONGEST_MS }
}

/** The part of a result that is the same for every way of opening. */
export function measuredOpening({ outcome, warmUp, use, ceiling }: Opening): Omit<Measured, 'scenario' | 'shape'> {
  return {
    ...NOTHING_MEASURED,
    unit: 'sessions',
    operations: outcome.opened,
    seconds: outcome.seconds,
    perSecond: outcome.opened / outcome.seconds,
    latencyMs: outcome.latencyMs,
    errors: outcome.errors + (warmUp?.errors ?? 0),
    errorSamples: [...(warmUp?.errorSamples ?? []), ...outcome.errorSamples],
    coreCpuMsPerOperation: use.cpuMs / outcome.opened,
    coreRssBytes: use.rssBytes,
    harnessCeilingPerSecond: ceiling,
    more: { 'load tool CPU µs each': Math.round((outcome.cpuMs * 1_000) / outcome.opened) },
    profiled: use.profiled,
  }
}
