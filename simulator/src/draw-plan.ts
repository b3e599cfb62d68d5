/** Draws everything that will happen in a world from its seed, each kind of deed from a stream of its own. */
import type { ScalingPolicy } from '@fornax/core/applications/application'
import type { Action, ClientStory, Deed, DeedKind, Fate } from './actions.ts'
import type { Chance } from './chance.ts'
import { chanceOf } from './chance.ts'
import { CRASH_POINTS, CRASH_SIDES } from './crash-points.ts'
import { ORDINARY_POLICY } from './operator.ts'
import type { ApplicationPlan, NodePlan, Plan } from './plan.ts'
import type { ReaderPlan } from './readers.ts'
import { DEED_KINDS, type Scenario } from './scenarios.ts'

const GIB = 2 ** 30
const MINUTE_MS = 60_000
/** Applications are made when nodes have connected, and used when their pods are ready. */
const CALM_MS = 1_000

export function drawPlan(seed: number, scenario: Scenario): Plan {
  const chance = chanceOf(seed, 'plan')
  const durationMs = chance.between(20_000, 45_000)
  const applications = drawApplications(chanceOf(seed, 'plan/applications'), chanceOf(seed, 'plan/rest'))
  const readers = drawReaders(chanceOf(seed, 'plan/readers'), applications)
  const nodes = drawNodes(seed, scenario)
  const changesKept = chance.oneOf([64, 512, 2_048])
  const draft = { seed, scenario: scenario.name, durationMs, changesKept, applications, readers, nodes }
  const actions = DEED_KINDS.flatMap((kind) => drawActions(draft, kind, scenario.rates[kind] ?? 0))
  return { ...draft, actions: actions.toSorted((a, b) => a.atMs - b.atMs) }
}

type Draft = Omit<Plan, 'actions'>

/** Events that come by themselves, at a rate: the gaps between them are exponential. */
function drawActions(draft: Draft, kind: DeedKind, perMinute: number): Action[] {
  if (perMinute === 0) return []
  const chance = chanceOf(draft.seed, `plan/${kind}`)
  const actions: Action[] = []
  for (let atMs = CALM_MS + gap(chance, perMinute); atMs < draft.durationMs; atMs += gap(chance, perMinute))
    actions.push({ atMs: Math.round(atMs), deed: DRAWERS[kind](chance, draft) })
  return actions
}

function gap(chance: Chance, perMinute: number): number {
  return (-Math.log(1 - chance.share()) * MINUTE_MS) / perMinute
}

function drawNodes(seed: number, { drifting }: Scenario): NodePlan[] {
  const chance = chanceOf(seed, 'plan/nodes')
  return Array.from({ length: chance.between(2, 8) }, (_, index) => ({
    name: `node-${index + 1}`,
    resources: {
      cpuMillis: 100 * chance.between(4, 30),
      memoryBytes: chance.between(1, 4) * GIB,
      pods: chance.between(4, 25),
    },
    rate: chance.isHit(drifting) ? 0.9 + chance.nextInt(201) / 1_000 : 1,
    offsetMs: chance.isHit(drifting) ? chance.between(-300_000, 300_000) : 0,
  }))
}

function drawApplications(chance: Chance, rest: Chance): ApplicationPlan[] {
  const tenants = chance.between(1, 3)
  return Array.from({ length: chance.between(1, 4) }, (_, index) => ({
    tenantId: `ten-${1 + (index % tenants)}`,
    name: `app-${index + 1}`,
    policy: { ...ORDINARY_POLICY, ...drawPolicy(chance), ...drawRest(rest) },
    sessionsPerPod: chance.isHit(0.7) ? 1 : chance.between(2, 5),
  }))
}

/** Of everything, of a tenant, of one application; some slow, some that leave and come again. */
function drawReaders(chance: Chance, applications: readonly ApplicationPlan[]): ReaderPlan[] {
  return Array.from({ length: chance.between(1, 5) }, () => {
    const kind = chance.oneOf(['session', 'pod', 'application', 'node'] as const)
    const { tenantId, name } = chance.oneOf(applications)
    const isOfTenant = chance.isHit(0.7)
    const isOfOne = isOfTenant && kind !== 'node' && chance.isHit(0.4)
    return {
      kind,
      tenantId: isOfTenant ? tenantId : null,
      application: isOfOne ? name : null,
      slowMs: chance.isHit(0.3) ? chance.between(100, 3_000) : 0,
      leavesAfter: chance.isHit(0.4) ? chance.between(1, 10) : null,
    }
  })
}

