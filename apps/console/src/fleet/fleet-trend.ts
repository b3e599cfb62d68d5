/** The fleet's six numbers, each with where it comes from and whether it is as it should be. Pure. */
import { formatMs, formatRoughMs } from '../format/duration.ts'
import { formatCount, formatShare } from '../format/quantity.ts'
import type { FleetHistoryQuery, FleetOverviewQuery } from '../graphql/generated/documents.ts'
import { paths } from '../path-builder.ts'
import { instantMs } from '../time/instant.ts'

type Fleet = FleetOverviewQuery['fleet']
type History = FleetHistoryQuery['fleetHistory']
type Point = History['points'][number]

export type FleetNumber = {
  readonly name: string
  /** As in `8.1 ms`; `–` when there is none. */
  readonly value: string
  readonly unit?: string
  readonly note: string
  readonly path: string
  readonly isBad: boolean
  /** Over the last hour; empty when nothing is known of it. */
  readonly trend: readonly { readonly x: number; readonly y: number }[]
  /** What it should stay below, or above; drawn as a line. */
  readonly goal: number | null
}

/** History is null until it is known: then numbers that come from it are not. */
export function fleetNumbers(fleet: Fleet, history: History | null): readonly FleetNumber[] {
  const { nodes } = fleet
  const opened = fleet.sessionsOpenedWarm + fleet.sessionsOpenedCold
  const rate = history?.now.opensPerSecond ?? null
  return [
    {
      name: 'Nodes ready',
      value: formatCount(nodes.ready),
      unit: `of ${formatCount(nodes.total)}`,
      note: nodesNote(nodes),
      path: paths.nodes(),
      isBad: nodes.ready < nodes.total || nodes.total === 0,
      trend: trendOf(history, ({ nodesReady }) => nodesReady),
      goal: null,
    },
    {
      name: 'Sessions open',
      value: formatCount(fleet.sessionsOpen),
      note: fleet.sessionsWaiting > 0 ? `${formatCount(fleet.sessionsWaiting)} waiting for a pod` : 'none waiting',
      path: paths.sessions({ phases: ['PENDING', 'STARTING', 'AVAILABLE', 'IN_USE', 'CLOSING'] }),
      isBad: fleet.sessionsWaiting > 0,
      trend: trendOf(history, ({ sessionsOpen }) => sessionsOpen),
      goal: null,
    },
    {
      name: 'Opened per second',
      value: rate === null ? '–' : rate < 10 ? String(Number(rate.toFixed(1))) : formatCount(Math.round(rate)),
      note: `${formatCount(opened)} in all`,
      path: paths.sessions(),
      isBad: false,
      trend: trendOf(history, ({ opensPerSecond }) => opensPerSecond),
      goal: null,
    },
    latencyNumber('WARM', fleet, history),
    latencyNumber('COLD', fleet, history),
    hitRateNumber(fleet, history),
  ]
}

function nodesNote({ lost, disconnected, total }: Fleet['nodes']): string {
  if (lost > 0) return `${formatCount(lost)} lost`
  if (disconnected > 0) return `${formatCount(disconnected)} disconnected`
  return total === 0 ? 'none has joined' : 'none lost'
}

function latencyNumber(start: 'WARM' | 'COLD', fleet: Fleet, history: History | null): FleetNumber {
  const isWarm = start === 'WARM'
  const valueOf = ({ warmP99Ms, coldP99Ms }: Point): number | null => (isWarm ? warmP99Ms : coldP99Ms)
  const goal = history === null ? null : isWarm ? history.objectives.warmP99Ms : history.objectives.coldP99Ms
  const latest = latestOf(history, valueOf)
  const word = isWarm ? 'warm' : 'cold'
  const goalMs = goal === null ? '' : formatMs(goal)
  return {
    name: isWarm ? 'Warm start, p99' : 'Cold start, p99',
    value: latest === null ? '–' : formatMs(latest.value),
    note: latest === null ? `no ${word} start this hour` : noteOf(latest.atMs, instantMs(fleet.readAt), `≤ ${goalMs}`),
    path: paths.latency({ start }),
    isBad: latest !== null && goal !== null && latest.value > goal,
    trend: trendOf(history, valueOf),
    goal,
  }
}

function hitRateNumber({ readAt }: Fleet, history: History | null): FleetNumber {
  const goal = history?.objectives.poolHitRate ?? null
  const latest = latestOf(history, ({ poolHitRate }) => poolHitRate)
  const share = goal === null ? '' : (formatShare(goal, 1) ?? '')
  return {
    name: 'Served warm',
    value: latest === null ? '–' : (formatShare(latest.value, 1) ?? '–'),
    note: latest === null ? 'no session this hour' : noteOf(latest.atMs, instantMs(readAt), `≥ ${share}`),
    path: paths.pools(),
    isBad: latest !== null && goal !== null && latest.value < goal,
    trend: trendOf(history, ({ poolHitRate }) => poolHitRate),
    goal,
  }
}

const MINUTE_MS = 60_000

/** What it should be; when nothing was measured in the last minute, how old the number is. */
function noteOf(atMs: number, nowMs: number, goal: string): string {
  return nowMs - atMs <= 2 * MINUTE_MS ? `should be ${goal}` : `${formatRoughMs(nowMs - atMs)} ago`
}

/** Of the last minute, or when there was none, of the newest step that has one. */
function latestOf(
  history: History | null,
  valueOf: (point: Point) => number | null,
): { readonly value: number; readonly atMs: number } | null {
  if (history === null) return null
  for (const point of [history.now, ...history.points.toReversed()]) {
    const value = valueOf(point)
    if (value !== null) return { value, atMs: instantMs(point.at) }
  }
  return null
}

function trendOf(history: History | null, valueOf: (point: Point) => number | null): FleetNumber['trend'] {
  return (history?.points ?? []).flatMap((point) => {
    const y = valueOf(point)
    return y === null ? [] : [{ x: instantMs(point.at), y }]
  })
}
