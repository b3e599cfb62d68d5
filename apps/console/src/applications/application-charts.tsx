'use client'
/** An application over the last hour: its pool against its policy, and how fast its sessions opened. */
import dynamic from 'next/dynamic'
import { formatMs } from '../format/duration.ts'
import { formatShare, plural } from '../format/quantity.ts'
import type { ApplicationHistoryQuery, ApplicationLatencyQuery } from '../graphql/generated/documents.ts'
import { surfaceOf, type LiveAnswer } from '../live/use-live-query.ts'
import { paths } from '../path-builder.ts'
import { instantMs } from '../time/instant.ts'
import { ChartSkeleton } from '../ui/skeleton.tsx'
import { MoreLink, Panel } from '../ui/page.tsx'
import { Surface } from '../ui/surface.tsx'

/** Charts are heavy, and the page says most without them. */
const TimeChart = dynamic(() => import('../charts/time-chart.tsx').then((module) => module.TimeChart), {
  ssr: false,
  loading: () => <ChartSkeleton />,
})

type PoolHistory = Extract<
  NonNullable<ApplicationHistoryQuery['node']>,
  { readonly poolHistory: unknown }
>['poolHistory']

export function PoolOverTime({ answer }: { readonly answer: LiveAnswer<ApplicationHistoryQuery> }) {
  const rate = historyOf(answer.value)?.hitRate ?? null
  return (
    <Panel
      title="Pool over the last hour"
      aside={rate !== null && <span className="text-soft">{formatShare(rate, 1)} served warm</span>}
    >
      {/* As high before the chart is there as with it: nothing below moves. */}
      <div className="min-h-68 p-4">
        <Surface
          state={surfaceOf(answer)}
          what="The history of the pool"
          skeleton={<ChartSkeleton />}
          isEmpty={(value) => (historyOf(value)?.points.length ?? 0) < 2}
          empty={
            <p className="py-6 text-center text-soft">Nothing is known yet; the first points come within a minute.</p>
          }
        >
          {(value) => <PoolChart points={historyOf(value)?.points ?? []} />}
        </Surface>
      </div>
    </Panel>
  )
}

function historyOf(value: ApplicationHistoryQuery | null): PoolHistory | null {
  const node = value?.node ?? null
  return node !== null && 'poolHistory' in node ? node.poolHistory : null
}

function PoolChart({ points }: { readonly points: PoolHistory['points'] }) {
  return (
    <TimeChart
      label="Pods of the pool over the last hour"
      times={points.map(({ at }) => instantMs(at))}
      format={(value) => String(Number(value.toFixed(1)))}
      series={[
        { name: 'standby', colour: '--fill-ready', look: 'area', values: points.map(({ standby }) => standby) },
        { name: 'hibernated', colour: '--fill-asleep', look: 'step', values: points.map((point) => point.hibernated) },
        { name: 'claimed', colour: '--fill-busy', look: 'step', values: points.map(({ claimed }) => claimed) },
        { name: 'creating', colour: '--fill-starting', look: 'step', values: points.map(({ creating }) => creating) },
        { name: 'waiting', colour: '--danger', look: 'step', values: points.map(({ waitingMax }) => waitingMax) },
        { name: 'low', colour: '--line-strong', look: 'dash', values: points.map(({ low }) => low) },
        { name: 'high', colour: '--line-strong', look: 'dash', values: points.map(({ high }) => high) },
      ]}
    />
  )
}

type LatencyProps = { readonly answer: LiveAnswer<ApplicationLatencyQuery>; readonly name: string }

export function LatencyOverTime({ answer, name }: LatencyProps) {
  return (
    <Panel title="Time to open" aside={<MoreLink href={paths.latency({ application: name })}>Latency</MoreLink>}>
      <div className="min-h-60 p-4">
        <Surface
          state={surfaceOf(answer)}
          what="The latency"
          skeleton={<ChartSkeleton />}
          isEmpty={({ latencyHistory }) => latencyHistory.total.count === 0}
          empty={<p className="py-6 text-center text-soft">No session was opened in the last hour.</p>}
        >
          {({ latencyHistory: { slices, total } }) => (
            <>
              <p className="mb-2 text-xs text-soft">
                {plural(total.count, 'session')}, p50 {msText(total.p50Ms)}, p99 {msText(total.p99Ms)}
              </p>
              <TimeChart
                label="Time to open over the last hour"
                isLog
                height={150}
                times={slices.map(({ at }) => instantMs(at))}
                format={formatMs}
                series={[
                  { name: 'p50', colour: '--fill-ready', values: slices.map(({ percentiles }) => percentiles.p50Ms) },
                  { name: 'p99', colour: '--ember', values: slices.map(({ percentiles }) => percentiles.p99Ms) },
                ]}
              />
            </>
          )}
        </Surface>
      </div>
    </Panel>
  )
}

function msText(ms: number | null): string {
  return ms === null ? '–' : formatMs(ms)
}