function drawPolicy(chance: Chance): Partial<ScalingPolicy> {
  const low = chance.nextInt(5)
  const more = chance.nextInt(4)
  const minPods = chance.isHit(0.3) ? chance.nextInt(4) : 0
  const isShare = chance.isHit(0.25)
  return {
    target: isShare
      ? { kind: 'idlePercent', low: 20 * low, high: Math.min(100, 20 * low + 10 * more) }
      : { kind: 'idleCount', low, high: low + more },
    minPods,
    maxPods: minPods + chance.between(1, 20),
    burst: chance.between(1, 8),
    scaleDownDelayMs: chance.oneOf([0, 0, 500, 3_000]),
  }
}

/** Most let their idle pods sleep: soon, so that it happens often. */
function drawRest(chance: Chance): Pick<ScalingPolicy, 'keepHot' | 'hibernateAfterMs'> {
  return {
    keepHot: chance.oneOf([0, 0, 1, 3]),
    hibernateAfterMs: chance.oneOf([null, 0, 300, 2_000]),
  }
}

function drawStory(chance: Chance, { applications }: Draft): ClientStory {
  const isHasty = chance.isHit(0.15)
  const hasKey = chance.isHit(0.5)
  return {
    application: chance.nextInt(applications.length),
    count: chance.isHit(0.1) ? chance.between(2, 6) : 1,
    wait: chance.isHit(0.8) ? 'ready' : 'none',
    durability: chance.isHit(0.85) ? 'journaled' : 'memory',
    hasKey,
    asksTwice: hasKey && chance.isHit(0.2),
    openTimeoutMs: isHasty ? chance.between(10, 800) : chance.oneOf([3_000, 10_000, 10_000, 20_000]),
    closeGraceMs: chance.oneOf([0, 100, 2_000, 10_000]),
    killPodOnClose: chance.isHit(0.25),
    idleTimeoutMs: chance.isHit(0.2) ? chance.between(200, 8_000) : null,
    maxLifetimeMs: chance.isHit(0.2) ? chance.between(500, 15_000) : null,
    dataBytes: chance.isHit(0.5) ? chance.between(1, 40) : 0,
    watches: chance.isHit(0.2),
    closesAfterMs: chance.isHit(0.85) ? Math.round(8_000 * chance.share() ** 3) : null,
    goneAfterMs: chance.isHit(0.12) ? Math.round(3_000 * chance.share() ** 3) : null,
  }
}

type Drawer = (chance: Chance, draft: Draft) => Deed

const nodeOf = (chance: Chance, { nodes }: Draft): number => chance.nextInt(nodes.length)

