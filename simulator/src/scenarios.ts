/** How often what happens: a few worlds with one kind of trouble each, and one that draws its own. */
import type { DeedKind } from './actions.ts'
import { chanceOf } from './chance.ts'

export type Scenario = {
  readonly name: string
  /** In a few words, for people. */
  readonly what: string
  /** Times per minute. */
  readonly rates: Readonly<Partial<Record<DeedKind, number>>>
  /** The share of nodes whose clock runs fast or slow. */
  readonly drifting: number
}

/** In the order in which they are drawn. */
export const DEED_KINDS: readonly DeedKind[] = [
  ...(['client', 'crashCore', 'crashAt', 'stallCore', 'oldBackup', 'crashAgent', 'leaveAgent', 'stallAgent'] as const),
  ...([
    'reboot',
    'partition',
    'break',
    'lag',
    'repeat',
    'machine',
    'exitPod',
    'exitSession',
    'mutePod',
    'ledgerFull',
    'database',
    'cordon',
  ] as const),
  ...(['uncordon', 'drain', 'publish', 'rollBack', 'policy', 'replace', 'remove'] as const),
]

const USE = { client: 240, policy: 1 } as const

const CRASHES = { crashCore: 5, crashAgent: 10, crashAt: 8, leaveAgent: 2, reboot: 2, remove: 2 } as const
const NETWORK = { partition: 6, break: 12, lag: 8, repeat: 4, remove: 2 } as const
const STORAGE = { database: 10, crashCore: 3, crashAt: 3 } as const
const MACHINES = {
  machine: 12,
  exitPod: 30,
  exitSession: 20,
  mutePod: 4,
  ledgerFull: 3,
  reboot: 2,
  crashAgent: 3,
} as const
const STEERING = {
  policy: 8,
  publish: 6,
  rollBack: 2,
  replace: 3,
  cordon: 4,
  uncordon: 4,
  drain: 3,
  remove: 4,
} as const
const BACKUPS = { oldBackup: 8, database: 20, crashCore: 6, break: 6 } as const
const STALLS = { stallCore: 4, stallAgent: 6 } as const

export const SCENARIOS: readonly Scenario[] = [
  { name: 'calm', what: 'clients and nothing else', rates: USE, drifting: 0 },
  { name: 'crashes', what: 'core and agents die, and machines', rates: { ...USE, ...CRASHES }, drifting: 0 },
  { name: 'network', what: 'partitions, broken and slow connections', rates: { ...USE, ...NETWORK }, drifting: 0 },
  { name: 'storage', what: 'a slow and failing database', rates: { ...USE, ...STORAGE }, drifting: 0 },
  {
    name: 'backups',
    what: 'an older database in the place of the newer one',
    rates: { ...USE, ...BACKUPS },
    drifting: 0,
  },
  { name: 'machines', what: 'pods that fail, hang and exit', rates: { ...USE, ...MACHINES }, drifting: 0 },
  { name: 'steering', what: 'an operator with many ideas', rates: { ...USE, ...STEERING }, drifting: 0 },
  {
    name: 'stalls',
    what: 'processes that stand still, clocks that run away',
    rates: { ...USE, ...STALLS },
    drifting: 1,
  },
  {
    name: 'everything',
    what: 'all of it, somewhat less of each',
    rates: halved({ ...USE, ...CRASHES, ...NETWORK, ...STORAGE, ...MACHINES, ...STEERING, ...STALLS }),
    drifting: 0.5,
  },
]

export const SCENARIO_NAMES: readonly string[] = [...SCENARIOS.map(({ name }) => name), 'random']

/** The scenario of a name; null when there is none. */
export function scenarioNamed(name: string, seed: number): Scenario | null {
  return name === 'random' ? randomScenario(seed) : (SCENARIOS.find((scenario) => scenario.name === name) ?? null)
}

/** Of the seeds of a run, half draw their own, and the rest take turns. */
export function scenarioOf(seed: number): Scenario {
  const named = seed % 2 === 0 ? SCENARIOS[(seed / 2) % SCENARIOS.length] : undefined
  return named ?? randomScenario(seed)
}

function randomScenario(seed: number): Scenario {
  const chance = chanceOf(seed, 'scenario')
  const all: Scenario['rates'] = { ...CRASHES, ...NETWORK, ...STORAGE, ...MACHINES, ...STEERING, ...STALLS }
  const rates: Partial<Record<DeedKind, number>> = { client: chance.between(60, 600) }
  for (const kind of kindsOf(all)) {
    const isIn = chance.isHit(0.4)
    const factor = 2 ** chance.between(-2, 2)
    if (isIn) rates[kind] = (all[kind] ?? 0) * factor
  }
  if (chance.isHit(0.15)) rates.oldBackup = 2
  return { name: 'random', what: 'some of everything', rates, drifting: chance.share() }
}

function halved(rates: Readonly<Partial<Record<DeedKind, number>>>): Partial<Record<DeedKind, number>> {
  const halves: Partial<Record<DeedKind, number>> = {}
  for (const kind of kindsOf(rates)) halves[kind] = (rates[kind] ?? 0) / 2
  return halves
}

function kindsOf(rates: Readonly<Partial<Record<DeedKind, number>>>): DeedKind[] {
  return DEED_KINDS.filter((kind) => rates[kind] !== undefined)
}
