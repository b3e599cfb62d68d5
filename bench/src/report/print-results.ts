/** The table that a person sees at the end of a run. */
import type { Machine, Versions } from '../measure/machine.ts'
import { bytes, mebibytes, microseconds, milliseconds, rate, shapeInWords } from './figures.ts'
import type { RunResult } from './result.ts'
import { textTable, type Column } from './text-table.ts'

const BYTES_PER_GIB = 1_024 ** 3

export const RESULT_COLUMNS: readonly Column<RunResult>[] = [
  { title: 'scenario', cell: ({ scenario }) => scenario },
  { title: 'operations', cell: ({ operations, unit }) => `${rate(operations)} ${unit}` },
  { title: 'seconds', cell: ({ seconds }) => seconds.toFixed(2), isNumber: true },
  { title: 'per second', cell: ({ perSecond }) => rate(perSecond), isNumber: true },
  { title: 'p50 ms', cell: ({ latencyMs }) => milliseconds(latencyMs?.p50), isNumber: true },
  { title: 'p90', cell: ({ latencyMs }) => milliseconds(latencyMs?.p90), isNumber: true },
  { title: 'p99', cell: ({ latencyMs }) => milliseconds(latencyMs?.p99), isNumber: true },
  { title: 'p99.9', cell: ({ latencyMs }) => milliseconds(latencyMs?.p999), isNumber: true },
  { title: 'max', cell: ({ latencyMs }) => milliseconds(latencyMs?.max), isNumber: true },
  { title: 'errors', cell: ({ errors }) => rate(errors), isNumber: true },
  { title: 'core CPU each', cell: (result) => microseconds(result.coreCpuMsPerOperation), isNumber: true },
  { title: 'core RSS', cell: ({ coreRssBytes }) => mebibytes(coreRssBytes), isNumber: true },
  { title: 'per pod', cell: ({ bytesPerPod }) => bytes(bytesPerPod), isNumber: true },
  { title: 'tool ceiling/s', cell: ({ harnessCeilingPerSecond }) => rate(harnessCeilingPerSecond), isNumber: true },
  { title: 'shape', cell: ({ shape }) => shapeInWords(shape) },
]

export function machineInWords({ cores, cpu, memoryBytes, kernel, node, loadAverage }: Machine): string {
  const memory = `${(memoryBytes / BYTES_PER_GIB).toFixed(1)} GiB`
  return `${cores} cores (${cpu}), ${memory}, ${kernel}, Node ${node}, load average before ${loadAverage}`
}

/** Null when the machine had nothing else to do. */
export function warningOf({ cores, loadAverage }: Machine): string | null {
  if (loadAverage < cores / 2) return null
  return `The machine is busy with other things (load average ${loadAverage} on ${cores} cores): expect worse numbers than Fornax has.`
}

export function versionsInWords(versions: Versions): string {
  return Object.entries(versions)
    .map(([name, version]) => `${name} ${version}`)
    .join(', ')
}

export function resultsInWords(results: readonly RunResult[]): string {
  const more = results.flatMap(({ scenario, more: facts, errorSamples }) => [
    ...(Object.keys(facts).length > 0 ? [`${scenario}: ${shapeInWords(facts)}`] : []),
    ...errorSamples.map((sample) => `${scenario}, an error: ${sample}`),
  ])
  return [textTable(RESULT_COLUMNS, results), ...more].join('\n')
}
