import {
  PodDocument,
  PodsDocument,
  WatchPodsDocument,
  type PodDetailsFragment,
  type PodFieldsFragment,
  type PodPhase,
} from '@fornax/client/generated/documents'
import { ageOf, formatMs } from '../output/age.ts'
import { instantWithAge, orNone, type Detail } from '../output/details.ts'
import { formatBytes, formatCpu } from '../output/quantity.ts'
import type { Column } from '../output/table.ts'
import { toneOf, toWord } from '../output/tone.ts'
import type { Filters } from './filters.ts'
import type { KindDefinition } from './kind-definition.ts'
import { makeKind } from './kind.ts'

const PHASES = [
  'PENDING',
  'CREATING',
  'STANDBY',
  'HIBERNATED',
  'ACTIVE',
  'TERMINATING',
  'TERMINATED',
  'FAILED',
] as const

const columns: readonly Column<PodFieldsFragment>[] = [
  { header: 'ID', usualWidth: 20, cell: (pod) => pod.id },
  { header: 'APPLICATION', usualWidth: 16, cell: (pod) => pod.applicationName },
  { header: 'VERSION', cell: (pod) => String(pod.versionNumber) },
  { header: 'PHASE', usualWidth: 11, cell: ({ phase }) => ({ text: toWord(phase), tone: toneOf(phase) }) },
  { header: 'NODE', usualWidth: 16, cell: ({ nodeName }) => nodeName ?? '-' },
  { header: 'CPU', usualWidth: 5, cell: ({ cpuMillisUsed }) => cpuText(cpuMillisUsed), isRestless: true },
  { header: 'MEMORY', cell: ({ memoryBytesUsed }) => memoryText(memoryBytesUsed), isRestless: true },
  { header: 'AGE', usualWidth: 5, cell: ({ createdAt }, nowMs) => ageOf(createdAt, nowMs), isRestless: true },
  { header: 'RUNTIME', cell: ({ runtime }) => runtime ?? '-', isWide: true },
  { header: 'SLEEP', cell: ({ hibernation }) => sleepText(hibernation), isWide: true },
  { header: 'IN PHASE', cell: ({ phaseSince }, nowMs) => ageOf(phaseSince, nowMs), isWide: true, isRestless: true },
  {
    header: 'READY AFTER',
    cell: ({ readyAfterMs }) => (readyAfterMs === null ? '-' : formatMs(readyAfterMs)),
    isWide: true,
  },
  { header: 'FAILURE', cell: ({ failure }) => failure ?? '-', isWide: true },
]

export const podDefinition: KindDefinition<PodFieldsFragment, PodDetailsFragment, PodPhase> = {
  name: 'pod',
  plural: 'pods',
  aliases: ['po'],
  typeName: 'Pod',
  filters: ['application', 'node', 'phase'],
  phases: PHASES,
  columns,
  nameOf: (pod) => pod.id,
  isOver: (pod) => pod.phase === 'TERMINATED',
  page: async ({ client, signal }, filters, at) =>
    (await client.request(PodsDocument, { ...at, where: whereOf(filters) }, { signal })).page,
  one: async ({ client, signal }, id) => (await client.request(PodDocument, { id }, { signal })).pod,
  watch: ({ client, signal }, filters) => client.watch(WatchPodsDocument, { where: whereOf(filters) }, { signal }),
  describe,
}

export const podKind = makeKind(podDefinition)

/** Thousandths of a CPU; a dash until its node has measured it. */
export function cpuText(cpuMillis: number | null): string {
  return cpuMillis === null ? '-' : formatCpu(cpuMillis)
}

export function memoryText(bytes: number | null): string {
  return bytes === null ? '-' : formatBytes(bytes)
}

type Hibernation = PodFieldsFragment['hibernation']

/** How deep its last sleep was, and what it kept of its memory. */
function sleepText(hibernation: Hibernation): string {
  if (hibernation === null) return '-'
  const { depth, residentBytesBefore: before, residentBytesAfter: after } = hibernation
  if (before === null || after === null) return toWord(depth)
  return `${toWord(depth)} ${formatBytes(before)} > ${formatBytes(after)}`
}

function describeSleep(hibernation: Hibernation): readonly Detail[] {
  if (hibernation === null) return []
  const { problem, swappedBytes, wakeMs } = hibernation
  return [
    ['Last sleep', sleepText(hibernation)],
    ...(swappedBytes === null ? [] : [['In swap', formatBytes(swappedBytes)] as const]),
    ...(wakeMs === null ? [] : [['Woke in', formatMs(wakeMs)] as const]),
    ...(problem === null ? [] : [['Sleep problem', problem] as const]),
  ]
}

function whereOf({ application, nodeName, phases }: Filters<PodPhase>) {
  return {
    ...(application === null ? {} : { application }),
    ...(nodeName === null ? {} : { nodeName }),
    ...(phases.length === 0 ? {} : { phases }),
  }
}

function describe(pod: PodDetailsFragment, nowMs: number): readonly Detail[] {
  return [
    ['Pod', pod.id],
    ['Application', `${pod.applicationName} (version ${pod.versionNumber})`],
    ['Phase', `${toWord(pod.phase)}, since ${instantWithAge(pod.phaseSince, ageOf(pod.phaseSince, nowMs))}`],
    ['Node', orNone(pod.nodeName)],
    ['Runtime', orNone(pod.runtime)],
    ['Created', instantWithAge(pod.createdAt, ageOf(pod.createdAt, nowMs))],
    ['Ready after', pod.readyAfterMs === null ? '<none>' : formatMs(pod.readyAfterMs)],
    ['CPU', cpuText(pod.cpuMillisUsed)],
    ['Memory', memoryLine(pod)],
    ['Network', `${memoryText(pod.receivedBytesPerSecond)} in, ${memoryText(pod.sentBytesPerSecond)} out each second`],
    ...(pod.startPhases === null ? [] : [['Its start', startLine(pod.startPhases)] as const]),
    ...describeSleep(pod.hibernation),
    { section: 'Sessions', lines: pod.sessions.map(({ id, phase }) => `${id}   ${toWord(phase)}`) },
    ...(pod.failure === null ? [] : [['Failure', pod.failure] as const]),
    ...(pod.lastLogLines.length === 0 ? [] : [{ section: 'Last log lines', lines: pod.lastLogLines }]),
  ]
}

function memoryLine({ memoryBytesUsed, swappedBytes }: PodDetailsFragment): string {
  const swapped = swappedBytes === null || swappedBytes === 0 ? '' : `, and ${formatBytes(swappedBytes)} swapped out`
  return `${memoryText(memoryBytesUsed)}${swapped}`
}

function startLine(phases: NonNullable<PodDetailsFragment['startPhases']>): string {
  const { waitMs, sandboxMs, createMs, startMs, readyMs } = phases
  const steps = [`waited ${formatMs(waitMs)}`, `sandbox ${formatMs(sandboxMs)}`, `create ${formatMs(createMs)}`]
  return [...steps, `start ${formatMs(startMs)}`, `ready ${formatMs(readyMs)}`].join(', ')
}
