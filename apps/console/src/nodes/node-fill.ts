/** What the cells of the map of nodes can be filled by. Pure. */
import { formatMs, formatRoughMs } from '../format/duration.ts'
import { formatBytes, formatCount, formatCpus } from '../format/quantity.ts'
import type { NodeRowFragment } from '../graphql/generated/documents.ts'
import { instantMs } from '../time/instant.ts'

type Row = NodeRowFragment

/** What the colour of a cell says. */
export type NodeFill = {
  readonly id: FillId
  /** As the choice calls it. */
  readonly name: string
  /** The share of the scale that a node fills, from 0; null when it has not said. */
  readonly shareOf: (node: Row, scale: FillScale) => number | null
  /** The same in words, with what it is a share of. */
  readonly describe: (node: Row, nowMs: number) => string
  /** The words at the end of the scale. */
  readonly full: (scale: FillScale) => string
  /** Whether it changes while nothing happens. */
  readonly isTimed?: boolean
}

export const FILL_IDS = [
  'memory-booked',
  'memory-used',
  'cpu-booked',
  'cpu-used',
  'pods',
  'sessions',
  'hibernated',
  'heard',
] as const
export type FillId = (typeof FILL_IDS)[number]

/** What shares are shares of, where a node has no capacity of its own for it. */
export type FillScale = { readonly sessionsMax: number; readonly nowMs: number }

/** Who was heard less recently than this is at the end of the scale. */
const SILENCE_MAX_MS = 15_000

export const FILLS: Readonly<Record<FillId, NodeFill>> = {
  'memory-booked': {
    id: 'memory-booked',
    name: 'Memory booked',
    shareOf: ({ booked, capacity }) => share(booked.memoryBytes, capacity.memoryBytes),
    describe: ({ booked, capacity }) => `${formatBytes(booked.memoryBytes)} of ${formatBytes(capacity.memoryBytes)}`,
    full: () => '100 %',
  },
  'memory-used': {
    id: 'memory-used',
    name: 'Memory used',
    shareOf: ({ memoryBytesUsed, capacity }) => share(memoryBytesUsed, capacity.memoryBytes),
    describe: ({ memoryBytesUsed, capacity }) =>
      memoryBytesUsed === null
        ? 'not said yet'
        : `${formatBytes(memoryBytesUsed)} of ${formatBytes(capacity.memoryBytes)}`,
    full: () => '100 %',
  },
  'cpu-booked': {
    id: 'cpu-booked',
    name: 'CPU booked',
    shareOf: ({ booked, capacity }) => share(booked.cpuMillis, capacity.cpuMillis),
    describe: ({ booked, capacity }) => `${formatCpus(booked.cpuMillis)} of ${formatCpus(capacity.cpuMillis)}`,
    full: () => '100 %',
  },
  'cpu-used': {
    id: 'cpu-used',
    name: 'CPU used',
    shareOf: ({ cpuMillisUsed, capacity }) => share(cpuMillisUsed, capacity.cpuMillis),
    describe: ({ cpuMillisUsed, capacity }) =>
      cpuMillisUsed === null ? 'not said yet' : `${formatCpus(cpuMillisUsed)} of ${formatCpus(capacity.cpuMillis)}`,
    full: () => '100 %',
  },
  pods: {
    id: 'pods',
    name: 'Pods',
    shareOf: ({ podCount, capacity }) => share(podCount, capacity.pods),
    describe: ({ podCount, capacity }) => `${formatCount(podCount)} of ${formatCount(capacity.pods)}`,
    full: () => '100 %',
  },
  sessions: {
    id: 'sessions',
    name: 'Sessions',
    shareOf: ({ sessionCount }, { sessionsMax }) => share(sessionCount, sessionsMax),
    describe: ({ sessionCount }) => formatCount(sessionCount),
    full: ({ sessionsMax }) => formatCount(sessionsMax),
  },
  hibernated: {
    id: 'hibernated',
    name: 'Hibernated share of pods',
    shareOf: ({ hibernatedPodCount, podCount }) => share(hibernatedPodCount, podCount),
    describe: ({ hibernatedPodCount, podCount }) => `${formatCount(hibernatedPodCount)} of ${formatCount(podCount)}`,
    full: () => '100 %',
  },
  heard: {
    id: 'heard',
    name: 'Last heard',
    shareOf: ({ lastHeardAt }, { nowMs }) =>
      lastHeardAt === null ? null : share(nowMs - instantMs(lastHeardAt), SILENCE_MAX_MS),
    describe: ({ lastHeardAt }, nowMs) =>
      lastHeardAt === null ? 'not yet' : `${formatRoughMs(nowMs - instantMs(lastHeardAt))} ago`,
    full: () => `${formatMs(SILENCE_MAX_MS)} ago`,
    isTimed: true,
  },
}

/** The scale of a fleet. Its end is a round number, so that it rarely moves. */
export function fillScaleOf(nodes: Iterable<Row>, nowMs: number): FillScale {
  let most = 1
  for (const { sessionCount } of nodes) most = Math.max(most, sessionCount)
  return { sessionsMax: roundUp(most), nowMs }
}

/** 1, 2, 5, 10, 20, 50, … */
function roundUp(count: number): number {
  const power = 10 ** Math.floor(Math.log10(count))
  const factor = [1, 2, 5, 10].find((one) => one * power >= count) ?? 10
  return factor * power
}

function share(part: number | null, whole: number): number | null {
  return part === null || whole <= 0 ? null : part / whole
}
