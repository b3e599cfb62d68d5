import { expect, it } from 'vitest'
import { HELP, UsageError, wishOf } from '../src/command-line.ts'
import { SCENARIO_NAMES } from '../src/scenarios.ts'

it('runs two hundred seeds when nothing else is said', () => {
  expect(wishOf([])).toMatchObject({ from: 1, seeds: 200, scenario: null, keep: null, isReplay: false })
})

it('runs one seed, and of that only what is to be kept', () => {
  expect(wishOf(['--seed', '12', '--keep', '3,5'])).toMatchObject({ from: 12, seeds: 1, keep: [3, 5], isReplay: true })
})

it.each([
  [['--seed', 'x'], 'a whole number'],
  [['--seeds', '0'], 'a whole number from 1'],
  [['--seed', '1', '--seeds', '2'], 'one or the other'],
  [['--keep', '1'], '--seed'],
  [['--scenario', 'nope'], 'calm'],
  [['--what'], '--help'],
  [['12'], '--help'],
])('says of %j what would make sense', (args, words) => {
  const act = (): unknown => wishOf(args)
  expect(act).toThrow(UsageError)
  expect(act).toThrow(words)
})

it('teaches', () => {
  expect(wishOf(['--help'])).toBeNull()
  for (const name of SCENARIO_NAMES) expect(HELP).toContain(name)
  for (const option of ['--seeds', '--from', '--seed', '--keep', '--jobs', '--verbose']) expect(HELP).toContain(option)
})