const DRAWERS: Readonly<Record<DeedKind, Drawer>> = {
  client: (chance, draft) => ({ kind: 'client', story: drawStory(chance, draft) }),
  crashCore: (chance) => ({ kind: 'crashCore', downMs: chance.oneOf([5, 100, 500, 3_000, 12_000]) }),
  crashAt: (chance) => ({
    kind: 'crashAt',
    point: chance.oneOf(CRASH_POINTS),
    side: chance.oneOf(CRASH_SIDES),
    nth: chance.between(1, 5),
  }),
  stallCore: (chance) => ({ kind: 'stallCore', forMs: chance.oneOf([200, 1_000, 4_000, 9_000, 15_000]) }),
  oldBackup: (chance) => ({ kind: 'oldBackup', agoMs: chance.between(100, 8_000) }),
  crashAgent: (chance, draft) => ({
    kind: 'crashAgent',
    node: nodeOf(chance, draft),
    downMs: chance.oneOf([5, 100, 500, 3_000, 15_000]),
    keepsLedger: chance.isHit(0.75),
  }),
  leaveAgent: (chance, draft) => ({ kind: 'leaveAgent', node: nodeOf(chance, draft) }),
  stallAgent: (chance, draft) => ({
    kind: 'stallAgent',
    node: nodeOf(chance, draft),
    forMs: chance.oneOf([200, 1_000, 5_000, 12_000]),
  }),
  reboot: (chance, draft) => ({
    kind: 'reboot',
    node: nodeOf(chance, draft),
    downMs: chance.oneOf([500, 5_000, 15_000]),
  }),
  partition: (chance, draft) => ({
    kind: 'partition',
    node: nodeOf(chance, draft),
    forMs: chance.oneOf([50, 1_000, 4_000, 8_000, 11_000, 18_000]),
  }),
  break: (chance, draft) => ({
    kind: 'break',
    node: nodeOf(chance, draft),
    core: chance.isHit(0.6),
    agent: chance.isHit(0.6),
  }),
  lag: (chance, draft) => ({
    kind: 'lag',
    node: nodeOf(chance, draft),
    extraMs: chance.oneOf([20, 200, 1_500, 4_000]),
    forMs: chance.between(500, 8_000),
  }),
  repeat: (chance, draft) => ({
    kind: 'repeat',
    node: nodeOf(chance, draft),
    share: chance.oneOf([0.1, 0.5, 1]),
    forMs: chance.between(500, 8_000),
  }),
  machine: (chance, draft) => ({
    kind: 'machine',
    node: nodeOf(chance, draft),
    mood: {
      createMs: chance.oneOf([0, 40, 800, 6_000]),
      openMs: chance.oneOf([0, 5, 300, 4_000]),
      closeMs: chance.oneOf([0, 5, 300, 4_000]),
      stopMs: chance.oneOf([0, 20, 2_000, 9_000]),
      sleepMs: chance.oneOf([0, 20, 800]),
      wakeMs: chance.oneOf([0, 3, 500, 4_000]),
      sleepless: chance.oneOf([0, 0, 0.3, 1]),
      unwakeable: chance.oneOf([0, 0.3, 1]),
      hanging: chance.oneOf([0, 0, 0.3, 1]),
      failing: chance.oneOf([0, 0, 0.3, 1]),
      refusing: chance.oneOf([0, 0, 0.3, 1]),
      silent: chance.oneOf([0, 0, 0.3, 1]),
    },
    forMs: chance.between(1_000, 12_000),
  }),
  exitPod: (chance) => ({ kind: 'exitPod', which: chance.nextInt(1_000) }),
  mutePod: (chance) => ({ kind: 'mutePod', which: chance.nextInt(1_000) }),
  ledgerFull: (chance, draft) => ({
    kind: 'ledgerFull',
    node: nodeOf(chance, draft),
    forMs: chance.oneOf([100, 2_000, 10_000]),
  }),
  exitSession: (chance) => ({ kind: 'exitSession', which: chance.nextInt(1_000) }),
  database: (chance) => ({
    kind: 'database',
    mood: {
      delayMs: chance.oneOf([0, 3, 50, 500, 3_000]),
      failing: chance.oneOf([0, 0, 0.2, 1]),
      losing: chance.oneOf([0, 0, 0.2, 1]),
    },
    forMs: chance.between(200, 6_000),
  }),
  cordon: (chance, draft) => ({ kind: 'cordon', node: nodeOf(chance, draft) }),
  uncordon: (chance, draft) => ({ kind: 'uncordon', node: nodeOf(chance, draft) }),
  remove: (chance, draft) => ({ kind: 'remove', node: nodeOf(chance, draft) }),
  drain: (chance, draft) => ({ kind: 'drain', node: nodeOf(chance, draft), lastMs: chance.oneOf([0, 500, 5_000]) }),
  publish: (chance, { applications }) => ({
    kind: 'publish',
    application: chance.nextInt(applications.length),
    fate: chance.oneOf<Fate>(['works', 'works', 'works', 'cannotStart', 'failsOnce', 'neverReady', 'exitsEarly']),
    sessionsPerPod: chance.isHit(0.7) ? 1 : chance.between(2, 4),
  }),
  rollBack: (chance, { applications }) => ({
    kind: 'rollBack',
    application: chance.nextInt(applications.length),
    by: chance.between(1, 2),
  }),
  policy: (chance, { applications }) => ({
    kind: 'policy',
    application: chance.nextInt(applications.length),
    policy: { ...drawPolicy(chance), ...drawRest(chance) },
  }),
  replace: (chance, { applications }) => ({ kind: 'replace', application: chance.nextInt(applications.length) }),
}
