import { expect, it } from 'vitest'
import { chanceOf } from '../src/chance.ts'
import { drawPlan } from '../src/draw-plan.ts'
import { runPlan } from '../src/run-world.ts'
import { DEED_KINDS, scenarioNamed, type Scenario } from '../src/scenarios.ts'
import { keeping } from '../src/shrink.ts'

const WITH_ALL: Scenario = {
  name: 'all',
  what: 'every deed',
  rates: Object.fromEntries(DEED_KINDS.map((kind) => [kind, 30])),
  drifting: 0.5,
}

/** Enough for what happens seldom. */
const SEEDS_MAX = 16

const FAULTS: Readonly<Record<string, readonly string[]>> = {
  crashes: ['core crash', 'agent crash', 'agent crash without its ledger', 'node reboot', 'core crash at a point'],
  network: ['connection broken', 'partition longer than the lease', 'frames delayed', 'frames duplicated'],
  storage: ['database slow', 'database failing', 'database losing its connection'],
  machines: ['pod creation failing', 'pod creation hanging', 'pod exit', 'application silent', 'application refusing'],
  steering: ['operator: publish', 'operator: drain', 'operator: replace'],
  stalls: ['core standing still', 'agent standing still'],
  everything: ['core crash', 'connection broken', 'database failing', 'pod exit', 'operator: publish'],
}

it('a stream of chance depends on its seed and its purpose alone', () => {
  const draw = (seed: number, purpose: string): number[] => {
    const chance = chanceOf(seed, purpose)
    return Array.from({ length: 20 }, () => chance.nextInt(1_000_000))
  }
  expect(draw(1, 'a')).toEqual(draw(1, 'a'))
  expect(draw(1, 'a')).not.toEqual(draw(1, 'b'))
  expect(draw(1, 'a')).not.toEqual(draw(2, 'a'))
})

it('a stream of chance draws all numbers about equally often', () => {
  const chance = chanceOf(3, 'fair')
  const counts = Array.from({ length: 10 }, () => 0)
  for (let draws = 0; draws < 10_000; draws += 1) counts[chance.nextInt(10)] = (counts[chance.nextInt(10)] ?? 0) + 1
  for (const count of counts) expect(count).toBeGreaterThan(800)
})

it('every kind of deed is drawn, in the order of time, and all of it is over before the faults stop', () => {
  const plan = drawPlan(5, WITH_ALL)
  expect(new Set(plan.actions.map(({ deed }) => deed.kind))).toEqual(new Set(DEED_KINDS))
  const times = plan.actions.map(({ atMs }) => atMs)
  expect(times).toEqual(times.toSorted((a, b) => a - b))
  expect(times.at(-1)).toBeLessThan(plan.durationMs)
})

it('what one kind of deed draws does not move what others draw', () => {
  const { client, ...others } = WITH_ALL.rates
  const calmer = drawPlan(5, { ...WITH_ALL, rates: others })
  const partitions = (plan: typeof calmer) => plan.actions.filter(({ deed }) => deed.kind === 'partition')
  expect(client).toBe(30)
  expect(partitions(calmer)).toEqual(partitions(drawPlan(5, WITH_ALL)))
})

it.each(Object.entries(FAULTS))('%s does to a world what it is named after', async (name, wanted) => {
  const missing = new Set(wanted)
  for (let seed = 1; seed <= SEEDS_MAX && missing.size > 0; seed += 1) {
    const { faults, failure } = await runPlan(drawPlan(seed, scenarioNamed(name, seed) ?? WITH_ALL))
    expect(failure).toBeNull()
    for (const kind of Object.keys(faults)) missing.delete(kind)
  }
  expect([...missing]).toEqual([])
})

it('a run from which actions are taken out is a run', async () => {
  const plan = drawPlan(5, { ...WITH_ALL, rates: { ...WITH_ALL.rates, oldBackup: 0 } })
  const some = plan.actions.flatMap((_, place) => (place % 3 === 0 ? [place] : []))
  const { failure, steps } = await runPlan(keeping(plan, some))
  expect(failure).toBeNull()
  expect(steps).toBeGreaterThan(500)
})
