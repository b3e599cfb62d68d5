'use client'
/** How fast sessions open: over time, as a whole, in which phase, and of which application. */
import dynamic from 'next/dynamic'
import { useRouter } from 'next/navigation'
import { useQueryStates } from 'nuqs'
import { HEATMAP_HEIGHT } from '../charts/heatmap-size.ts'
import { formatMs } from '../format/duration.ts'
import { plural } from '../format/quantity.ts'
import {
  ApplicationNamesDocument,
  LatencyHistoryDocument,
  ObjectivesDocument,
  type LatencyHistoryQuery,
  type LatencyHistoryQueryVariables,
} from '../graphql/generated/documents.ts'
import { surfaceOf, useLiveQuery } from '../live/use-live-query.ts'
import { paths } from '../path-builder.ts'
import { instantMs, instantOf } from '../time/instant.ts'
import { Message } from '../ui/message.tsx'
import { Page, Panel } from '../ui/page.tsx'
import { Pick, Segmented } from '../ui/segmented.tsx'
import { ChartSkeleton } from '../ui/skeleton.tsx'
import { Surface } from '../ui/surface.tsx'
import { useQuery } from '../ui/use-query.ts'
import { PercentileCurve } from '../charts/percentile-curve.tsx'
import { LatencyByApplication } from './latency-by-application.tsx'
import { LatencyPhases } from './latency-phases.tsx'
import { LATENCY_VIEW, SPAN_MS, SPAN_NAMES, SPAN_WORDS, SPANS } from './latency-view.ts'

type History = LatencyHistoryQuery['latencyHistory']

const loading = () => <ChartSkeleton />
const Heatmap = dynamic(() => import('../charts/heatmap.tsx').then((module) => module.Heatmap), {
  ssr: false,
  loading: () => <ChartSkeleton height={HEATMAP_HEIGHT} />,
})
const TimeChart = dynamic(() => import('../charts/time-chart.tsx').then((module) => module.TimeChart), {
  ssr: false,
  loading,
})

const PACE_MS = 5_000
const NO_GOALS: readonly number[] = []

export function LatencyPage() {
  const [{ application, start, span }, set] = useQueryStates(LATENCY_VIEW)
  const names = useQuery(ApplicationNamesDocument)?.applications.edges.map(({ node }) => node.name) ?? []
  const answer = useLatency({ application, start, spanMs: SPAN_MS[span] })
  const total = answer.value?.latencyHistory.total
  return (
    <Page
      title="Latency"
      lead={
        total === undefined ? 'From asking for a session until clients can reach it.' : leadOf(total, SPAN_NAMES[span])
      }
      actions={
        <Segmented
          label="Time"
          value={span}
          options={SPANS.map((id) => ({ id, name: SPAN_WORDS[id] }))}
          onChange={(next) => void set({ span: next })}
        />
      }
    >
      <div className="flex flex-wrap items-center gap-2">
        <Pick
          label="Application"
          value={application ?? ''}
          options={[{ id: '', name: 'all' }, ...names.map((name) => ({ id: name, name }))]}
          onChange={(id) => void set({ application: id === '' ? null : id })}
        />
        <Segmented
          label="Starts"
          value={start ?? 'ANY'}
          options={STARTS}
          onChange={(id) => void set({ start: id === 'ANY' ? null : id })}
        />
      </div>
      <Surface
        state={surfaceOf(answer)}
        what="Latencies"
        skeleton={<ChartSkeleton height={420} />}
        isEmpty={({ latencyHistory }) => latencyHistory.total.count === 0}
        empty={
          <div className="rounded-xl border border-line bg-panel">
            <Message icon="latency" title="No session was opened in this time">
              Open one, or look further back.
            </Message>
          </div>
        }
      >
        {({ latencyHistory }) => <Charts history={latencyHistory} application={application} start={start} />}
      </Surface>
    </Page>
  )
}

const STARTS = [
  { id: 'ANY', name: 'Warm and cold' },
  { id: 'WARM', name: 'Warm' },
  { id: 'COLD', name: 'Cold' },
] as const

type Asked = { readonly application: string | null; readonly start: 'WARM' | 'COLD' | null; readonly spanMs: number }

