/** The command line of the simulator. */
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { SCENARIOS, SCENARIO_NAMES } from './scenarios.ts'

export type Wish = {
  readonly from: number
  readonly seeds: number
  readonly scenario: string | null
  readonly keep: readonly number[] | null
  readonly jobs: number
  readonly shrinks: boolean
  readonly isVerbose: boolean
  /** One seed was asked for. */
  readonly isReplay: boolean
  readonly failuresMax: number
  /** Print the plan instead of running it. */
  readonly prints: boolean
}

/** What was typed makes no sense; the message says what would. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

const OPTIONS = {
  seeds: { type: 'string' },
  from: { type: 'string' },
  seed: { type: 'string' },
  scenario: { type: 'string' },
  keep: { type: 'string' },
  jobs: { type: 'string' },
  failures: { type: 'string' },
  'no-shrink': { type: 'boolean' },
  print: { type: 'boolean' },
  verbose: { type: 'boolean', short: 'v' },
  help: { type: 'boolean', short: 'h' },
} as const

/** Null: the help is asked for. Throws a `UsageError`. */
export function wishOf(args: readonly string[]): Wish | null {
  const values = parsed(args)
  if (values.help === true) return null
  const { scenario = null, seed, keep } = values
  if (scenario !== null && !SCENARIO_NAMES.includes(scenario))
    throw new UsageError(`--scenario ${scenario}: there are ${SCENARIO_NAMES.join(', ')}.`)
  if (seed !== undefined && (values.seeds !== undefined || values.from !== undefined))
    throw new UsageError('--seed runs one seed; --seeds and --from run many. Give one or the other.')
  if (keep !== undefined && seed === undefined)
    throw new UsageError('--keep is about one run: say which with --seed N.')
  if (values.print === true && seed === undefined)
    throw new UsageError('--print is about one run: say which with --seed N.')
  return {
    from: number('seed', seed ?? values.from, { least: 0, otherwise: 1 }),
    seeds: seed === undefined ? number('seeds', values.seeds, { least: 1, otherwise: 200 }) : 1,
    scenario,
    keep: keep === undefined ? null : keep.split(',').map((place) => number('keep', place, { least: 0, otherwise: 0 })),
    jobs: number('jobs', values.jobs, { least: 1, otherwise: availableParallelism() }),
    shrinks: values['no-shrink'] !== true,
    isVerbose: values.verbose === true,
    isReplay: seed !== undefined,
    prints: values.print === true,
    failuresMax: number('failures', values.failures, { least: 1, otherwise: 3 }),
  }
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, strict: true, allowPositionals: false }).values
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause)
    throw new UsageError(`${message}\nSee --help.`, { cause })
  }
}

function number(name: string, text: string | undefined, is: { least: number; otherwise: number }): number {
  if (text === undefined) return is.otherwise
  const value = Number(text)
  if (Number.isSafeInteger(value) && value >= is.least && text.trim() !== '') return value
  throw new UsageError(`--${name} ${text}: a whole number from ${is.least} on is needed.`)
}

export const HELP = `npm run simulate -- [options]

Runs the real core and real agents in worlds where time, chance, network, disk and machines are simulated, does
everything to them that can go wrong, and checks after every turn that nothing happened that must never happen.
The same seed gives the same run, event by event.

  --seeds N        run N seeds (default 200)
  --from N         beginning with seed N (default 1)
  --seed N         run one seed
  --scenario NAME  not what the seeds say, but one of the scenarios below
  --keep A,B,…     of the seed's actions do only these; a failure prints such a list, as short as it could be made
  --print          do not run the seed, but print its plan as a file for simulator/regressions
  --jobs N         processes at once (default: as many as there are processors)
  --failures N     stop after so many failing seeds (default 3)
  --no-shrink      do not look for a shorter run that fails in the same way
  --verbose, -v    print the hash of each run; of one seed, everything that happened in it
  --help, -h       this

Each seed prints one line. A failing one prints what was found and where, the last 50 events, the actions that are
needed to make it fail, and the command that runs just these again. The exit code is 1 when a seed failed.

Scenarios:
${SCENARIOS.map(({ name, what }) => `  ${name.padEnd(15)}  ${what}`).join('\n')}
  ${'random'.padEnd(15)}  some of everything, drawn from the seed

Examples:
  npm run simulate -- --seeds 1000 --from 5000
  npm run simulate -- --scenario crashes --seeds 50
  npm run simulate -- --seed 1234 --verbose > trace.txt
`
