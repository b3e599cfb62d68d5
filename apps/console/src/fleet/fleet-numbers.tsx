'use client'
/** Six numbers that say whether the fleet is all right. Each leads to the list it counts. */
import Link from 'next/link'
import type { ReactNode } from 'react'
import { Sparkline } from '../charts/sparkline.tsx'
import { formatMs } from '../format/duration.ts'
import { formatCount, formatShare, plural } from '../format/quantity.ts'
import type { FleetOverviewQuery, LatencyNumbersFragment } from '../graphql/generated/documents.ts'
import { paths } from '../path-builder.ts'
import { recentOpensPerSecond, type FleetHistory } from './fleet-history.ts'

type FleetNumbersProps = { readonly overview: FleetOverviewQuery; readonly history: FleetHistory }

/** What a warm and a cold start should stay below. */
const WARM_P99_GOAL_MS = 50
const COLD_P99_GOAL_MS = 1_500

export function FleetNumbers({ overview, history }: FleetNumbersProps) {
  const { fleet, latencyWarm, latencyCold } = overview
  const { nodes } = fleet
  const opened = fleet.sessionsOpenedWarm + fleet.sessionsOpenedCold
  const rate = recentOpensPerSecond(history)
  const isNodeMissing = nodes.ready < nodes.total
  return (
    <ul className="grid grid-cols-2 gap-3 md:grid-cols-3 xl:grid-cols-6" aria-label="Numbers of the fleet">
      <Number
        name="Nodes ready"
        value={formatCount(nodes.ready)}
        unit={`of ${formatCount(nodes.total)}`}
        note={
          nodes.lost > 0
            ? `${formatCount(nodes.lost)} lost`
            : nodes.disconnected > 0
              ? `${formatCount(nodes.disconnected)} disconnected`
              : 'all heard'
        }
        path={paths.nodes()}
        isBad={isNodeMissing || nodes.total === 0}
      />
      <Number
        name="Sessions open"
        value={formatCount(fleet.sessionsOpen)}
        note={fleet.sessionsWaiting > 0 ? `${formatCount(fleet.sessionsWaiting)} waiting for a pod` : 'none waiting'}
        path={paths.sessions({ phases: ['PENDING', 'STARTING', 'AVAILABLE', 'IN_USE', 'CLOSING'] })}
        isBad={fleet.sessionsWaiting > 0}
        chart={<Sparkline points={history.samples.map(({ atMs, sessionsOpen }) => ({ x: atMs, y: sessionsOpen }))} />}
      />
      <Number
        name="Opened per second"
        value={rate === null ? '–' : rate < 10 ? rate.toFixed(1) : formatCount(Math.round(rate))}
        note={`${formatCount(opened)} in all`}
        path={paths.sessions()}
        chart={
          <Sparkline points={history.samples.map(({ atMs, opensPerSecond }) => ({ x: atMs, y: opensPerSecond }))} />
        }
      />
      <LatencyNumber name="Warm start, p99" latency={latencyWarm} goalMs={WARM_P99_GOAL_MS} />
      <LatencyNumber name="Cold start, p99" latency={latencyCold} goalMs={COLD_P99_GOAL_MS} />
      <Number
        name="Served warm"
        value={formatShare(fleet.sessionsOpenedWarm, opened) ?? '–'}
        note={opened === 0 ? 'no session yet' : `${formatCount(fleet.sessionsOpenedCold)} cold`}
        path={paths.applications()}
      />
    </ul>
  )
}

type LatencyNumberProps = { readonly name: string; readonly latency: LatencyNumbersFragment; readonly goalMs: number }

function LatencyNumber({ name, latency, goalMs }: LatencyNumberProps) {
  const { p50Ms, p99Ms, count } = latency
  return (
    <Number
      name={name}
      value={p99Ms === null ? '–' : formatMs(p99Ms)}
      note={p50Ms === null ? 'no such start yet' : `p50 ${formatMs(p50Ms)} · ${plural(count, 'start')}`}
      path={paths.sessions()}
      isBad={p99Ms !== null && p99Ms > goalMs}
    />
  )
}

type NumberProps = {
  readonly name: string
  readonly value: string
  readonly unit?: string
  readonly note: string
  readonly path: string
  readonly isBad?: boolean
  readonly chart?: ReactNode
}

function Number({ name, value, unit, note, path, isBad = false, chart }: NumberProps) {
  const [figure, ofIt] = unit === undefined ? splitUnit(value) : [value, unit]
  return (
    <li className="relative flex min-h-28 flex-col overflow-hidden rounded-xl border border-line bg-panel px-4 py-3 transition-colors hover:bg-hover">
      <Link href={path} className="text-xs font-medium text-soft after:absolute after:inset-0">
        {name}
      </Link>
      <p className="mt-1 flex items-baseline gap-1.5">
        <span className={`text-2xl leading-8 font-semibold tracking-tight ${isBad ? 'text-warn' : ''}`}>{figure}</span>{' '}
        {ofIt !== '' && <span className="text-soft">{ofIt}</span>}
      </p>
      <p className={`text-xs ${isBad ? 'text-warn' : 'text-faint'}`}>{note}</p>
      {chart !== undefined && <div className="pointer-events-none absolute inset-x-0 bottom-0">{chart}</div>}
    </li>
  )
}

/** `8.1 ms` as the number, large, and its unit, small. */
function splitUnit(value: string): readonly [string, string] {
  const [figure = value, ...unit] = value.split(' ')
  return [figure, unit.join(' ')]
}
