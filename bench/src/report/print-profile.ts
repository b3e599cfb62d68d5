/** A CPU profile as two tables: by part, and by function. */
import type { CpuProfile, ProfileEntry } from '../measure/cpu-profile.ts'
import { textTable, type Column } from './text-table.ts'

const AREAS_SHOWN = 20
const FUNCTIONS_SHOWN = 40
const US_PER_MS = 1_000

export function profileColumns(profile: CpuProfile, operations: number): readonly Column<ProfileEntry>[] {
  return [
    { title: 'µs each', cell: ({ selfMs }) => ((selfMs * US_PER_MS) / operations).toFixed(2), isNumber: true },
    { title: 'share', cell: ({ selfMs }) => `${((selfMs / profile.totalMs) * 100).toFixed(1)} %`, isNumber: true },
    { title: 'what', cell: ({ what }) => what },
    { title: 'where', cell: ({ where }) => where },
  ]
}

export function profileInWords(profile: CpuProfile, operations: number): string {
  const columns = profileColumns(profile, operations)
  return [
    `${((profile.totalMs * US_PER_MS) / operations).toFixed(0)} µs of CPU each, by part (self time):`,
    textTable(columns, profile.areas.slice(0, AREAS_SHOWN)),
    'and by function:',
    textTable(columns, profile.functions.slice(0, FUNCTIONS_SHOWN)),
  ].join('\n\n')
}
