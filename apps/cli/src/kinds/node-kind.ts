import {
  ComputeNodeDocument,
  ComputeNodesDocument,
  WatchComputeNodesDocument,
  type ComputeNodeFieldsFragment,
  type ComputeNodePhase,
} from '@fornax/client/generated/documents'
import { ageOf } from '../output/age.ts'
import { instantWithAge, type Detail } from '../output/details.ts'
import { formatBytes, formatCpu, formatShare } from '../output/quantity.ts'
import { formatTable, type Column } from '../output/table.ts'
import { toneOf, toWord } from '../output/tone.ts'
import type { Filters } from './filters.ts'
import type { KindDefinition } from './kind-definition.ts'
import { makeKind } from './kind.ts'
import { cpuText, memoryText } from './pod-kind.ts'
import { labelsText } from './session-kind.ts'

const PHASES = ['EXPECTED', 'JOINING', 'READY', 'DISCONNECTED', 'LOST'] as const

const columns: readonly Column<ComputeNodeFieldsFragment>[] = [
  { header: 'NAME', usualWidth: 16, cell: (node) => node.name },
  {
    header: 'PHASE',
    usualWidth: 14,
    cell: (node) => ({
      text: phaseText(node),
      tone: node.isCordoned || node.conditions.length > 0 ? 'busy' : toneOf(node.phase),
    }),
  },
  { header: 'PODS', usualWidth: 8, cell: ({ podCount, capacity }) => `${podCount}/${capacity.pods}` },
  { header: 'SESSIONS', cell: ({ sessionCount }) => String(sessionCount) },
  {
    header: 'CPU BOOKED',
    cell: ({ booked, capacity }) => `${formatCpu(booked.cpuMillis)}/${formatCpu(capacity.cpuMillis)}`,
  },
  {
    header: 'MEMORY BOOKED',
    cell: ({ booked, capacity }) => `${formatBytes(booked.memoryBytes)}/${formatBytes(capacity.memoryBytes)}`,
  },
  { header: 'AGE', cell: ({ joinedAt }, nowMs) => ageOf(joinedAt, nowMs), isRestless: true },
  { header: 'ADDRESS', cell: ({ address }) => address, isWide: true },
  { header: 'RUNTIMES', cell: ({ runtimes }) => runtimes.map(({ name }) => name).join(',') || '-', isWide: true },
  { header: 'CPU USED', cell: ({ cpuMillisUsed }) => cpuText(cpuMillisUsed), isWide: true, isRestless: true },
  { header: 'MEMORY USED', cell: ({ memoryBytesUsed }) => memoryText(memoryBytesUsed), isWide: true, isRestless: true },
  { header: 'HEARD', cell: ({ lastHeardAt }, nowMs) => ageOf(lastHeardAt, nowMs), isWide: true, isRestless: true },
  { header: 'AGENT', cell: ({ agentVersion }) => agentVersion, isWide: true },
  { header: 'LABELS', cell: ({ labels }) => labelsText(labels), isWide: true },
]

export const nodeDefinition: KindDefinition<ComputeNodeFieldsFragment, ComputeNodeFieldsFragment, ComputeNodePhase> = {
  name: 'node',
  plural: 'nodes',
  aliases: ['no'],
  typeName: 'ComputeNode',
  filters: ['phase', 'selector'],
  phases: PHASES,
  columns,
  nameOf: (node) => node.name,
  isOver: () => false,
  page: async ({ client, signal }, filters, at) =>
    (await client.request(ComputeNodesDocument, { ...at, where: whereOf(filters) }, { signal })).page,
  one: async ({ client, signal }, name) =>
    (await client.request(ComputeNodeDocument, { name }, { signal })).computeNode,
  watch: ({ client, signal }, filters) =>
    client.watch(WatchComputeNodesDocument, { where: whereOf(filters) }, { signal }),
  describe,
}

export const nodeKind = makeKind(nodeDefinition)

function whereOf({ phases, labels }: Filters<ComputeNodePhase>) {
  return { ...(phases.length === 0 ? {} : { phases }), ...(labels.length === 0 ? {} : { labels }) }
}

/** `Ready,Cordoned,MemoryPressure` */
function phaseText({ phase, isCordoned, drainDeadline, conditions }: ComputeNodeFieldsFragment): string {
  const order = drainDeadline !== null ? ['Draining'] : isCordoned ? ['Cordoned'] : []
  return [toWord(phase), ...order, ...conditions.map(({ kind }) => toWord(kind))].join(',')
}

function describe(node: ComputeNodeFieldsFragment, nowMs: number): readonly Detail[] {
  return [
    ['Node', node.name],
    ['Phase', phaseText(node)],
    ['Address', node.address],
    ['Agent', node.agentVersion],
    ['Joined', instantWithAge(node.joinedAt, ageOf(node.joinedAt, nowMs))],
    ['Last heard', instantWithAge(node.lastHeardAt, ageOf(node.lastHeardAt, nowMs))],
    ...(node.drainDeadline === null ? [] : [['Drained until', node.drainDeadline] as const]),
    ...node.conditions.map(({ kind, since }) => ['Short since', `${since} (${toWord(kind)}): takes no pods`] as const),
    ['Labels', node.labels.length === 0 ? '<none>' : labelsText(node.labels)],
    ['Taints', node.taints.map(({ key, value, effect }) => `${key}=${value}:${effect}`).join(',') || '<none>'],
    ['Sessions', String(node.sessionCount)],
    {
      section: 'Runtimes',
      lines: node.runtimes.map(({ name, isolation }) => `${name}   isolation ${toWord(isolation)}`),
    },
    { section: 'Resources', lines: resources(node) },
  ]
}

type Resource = {
  readonly name: string
  readonly used: string
  readonly booked: string
  readonly capacity: string
  readonly share: string
}

function resources({
  booked,
  capacity,
  cpuMillisUsed,
  memoryBytesUsed,
  podCount,
}: ComputeNodeFieldsFragment): readonly string[] {
  const rows: readonly Resource[] = [
    {
      name: 'cpu',
      used: cpuText(cpuMillisUsed),
      booked: formatCpu(booked.cpuMillis),
      capacity: formatCpu(capacity.cpuMillis),
      share: formatShare(booked.cpuMillis, capacity.cpuMillis),
    },
    {
      name: 'memory',
      used: memoryText(memoryBytesUsed),
      booked: formatBytes(booked.memoryBytes),
      capacity: formatBytes(capacity.memoryBytes),
      share: formatShare(booked.memoryBytes, capacity.memoryBytes),
    },
    {
      name: 'pods',
      used: String(podCount),
      booked: String(booked.pods),
      capacity: String(capacity.pods),
      share: formatShare(booked.pods, capacity.pods),
    },
  ]
  const columnsOfResource: readonly Column<Resource>[] = [
    { header: 'RESOURCE', cell: ({ name }) => name },
    { header: 'USED', cell: ({ used }) => used },
    { header: 'BOOKED', cell: (row) => row.booked },
    { header: 'OF', cell: (row) => row.capacity },
    { header: 'BOOKED%', cell: ({ share }) => share },
  ]
  return formatTable(columnsOfResource, rows, { nowMs: 0, hasColour: false }).trimEnd().split('\n')
}