function useLatency({ application, start, spanMs }: Asked) {
  const where = { ...(application === null ? {} : { application }), ...(start === null ? {} : { start }) }
  return useLiveQuery<LatencyHistoryQuery, LatencyHistoryQueryVariables>(
    LatencyHistoryDocument,
    { where },
    {
      paceMs: PACE_MS,
      key: JSON.stringify([where, spanMs]),
      at: (nowMs) => ({ where, window: { from: instantOf(nowMs - spanMs) } }),
    },
  )
}

type ChartsProps = {
  readonly history: History
  readonly application: string | null
  readonly start: 'WARM' | 'COLD' | null
}

function Charts({ history, application, start }: ChartsProps) {
  const router = useRouter()
  const objectives = useQuery(ObjectivesDocument)?.fleetHistory.objectives
  const goals = objectives === undefined ? NO_GOALS : goalsOf(objectives, start)
  const { rows, slices, stepMs, curve, phases, applications } = history
  return (
    <div className="flex flex-col gap-5">
      <Panel
        title="Every session, by when and how long"
        aside={<span className="text-xs text-faint">a cell leads to its sessions</span>}
      >
        <div className="p-4">
          <Heatmap
            label="Sessions by time and latency"
            rows={rows}
            columns={slices}
            stepMs={stepMs}
            goalsMs={goals}
            onChoose={({ column, row }) =>
              router.push(
                paths.sessions({
                  ...(application === null ? {} : { application }),
                  ...(start === null ? {} : { start }),
                  from: instantMs(column.at),
                  until: instantMs(column.at) + stepMs,
                  fromMs: row.fromMs,
                  ...(row.toMs === null ? {} : { belowMs: row.toMs }),
                }),
              )
            }
          />
        </div>
      </Panel>
      <Panel title="Percentiles over time">
        <div className="p-4">
          <Percentiles slices={slices} />
        </div>
      </Panel>
      <div className="grid items-start gap-5 lg:grid-cols-2">
        <Panel title="Percentile curve">
          <div className="p-4">
            <PercentileCurve points={curve} />
          </div>
        </Panel>
        <Panel title="Where the time goes">
          <LatencyPhases phases={phases} />
        </Panel>
      </div>
      <Panel title="By application">
        <LatencyByApplication rows={applications} objectives={objectives ?? null} />
      </Panel>
    </div>
  )
}

function Percentiles({ slices }: { readonly slices: History['slices'] }) {
  return (
    <TimeChart
      label="Percentiles over time"
      isLog
      times={slices.map(({ at }) => instantMs(at))}
      format={formatMs}
      series={[
        { name: 'p50', colour: '--fill-ready', values: slices.map(({ percentiles }) => percentiles.p50Ms) },
        { name: 'p90', colour: '--fill-busy', values: slices.map(({ percentiles }) => percentiles.p90Ms) },
        { name: 'p99', colour: '--ember', values: slices.map(({ percentiles }) => percentiles.p99Ms) },
        { name: 'p99.9', colour: '--danger', values: slices.map(({ percentiles }) => percentiles.p999Ms) },
      ]}
    />
  )
}

type Objectives = { readonly warmP99Ms: number; readonly coldP99Ms: number }

const goalsByStart = new WeakMap<Objectives, Map<string, readonly number[]>>()

/** The same list for the same objectives: another one would be drawn anew. */
function goalsOf(objectives: Objectives, start: 'WARM' | 'COLD' | null): readonly number[] {
  const known = goalsByStart.get(objectives) ?? new Map<string, readonly number[]>()
  goalsByStart.set(objectives, known)
  const key = start ?? 'ANY'
  const goals = known.get(key) ?? [
    ...(start === 'COLD' ? [] : [objectives.warmP99Ms]),
    ...(start === 'WARM' ? [] : [objectives.coldP99Ms]),
  ]
  known.set(key, goals)
  return goals
}

function leadOf({ count, p50Ms, p99Ms, maxMs }: History['total'], span: string): string {
  if (p50Ms === null || p99Ms === null || maxMs === null) return `Nothing was opened in the last ${span}.`
  return `${plural(count, 'session')} in the last ${span}: half of them in ${formatMs(p50Ms)}, 99 % in ${formatMs(p99Ms)}, the slowest in ${formatMs(maxMs)}.`
}
