'use client'
/** Is the fleet all right? */
import dynamic from 'next/dynamic'
import Link from 'next/link'
import { useRouter } from 'next/navigation'
import { useMemo } from 'react'
import { applicationsSpec } from '../applications/application-watch.ts'
import { EventsPanel } from '../events/events-panel.tsx'
import { formatCount } from '../format/quantity.ts'
import {
  FleetHistoryDocument,
  FleetOverviewDocument,
  type ApplicationRowFragment,
  type FleetHistoryQuery,
  type FleetOverviewQuery,
  type NodeRowFragment,
} from '../graphql/generated/documents.ts'
import { useLiveList } from '../live/live-context.tsx'
import type { FirstPage } from '../live/live-list.ts'
import { surfaceStateOf } from '../live/surface-state.ts'
import { useLiveQuery } from '../live/use-live-query.ts'
import { HostMapLegend } from '../nodes/host-map-legend.tsx'
import { nodesSpec } from '../nodes/node-watch.ts'
import { paths } from '../path-builder.ts'
import { OpenSessionButton } from '../sessions/open-session-dialog.tsx'
import { Message } from '../ui/message.tsx'
import { MoreLink, Page, Panel } from '../ui/page.tsx'
import { Glyph } from '../ui/phase-mark.tsx'
import { ChartSkeleton, RowsSkeleton } from '../ui/skeleton.tsx'
import { Surface } from '../ui/surface.tsx'
import { FleetNumbers } from './fleet-numbers.tsx'
import { fleetNumbers } from './fleet-trend.ts'
import { troublesOf, type Trouble } from './fleet-verdict.ts'
import { WarmPools } from './warm-pools.tsx'

const HostMap = dynamic(() => import('../nodes/host-map.tsx').then((module) => module.HostMap), {
  ssr: false,
  loading: () => <ChartSkeleton height={MAP_HEIGHT} />,
})

const MAP_HEIGHT = 220

export type FleetPageProps = {
  readonly overview: FleetOverviewQuery | null
  readonly history: FleetHistoryQuery | null
  readonly nodes: FirstPage<NodeRowFragment> | null
  readonly applications: FirstPage<ApplicationRowFragment> | null
}

/** Each part follows what it shows by itself: what changes in one draws none of the others anew. */
export function FleetPage(first: FleetPageProps) {
  return (
    <Page title="Fleet" lead={<Lead first={first} />} actions={<OpenSessionButton application={null} />}>
      <Numbers first={first} />
      <div className="grid items-start gap-5 xl:grid-cols-2">
        <NodesPanel first={first} />
        <PoolsPanel first={first} />
      </div>
      <LatestEvents />
    </Page>
  )
}

type PartProps = { readonly first: FleetPageProps }

function Lead({ first }: PartProps) {
  const nodes = useLiveList(nodesSpec, first.nodes)
  const applications = useLiveList(applicationsSpec, first.applications)
  const troubles = useMemo(
    () => troublesOf([...nodes.items.values()], [...applications.items.values()]),
    [nodes.items, applications.items],
  )
  return nodes.isLoaded && applications.isLoaded ? <Verdict troubles={troubles} /> : 'Is it all right?'
}

function LatestEvents() {
  return <EventsPanel title="Latest events" where={EVERYTHING} />
}

function PoolsPanel({ first }: PartProps) {
  const list = useLiveList(applicationsSpec, first.applications)
  return (
    <Panel title="Warm pools" aside={<MoreLink href={paths.pools()}>All pools</MoreLink>}>
      <Surface
        state={surfaceStateOf(list)}
        what="Warm pools"
        skeleton={<RowsSkeleton rows={3} />}
        isEmpty={({ size }) => size === 0}
        empty={
          <Message
            icon="application"
            title="No application is defined yet"
            action={<MoreLink href={paths.newApplication()}>Define one here</MoreLink>}
          >
            Or with <code className="font-mono text-xs">npx fornax apply -f app.yaml</code>.
          </Message>
        }
      >
        {(items) => <WarmPools applications={[...items.values()]} />}
      </Surface>
    </Panel>
  )
}

const EVERYTHING = {}
const HISTORY_PACE_MS = 5_000

/** Counted again whenever an application has changed; what is known of the last hour, at a slower pace. */
function Numbers({ first }: PartProps) {
  const changed = useLiveList(applicationsSpec, first.applications).items
  const overview = useLiveQuery(FleetOverviewDocument, {}, { first: first.overview, on: changed })
  const history = useLiveQuery(FleetHistoryDocument, {}, { first: first.history, paceMs: HISTORY_PACE_MS }).value
  const { value, failedSinceMs } = overview
  return useMemo(
    () => (
      <div className={failedSinceMs === null ? 'fresh' : 'stale'}>
        {value === null ? (
          <NumbersSkeleton />
        ) : (
          <FleetNumbers numbers={fleetNumbers(value.fleet, history?.fleetHistory ?? null)} />
        )}
      </div>
    ),
    [value, failedSinceMs, history],
  )
}

function NodesPanel({ first }: PartProps) {
  const list = useLiveList(nodesSpec, first.nodes)
  const router = useRouter()
  return (
    <Panel title="Nodes" aside={<MoreLink href={paths.nodes()}>All nodes</MoreLink>}>
      <Surface
        state={surfaceStateOf(list)}
        what="Nodes"
        skeleton={<ChartSkeleton height={MAP_HEIGHT} />}
        isEmpty={({ size }) => size === 0}
        empty={
          <Message icon="node" title="No node has joined yet">
            Settings say how one joins.
          </Message>
        }
      >
        {(items) => (
          <>
            <div className="p-4">
              <HostMap
                nodes={items}
                grouping="none"
                fillId="memory-booked"
                selected={null}
                onSelect={(name) => router.push(paths.node(name))}
                heightMax={MAP_HEIGHT}
              />
            </div>
            <HostMapLegend fillId="memory-booked" nodes={items} />
          </>
        )}
      </Surface>
    </Panel>
  )
}

function Verdict({ troubles }: { readonly troubles: readonly Trouble[] }) {
  return (
    <div role="status" aria-label="Verdict">
      {troubles.length === 0 ? 'Everything is as it was asked to be.' : <Troubles troubles={troubles} />}
    </div>
  )
}

const TROUBLES_MAX = 4

function Troubles({ troubles }: { readonly troubles: readonly Trouble[] }) {
  const more = troubles.length - TROUBLES_MAX
  return (
    <ul className="flex flex-col">
      {troubles.slice(0, TROUBLES_MAX).map(({ tone, text, path }) => (
        <li key={text} className="flex items-center gap-1.5">
          <Glyph tone={tone} />
          <Link href={path} className={`hover:underline ${tone === 'danger' ? 'text-danger' : 'text-warn'}`}>
            {text}
          </Link>
        </li>
      ))}
      {more > 0 && <li>and {formatCount(more)} more</li>}
    </ul>
  )
}

function NumbersSkeleton() {
  return (
    <div className="grid grid-cols-2 gap-3 md:grid-cols-3 xl:grid-cols-6" aria-busy>
      {['nodes', 'sessions', 'rate', 'warm', 'cold', 'share'].map((name) => (
        <div key={name} className="flex min-h-32 flex-col gap-3 rounded-xl border border-line bg-panel px-4 py-3">
          <div className="skeleton h-3 w-24" />
          <div className="skeleton h-7 w-16" />
          <div className="skeleton h-3 w-32" />
        </div>
      ))}
    </div>
  )
}
