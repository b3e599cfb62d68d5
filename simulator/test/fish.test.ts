/** The net catches fish: a mistake of each kind is found, and said to be of that kind. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { INVARIANTS } from '@fornax/core/audit/invariants'
import { WRONG_BUILDS } from './fish/wrong-builds.ts'

const MAIN = join(import.meta.dirname, '../src/main.ts')
const MAKE_WRONG = join(import.meta.dirname, 'fish/make-wrong.ts')
const SEEDS_MAX = 200

it('there is a wrong build for every invariant of the list', () => {
  const invariants = INVARIANTS.map(({ id }) => id).filter((id) => id !== 'books')
  expect(WRONG_BUILDS.map(({ invariant }) => invariant)).toEqual(invariants)
})

it.concurrent.each(WRONG_BUILDS)(
  '$invariant is violated when $mistake, and that is found',
  { timeout: 180_000 },
  async ({ invariant, scenario }) => {
    const output = await simulate(invariant, scenario)
    const found = / FAILED: (\w+)$/m.exec(output)?.[1]
    expect(found, output.slice(-2_000)).toBe(invariant)
  },
)

function simulate(invariant: string, scenario: string | undefined): Promise<string> {
  const args = ['--seeds', String(SEEDS_MAX), '--failures', '1', '--jobs', '1', '--no-shrink']
  if (scenario !== undefined) args.push('--scenario', scenario)
  const env = { ...process.env, WRONG_BUILD: invariant, NODE_OPTIONS: `--import=${MAKE_WRONG}` }
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [MAIN, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    child.stdout.on('data', (data: Buffer) => (output += data.toString()))
    child.stderr.on('data', (data: Buffer) => (output += data.toString()))
    child.on('close', () => resolve(output))
  })
}
