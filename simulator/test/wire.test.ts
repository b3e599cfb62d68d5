/** Streams of real agents to a real core: what each end sees of the other's death, and of an older stream. */
import { expect, it } from 'vitest'
import { drawPlan } from '../src/draw-plan.ts'
import { runPlan } from '../src/run-world.ts'
import { SCENARIOS } from '../src/scenarios.ts'
import type { Plan } from '../src/plan.ts'
import type { Deed } from '../src/actions.ts'

const CALM = drawPlan(3, SCENARIOS[0] ?? { name: 'calm', what: '', rates: {}, drifting: 0 })

it('an agent hears at once that its core has died, and comes again', async () => {
  const lines = await lived([{ kind: 'crashCore', downMs: 100 }])
  expect(after(lines, 'core: dies')).toContainEqual(
    expect.stringMatching(/node-1\/\d+ ends for its agent: connection reset/),
  )
  expect(after(lines, 'core: serves in epoch 2')).toContainEqual(
    expect.stringMatching(/node-1\/\d+ reaches the core: state/),
  )
})

it('a core notices by its pings alone that a whole machine is gone', async () => {
  const lines = await lived([{ kind: 'reboot', node: 0, downMs: 15_000 }])
  const told = after(lines, 'node-1: its agent dies').filter((line) => /node-1\/2 is told heartbeat/.test(line))
  expect(told.length).toBeGreaterThan(3)
  expect(Number.parseInt(told.at(-1) ?? '', 10)).toBeLessThanOrEqual(5_000 + 30_000)
})

it('what an old stream still carries never reaches the connection that came after it', async () => {
  const lines = await lived([
    { kind: 'lag', node: 0, extraMs: 4_000, forMs: 6_000 },
    { kind: 'break', node: 0, core: false, agent: true },
  ])
  const refused = lines.filter((line) => line.includes('is refused by the core: the node has connected anew'))
  for (const line of refused) {
    const stream = /node-1\/\d+/.exec(line)?.[0] ?? ''
    expect(after(lines, line).filter((later) => later.includes(`${stream} is told`))).toEqual([])
  }
  expect(refused.length).toBeGreaterThan(0)
})

/** The trace of a world in which nothing else happens than these, a second apart. */
async function lived(deeds: readonly Deed[]): Promise<string[]> {
  const lines: string[] = []
  const actions = deeds.map((deed, index) => ({ atMs: 5_000 + 1_000 * index, deed }))
  const plan: Plan = { ...CALM, actions, readers: [], durationMs: 20_000 }
  const { failure } = await runPlan(plan, { onLine: (line) => lines.push(line) })
  expect(failure).toBeNull()
  return lines
}

/** The lines behind the first one that holds the words. */
function after(lines: readonly string[], words: string): string[] {
  const place = lines.findIndex((line) => line.includes(words))
  expect(place).toBeGreaterThan(-1)
  return lines.slice(place + 1)
}
