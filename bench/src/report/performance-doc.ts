/** The measured part of docs/performance.md: everything between two marks is replaced, the words around it stay. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { CpuProfile } from '../measure/cpu-profile.ts'
import { ROOT } from '../world/child.ts'
import { shapeInWords } from './figures.ts'
import { GOAL_COLUMNS, judgeGoals } from './goals.ts'
import { GROWTH_COLUMNS, growthsIn, plotsOf } from './growth-report.ts'
import { profileColumns } from './print-profile.ts'
import { machineInWords, RESULT_COLUMNS, versionsInWords } from './print-results.ts'
import type { Report } from './results-json.ts'
import type { RunResult } from './result.ts'
import type { Column } from './text-table.ts'

const BEGIN = '<!-- measured: begin -->'
const END = '<!-- measured: end -->'
const AREAS_SHOWN = 12
const FUNCTIONS_SHOWN = 15
/** Of the tool, not of Fornax: in the JSON only. */
const UNTOLD = ['load tool CPU µs each']

/** Where the time of a run went. */
export type ProfiledRun = { readonly title: string; readonly profile: CpuProfile; readonly operations: number }

/** Throws when the file has no place for it. */
export function writePerformanceDoc(file: string, report: Report, profiles: readonly ProfiledRun[]): void {
  const before = readFileSync(file, 'utf8')
  const [begin, end] = [before.indexOf(BEGIN), before.indexOf(END)]
  if (begin < 0 || end < begin) throw new Error(`${file} has no "${BEGIN}" … "${END}" to write between`)
  const images = join(dirname(file), 'images')
  mkdirSync(images, { recursive: true })
  const plots = plotsOf(report.results)
  for (const [name, svg] of plots) writeFileSync(join(images, name), svg)
  const measured = measuredPart(report, profiles, [...plots.keys()])
  writeFileSync(file, `${before.slice(0, begin + BEGIN.length)}\n\n${measured}\n\n${before.slice(end)}`)
  // The formatter decides how tables are aligned.
  const { status, stderr, error } = spawnSync(join(ROOT, 'node_modules/.bin/oxfmt'), [file], { cwd: ROOT })
  if (status !== 0) throw new Error(`${file} is written, but not formatted: ${String(stderr)}`, { cause: error })
}

function measuredPart(report: Report, profiles: readonly ProfiledRun[], images: readonly string[]): string {
  const { machine, versions, results } = report
  const growths = growthsIn(results)
  const rows = results.filter(({ scenario }) => !scenario.startsWith('growth'))
  return [
    `Measured on ${machineInWords(machine)}, with core, simulated nodes, load tool and readers all on these cores; ` +
      `${versionsInWords(versions)}.`,
    '## Against the goals',
    markdownTable(GOAL_COLUMNS, judgeGoals(results)),
    '## Every run',
    'Each command stands behind `npm run bench --`.',
    markdownTable([COMMAND, ...RESULT_COLUMNS.slice(1)], rows),
    'What else these runs said:',
    rows
      .map((result) => factsOf(result))
      .filter((facts) => facts !== '')
      .join('\n'),
    '## How it grows',
    'What a warm session costs the core while one thing at a time grows tenfold and all else stays: `npm run bench -- growth`.',
    growths.length === 0 ? 'Not measured in this run.' : markdownTable(GROWTH_COLUMNS, growths),
    images.map((name) => `![${name.replace('.svg', '').replace('bench-', 'plot: ')}](images/${name})`).join('\n\n'),
    '## Where the time goes',
    'Self time of the core, in microseconds for each operation: `npm run bench -- SCENARIO --profile DIR`. `(worker)` is the thread of SQLite.',
    ...profiles.flatMap(profilePart),
  ].join('\n\n')
}

const COMMAND: Column<RunResult> = { title: 'command', cell: ({ command }) => `\`${command}\`` }

function factsOf({ command, shape, more, errorSamples }: RunResult): string {
  const own = Object.fromEntries(Object.entries(more).filter(([name]) => !UNTOLD.includes(name)))
  const errors = errorSamples.map((sample) => `an error: ${sample.split('\n')[0] ?? ''}`)
  const facts = [...(Object.keys(own).length > 0 ? [shapeInWords(own)] : []), ...errors]
  if (facts.length === 0) return ''
  // Several runs of one command differ in the first word of their shape.
  const [first] = Object.entries(shape)
  return `- \`${command}\`, ${first ? shapeInWords(Object.fromEntries([first])) : ''}: ${facts.join('; ')}`
}

function profilePart({ title, profile, operations }: ProfiledRun): string[] {
  const columns = profileColumns(profile, operations)
  return [
    `### ${title}`,
    markdownTable(columns.slice(0, -1), profile.areas.slice(0, AREAS_SHOWN)),
    markdownTable(columns, profile.functions.slice(0, FUNCTIONS_SHOWN)),
  ]
}

function line(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
}

function markdownTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  return [
    line(columns.map(({ title }) => title)),
    line(columns.map(({ isNumber }) => (isNumber ? '--:' : '---'))),
    ...rows.map((row) => line(columns.map(({ cell }) => cell(row)))),
  ].join('\n')
}
