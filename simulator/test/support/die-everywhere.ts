/** Worlds in which processes die at one crash point after the other, until every point has had its deaths. */
import type { Action } from '../../src/actions.ts'
import { CRASH_SIDES, type CrashPoint, type CrashSide } from '../../src/crash-points.ts'
import { drawPlan } from '../../src/draw-plan.ts'
import type { Plan } from '../../src/plan.ts'
import { runPlan, type Failure } from '../../src/run-world.ts'
import type { Scenario } from '../../src/scenarios.ts'
import type { World } from '../../src/world.ts'
import { Chores } from './chores.ts'

/** A death that a process is to die: at its `nth` passage of a point. */
export type Death = { readonly point: CrashPoint; readonly side: CrashSide; readonly nth: number }

export type Deaths = {
  readonly died: readonly Death[]
  /** Points that were never passed often enough. */
  readonly notReached: readonly Death[]
  readonly broken: readonly Broken[]
  /** How often each point was passed, as `point side`. */
  readonly passages: ReadonlyMap<string, number>
  readonly runs: number
  readonly steps: number
}

/** What must never happen, and did: in which run, with which deaths in it. */
export type Broken = { readonly seed: number; readonly deaths: readonly string[]; readonly what: Failure | string }

const OPERATOR = { policy: 5, publish: 6, rollBack: 4, replace: 6, cordon: 6, uncordon: 6, drain: 6, remove: 6 }
const TROUBLE = { exitPod: 20, exitSession: 10, crashAgent: 4, break: 4, database: 6 }

/** Sessions open and close, and whatever else passes crash points happens often. */
const USE: Scenario = {
  name: 'deaths',
  what: 'processes that die in the middle of something',
  rates: { client: 300, ...OPERATOR, ...TROUBLE },
  drifting: 0,
}
const CALM_MS = 2_000
const BETWEEN_MS = 1_000
const NODES_MAX = 8
/** A second story follows the first in the same world: ports that rest for a minute are given out again. */
const SECOND_SEED = 1_000_000

/** Some things happen in every world, and others only where they are made to happen. */
const EXTRAS: readonly ((durationMs: number) => readonly Action[])[] = [removals, silences, oldBackups]

/** Runs worlds, beginning with a seed, until all of them have died or there were enough runs. */
export async function dieEverywhere(
  deaths: readonly Death[],
  { firstSeed, runsMax }: { readonly firstSeed: number; readonly runsMax: number },
): Promise<Deaths> {
  const died: Death[] = []
  const broken: Broken[] = []
  const passages = new Map<string, number>()
  let waiting: readonly Death[] = deaths
  let runs = 0
  let steps = 0
  for (; runs < runsMax && waiting.length > 0; runs += 1) {
    const plan = planOf(firstSeed + runs)
    const chosen = chosenFor(plan, waiting)
    const reached = new Set<Death>()
    const result = await dieInOneWorld(plan, chosen, (death) => reached.add(death))
    died.push(...reached)
    steps += result.steps
    for (const [key, count] of result.passages) passages.set(key, (passages.get(key) ?? 0) + count)
    for (const what of result.wrong) broken.push({ seed: plan.seed, deaths: [...reached].map(nameOf), what })
    // Who had a turn waits behind those that had none.
    const isTried = new Set(chosen)
    waiting = [...waiting.filter((death) => !isTried.has(death)), ...chosen.filter((death) => !reached.has(death))]
  }
  return { died, notReached: waiting, broken, passages, runs, steps }
}

export function nameOf({ point, side, nth }: Death): string {
  return `${side} ${point}, ${nth}. time`
}

/** Every point, before and after, at each of these passages. */
export function deathsAt(points: readonly CrashPoint[], passages: readonly number[]): readonly Death[] {
  return passages.flatMap((nth) => points.flatMap((point) => CRASH_SIDES.map((side) => ({ point, side, nth }))))
}

function planOf(seed: number): Plan {
  const first = drawPlan(seed, USE)
  const second = drawPlan(SECOND_SEED + seed, USE)
  const durationMs = first.durationMs + second.durationMs
  const later = second.actions.map(({ atMs, deed }) => ({ atMs: first.durationMs + atMs, deed }))
  const extras = EXTRAS[seed % EXTRAS.length]?.(durationMs) ?? []
  return { ...first, durationMs, actions: [...first.actions, ...later, ...extras].toSorted((a, b) => a.atMs - b.atMs) }
}

/** Nodes that are taken out of the list while their agents are down, and come back as new ones. */
function removals(durationMs: number): readonly Action[] {
  return instants(5_000, durationMs).flatMap((atMs, node): readonly Action[] => [
    { atMs, deed: { kind: 'crashAgent', node, keepsLedger: true, downMs: 2_500 } },
    { atMs: atMs + 800, deed: { kind: 'remove', node } },
  ])
}

/** Nodes that are silent for about as long as their lease: some are lost, though their connection never ended. */
function silences(durationMs: number): readonly Action[] {
  return instants(13_000, durationMs).flatMap((atMs) =>
    Array.from({ length: NODES_MAX }, (_, node) => ({ atMs, deed: { kind: 'partition', node, forMs: 8_600 } })),
  )
}

/** A database that is an older one, whose core has an epoch that its nodes have left behind. */
function oldBackups(durationMs: number): readonly Action[] {
  return instants(9_000, durationMs).flatMap((atMs) => [
    ...[3_000, 1_500].map((agoMs): Action => ({ atMs: atMs - agoMs, deed: { kind: 'crashCore', downMs: 50 } })),
    { atMs, deed: { kind: 'oldBackup', agoMs: 4_000 } },
    { atMs, deed: { kind: 'database', mood: { delayMs: 60 }, forMs: 500 } },
  ])
}

function instants(everyMs: number, durationMs: number): readonly number[] {
  return Array.from({ length: Math.floor(durationMs / everyMs) }, (_, index) => (index + 1) * everyMs)
}

/** As many as there is time for; a point and side once at most, because a process dies at a place only once. */
function chosenFor({ durationMs }: Plan, waiting: readonly Death[]): readonly Death[] {
  const places = new Set<string>()
  const isFirst = ({ point, side }: Death): boolean => places.size < places.add(`${point} ${side}`).size
  return waiting.filter(isFirst).slice(0, Math.floor((durationMs - CALM_MS) / BETWEEN_MS))
}

async function dieInOneWorld(plan: Plan, deaths: readonly Death[], died: (death: Death) => void) {
  const worlds: { readonly world: World; readonly chores: Chores }[] = []
  const { steps, failure } = await runPlan(plan, {
    onWorld: (world) => {
      const { clock, crashes } = world.ground
      const chores = new Chores(world)
      chores.begin(plan.durationMs)
      worlds.push({ world, chores })
      for (const [index, death] of deaths.entries())
        clock.schedule(CALM_MS + index * BETWEEN_MS, () =>
          crashes.crashAt(death.point, death.side, { nth: death.nth, whenDead: () => died(death) }),
        )
    },
  })
  const wrong = [...(failure === null ? [] : [failure]), ...worlds.flatMap(({ chores }) => chores.broken())]
  const passages = new Map(worlds.flatMap(({ world }) => [...world.ground.crashes.visits]))
  return { steps, wrong, passages }
}
