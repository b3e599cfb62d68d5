/** The command line of the bench, and the help that teaches it. */
import { parseArgs } from 'node:util'
import { Flags, UsageError } from './flags.ts'
import type { Scenario } from './scenario.ts'

export type Command =
  | { readonly kind: 'help'; readonly text: string }
  | {
      readonly kind: 'run'
      readonly scenario: Scenario
      readonly flags: Flags
      /** As it can be typed again, behind `npm run bench --`. */
      readonly words: string
      readonly common: CommonFlags
    }

export type CommonFlags = {
  readonly isQuick: boolean
  readonly jsonFile: string | null
  readonly profileFolder: string | null
  readonly writeFile: string | null
}

const COMMON = {
  quick: { type: 'boolean', help: 'a small form, to look at in between' },
  json: { type: 'string', help: 'FILE: write the results there as JSON' },
  profile: { type: 'string', help: 'DIR: write CPU profiles of the core there, and print where its time goes' },
  write: { type: 'string', help: 'FILE: bring the tables and plots of docs/performance.md up to date (only with all)' },
  help: { type: 'boolean', help: 'this text; behind a scenario, its flags' },
} as const

/** Throws a `UsageError` when the words make no sense. */
export function readCommandLine(words: readonly string[], scenarios: readonly Scenario[]): Command {
  const [name] = words
  const scenario = scenarios.find((candidate) => candidate.name === name)
  if (scenario === undefined) {
    if (name === undefined || ['--help', '-h', 'help'].includes(name))
      return { kind: 'help', text: helpText(scenarios) }
    throw new UsageError(`"${name}" is no scenario; there are ${scenarios.map((one) => one.name).join(', ')}`)
  }
  const { common, own } = parse(scenario, words.slice(1))
  if (common['help'] === true) return { kind: 'help', text: scenarioHelp(scenario) }
  const isQuick = common['quick'] === true
  if (common['write'] !== undefined && scenario.name !== 'all')
    throw new UsageError(
      `--write is for all: a page with nothing but ${scenario.name} would take the place of the whole`,
    )
  return {
    kind: 'run',
    scenario,
    flags: Flags.of(scenario.flags, isQuick ? scenario.quick : {}, own),
    words: [
      scenario.name,
      ...Object.entries(own).map(([flag, value]) => `--${flag} ${value}`),
      ...(isQuick ? ['--quick'] : []),
    ].join(' '),
    common: {
      isQuick,
      jsonFile: textOf(common['json']),
      profileFolder: textOf(common['profile']),
      writeFile: textOf(common['write']),
    },
  }
}

type Parsed = {
  readonly common: Readonly<Record<string, string | boolean | undefined>>
  readonly own: Readonly<Record<string, string>>
}

function parse(scenario: Scenario, words: readonly string[]): Parsed {
  const own = Object.fromEntries(Object.keys(scenario.flags).map((flag) => [flag, { type: 'string' as const }]))
  const common = Object.fromEntries(Object.entries(COMMON).map(([flag, { type }]) => [flag, { type }]))
  try {
    const { values } = parseArgs({ args: [...words], options: { ...own, ...common }, strict: true })
    const given = Object.entries(values)
    return {
      common: Object.fromEntries(given.filter(([flag]) => flag in COMMON)),
      own: Object.fromEntries(given.flatMap(([flag, value]) => (flag in own ? [[flag, String(value)]] : []))),
    }
  } catch (cause) {
    throw new UsageError(
      `${cause instanceof Error ? cause.message : String(cause)} (npm run bench -- ${scenario.name} --help)`,
      { cause },
    )
  }
}

function textOf(value: string | boolean | undefined): string | null {
  return typeof value === 'string' ? value : null
}

function helpText(scenarios: readonly Scenario[]): string {
  return [
    'Measures Fornax: starts a core, simulated nodes and a load tool, each in a process of its own, in a scratch folder',
    'and on free ports; runs a scenario, prints a table, and takes everything away again.',
    '',
    '  npm run bench -- SCENARIO [flags]',
    '',
    'Scenarios:',
    ...lines(scenarios.map(({ name, summary }) => [name, summary])),
    '',
    'Flags of every scenario:',
    ...commonLines(),
    '',
    'Settings:',
    ...lines([
      [
        'DATABASE_URL',
        'where to journal: scratch databases are made beside this one, and removed (default: SQLite in a scratch folder)',
      ],
    ]),
    '',
    'Examples:',
    '  npm run bench -- warm --concurrency 5 --transport ws    the throughput of warm starts over WebSocket',
    '  npm run bench -- latency --rate 1000                    how long a start takes at 1,000 a second',
    '  npm run bench -- pods --nodes 100 --apps 100 --pods 30000',
    '  npm run bench -- warm --profile /tmp/profile            where the time of the core goes',
    '  npm run bench -- all --quick                            everything, small',
    '',
    'Latency counts from when a call should have left. The ceiling is what the load tool reaches against a server that',
    'does nothing: a result near it says more of the tool than of Fornax.',
  ].join('\n')
}

function scenarioHelp({ name, summary, flags }: Scenario): string {
  const own = Object.entries(flags).map(
    ([flag, { help, default: value, choices }]) =>
      [`--${flag}`, `${help} (${choices ? `${choices.join(' or ')}; ` : ''}default ${value})`] as const,
  )
  return [`npm run bench -- ${name}: ${summary}`, '', ...lines(own), ...commonLines()].join('\n')
}

function commonLines(): string[] {
  return lines(Object.entries(COMMON).map(([flag, { help }]) => [`--${flag}`, help]))
}

function lines(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([name]) => name.length))
  return rows.map(([name, text]) => `  ${name.padEnd(width)}  ${text}`)
}
