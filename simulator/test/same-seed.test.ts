import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { drawPlan } from '../src/draw-plan.ts'
import { runPlan, type RunResult } from '../src/run-world.ts'
import { scenarioNamed } from '../src/scenarios.ts'

const MAIN = join(import.meta.dirname, '../src/main.ts')

it.each(['storage', 'stalls', 'everything', 'random'])(
  '%s: two runs of one seed are the same, event by event',
  async (name) => {
    const first = await play(7, name)
    const again = await play(7, name)
    expect(first.failure).toBeNull()
    expect({ ...again, wallMs: 0 }).toEqual({ ...first, wallMs: 0 })
    expect(first.hash).toMatch(/^[0-9a-f]{16}$/)
  },
)

it('a run is the same in another process', async () => {
  const { hash, steps } = await play(11, 'everything')
  const args = ['--from', '11', '--seeds', '1', '--scenario', 'everything', '--verbose']
  const { stdout } = await promisify(execFile)(process.execPath, [MAIN, ...args])
  expect(stdout).toContain(`${steps} steps`)
  expect(stdout).toContain(hash)
})

it('another seed is another run', async () => {
  expect((await play(7, 'everything')).hash).not.toBe((await play(8, 'everything')).hash)
})

function play(seed: number, name: string): Promise<RunResult> {
  const scenario = scenarioNamed(name, seed)
  if (scenario === null) throw new Error(`there is no scenario ${name}`)
  return runPlan(drawPlan(seed, scenario))
}
