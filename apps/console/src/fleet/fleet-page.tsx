'use client'
/** Is the fleet all right? */
import Link from 'next/link'
import { applicationsSpec } from '../applications/application-watch.ts'
import { formatCount } from '../format/quantity.ts'
import type {
  ApplicationRowFragment,
  FleetOverviewQuery,
  NodeRowFragment,
  SessionRowFragment,
} from '../graphql/generated/documents.ts'
import { useLiveList } from '../live/live-context.tsx'
import type { FirstPage } from '../live/live-list.ts'
import { surfaceStateOf } from '../live/surface-state.ts'
import { nodesSpec } from '../nodes/node-watch.ts'
import { paths } from '../path-builder.ts'
import { OpenSessionButton } from '../sessions/open-session-dialog.tsx'
import { SESSION_COLUMNS } from '../sessions/session-columns.tsx'
import { Message } from '../ui/message.tsx'
import { Page, Panel } from '../ui/page.tsx'
import { Glyph } from '../ui/phase-mark.tsx'
import { PlainTable } from '../ui/plain-table.tsx'
import { RowsSkeleton } from '../ui/skeleton.tsx'
import { Surface } from '../ui/surface.tsx'
import { FleetNumbers } from './fleet-numbers.tsx'
import { troublesOf, type Trouble } from './fleet-verdict.ts'
import { useFleetReading } from './use-fleet-reading.ts'
import { WarmPools } from './warm-pools.tsx'

export type FleetPageProps = {
  readonly overview: FleetOverviewQuery | null
  readonly nodes: FirstPage<NodeRowFragment> | null
  readonly applications: FirstPage<ApplicationRowFragment> | null
}

const RECENT_COLUMNS = SESSION_COLUMNS.filter(({ id }) => id !== 'clients' && id !== 'actions')

export function FleetPage(first: FleetPageProps) {
  const nodes = useLiveList(nodesSpec, first.nodes)
  const applications = useLiveList(applicationsSpec, first.applications)
  const reading = useFleetReading(first.overview)
  const isKnown = nodes.isLoaded && applications.isLoaded
  const state = surfaceStateOf(applications)
  const isStale = state.kind === 'ready' && state.isStale
  return (
    <Page
      title="Fleet"
      lead={
        isKnown ? (
          <Verdict troubles={troublesOf([...nodes.items.values()], [...applications.items.values()])} />
        ) : (
          'Is it all right?'
        )
      }
      actions={<OpenSessionButton application={null} />}
    >
      <div className={isStale ? 'stale' : 'fresh'}>
        {reading === null ? <NumbersSkeleton /> : <FleetNumbers {...reading} />}
      </div>
      <Panel title="Warm pools">
        <Surface
          state={state}
          what="Warm pools"
          skeleton={<RowsSkeleton rows={3} />}
          isEmpty={({ size }) => size === 0}
          empty={
            <Message icon="application" title="No application is defined yet">
              Define one with <code className="font-mono text-xs">npx fornax apply -f app.yaml</code>.
            </Message>
          }
        >
          {(items) => <WarmPools applications={[...items.values()]} />}
        </Surface>
      </Panel>
      <Panel
        title="Recent sessions"
        aside={
          <Link
            href={paths.sessions()}
            className="text-soft underline decoration-line-strong underline-offset-2 hover:text-text"
          >
            All sessions
          </Link>
        }
      >
        <div className={isStale ? 'stale' : 'fresh'}>
          {reading === null ? <RowsSkeleton rows={4} /> : <RecentSessions overview={reading.overview} />}
        </div>
      </Panel>
    </Page>
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

function RecentSessions({ overview }: { readonly overview: FleetOverviewQuery }) {
  const rows: readonly SessionRowFragment[] = overview.sessions.edges.map(({ node }) => node)
  if (rows.length === 0)
    return (
      <Message icon="session" title="No session yet">
        Open one here, or with <code className="font-mono text-xs">npx fornax open APPLICATION</code>.
      </Message>
    )
  return <PlainTable label="Recent sessions" columns={RECENT_COLUMNS} rows={rows} rowId={({ id }) => id} />
}

function NumbersSkeleton() {
  return (
    <div className="grid grid-cols-2 gap-3 md:grid-cols-3 xl:grid-cols-6" aria-busy>
      {['nodes', 'sessions', 'rate', 'warm', 'cold', 'share'].map((name) => (
        <div key={name} className="flex min-h-28 flex-col gap-3 rounded-xl border border-line bg-panel px-4 py-3">
          <div className="skeleton h-3 w-24" />
          <div className="skeleton h-7 w-16" />
          <div className="skeleton h-3 w-32" />
        </div>
      ))}
    </div>
  )
}
