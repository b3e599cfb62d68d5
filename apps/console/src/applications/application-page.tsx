'use client'
/** Is the pool of this application right, and if not, why? */
import { useMemo, useState } from 'react'
import { EventsPanel } from '../events/events-panel.tsx'
import { formatBytes, formatCount, plural } from '../format/quantity.ts'
import {
  ApplicationHistoryDocument,
  ApplicationLatencyDocument,
  type ApplicationRowFragment,
} from '../graphql/generated/documents.ts'
import { useLiveList } from '../live/live-context.tsx'
import type { FirstPage } from '../live/live-list.ts'
import { surfaceStateOf } from '../live/surface-state.ts'
import { useLiveQuery } from '../live/use-live-query.ts'
import { paths } from '../path-builder.ts'
import { podsSpec } from '../pods/pod-watch.ts'
import { PodSquares } from '../pods/pod-squares.tsx'
import { PodsTable } from '../pods/pods-table.tsx'
import { Breadcrumb } from '../ui/breadcrumb.tsx'
import { Facts } from '../ui/facts.tsx'
import { Message } from '../ui/message.tsx'
import { MoreLink, Page, Panel } from '../ui/page.tsx'
import { PhaseMark } from '../ui/phase-mark.tsx'
import { RowsSkeleton } from '../ui/skeleton.tsx'
import { Surface } from '../ui/surface.tsx'
import { useViewer } from '../viewer/viewer-context.tsx'
import { ApplicationButtons, PolicyButton } from './application-actions.tsx'
import { LatencyOverTime, PoolOverTime } from './application-charts.tsx'
import { ApplicationProblem } from './application-problem.tsx'
import { ApplicationVersions } from './application-versions.tsx'
import { applicationSpec } from './application-watch.ts'
import { policyFacts, wantedIdle } from './policy-words.ts'

type Row = ApplicationRowFragment

export type ApplicationPageProps = {
  readonly name: string
  /** Null: the viewer's own. */
  readonly tenant: string | null
  readonly firstPage: FirstPage<Row> | null
}

export function ApplicationPage({ name, tenant, firstPage }: ApplicationPageProps) {
  const spec = useMemo(() => applicationSpec(name), [name])
  const list = useLiveList(spec, firstPage)
  const own = useViewer()?.tenant
  const wanted = tenant ?? own
  const all = [...list.items.values()]
  const application = all.find((one) => one.tenant === wanted) ?? (tenant === null ? all[0] : undefined)
  return (
    <Page
      title={<Breadcrumb parent="Applications" path={paths.applications()} name={name} />}
      lead={application === undefined ? undefined : <Lead application={application} />}
      actions={application === undefined ? undefined : <ApplicationButtons application={application} />}
    >
      <Surface
        state={surfaceStateOf(list)}
        what="The application"
        skeleton={<RowsSkeleton />}
        isEmpty={() => application === undefined}
        empty={
          <Message icon="application" title={`No application is named ${name}`}>
            It may have been deleted.
          </Message>
        }
      >
        {() => application !== undefined && <Body application={application} />}
      </Surface>
    </Page>
  )
}

function Lead({ application }: { readonly application: Row }) {
  const { problem, pool, sessionCount, waitingSessionCount, scalingPolicy } = application
  const wanted = wantedIdle(scalingPolicy, pool.total)
  return (
    <span className="flex flex-wrap items-center gap-x-3" role="status" aria-label="State">
      {problem === null ? (
        <PhaseMark tone="ready" word="As asked" />
      ) : (
        <PhaseMark tone="danger" word={problem.kind === 'NO_CAPACITY' ? 'No room' : 'Pods fail'} />
      )}
      <span>
        {plural(sessionCount, 'session')}, {formatCount(pool.standby + pool.hibernated)}
        {wanted === null ? '' : ` of ${formatCount(wanted)}`} idle
      </span>
      {waitingSessionCount > 0 && <span className="text-warn">{formatCount(waitingSessionCount)} waiting</span>}
    </span>
  )
}

function Body({ application }: { readonly application: Row }) {
  const { id, name, problem, scalingPolicy, tenant, idleMemoryBytes } = application
  const history = useLiveQuery(ApplicationHistoryDocument, { id }, { paceMs: 5_000 })
  const latency = useLiveQuery(ApplicationLatencyDocument, { name }, { paceMs: 5_000 })
  return (
    <div className="flex flex-col gap-5">
      {problem !== null && <ApplicationProblem problem={problem} />}
      <div className="grid items-start gap-5 xl:grid-cols-[1fr_22rem]">
        <div className="flex min-w-0 flex-col gap-5">
          <PoolOverTime answer={history} />
          <LatencyOverTime answer={latency} name={name} />
          <Panel title="Versions">
            <ApplicationVersions application={application} />
          </Panel>
          <Pods name={name} />
        </div>
        <div className="flex min-w-0 flex-col gap-5">
          <Panel title="Scaling policy" aside={<PolicyButton application={application} />}>
            <Facts facts={policyFacts(scalingPolicy)} />
          </Panel>
          <Panel title="Facts">
            <Facts
              facts={[
                ['Tenant', tenant],
                ['Idle pods keep booked', formatBytes(idleMemoryBytes)],
                ['Sessions per pod', formatCount(application.version.sessionsPerPod)],
                ['Isolation, at least', application.version.minIsolation.toLowerCase()],
              ]}
            />
          </Panel>
          <EventsPanel title="Events" where={{ application: name }} isNarrow />
        </div>
      </div>
    </div>
  )
}

/** Pods may be many: they are followed only for who wants to see them. */
function Pods({ name }: { readonly name: string }) {
  const [isOpen, setOpen] = useState(false)
  return (
    <Panel
      title="Pods"
      aside={
        <span className="flex items-center gap-4">
          <MoreLink href={paths.sessions({ application: name })}>Sessions</MoreLink>
          <button
            type="button"
            aria-expanded={isOpen}
            onClick={() => setOpen(!isOpen)}
            className="text-soft underline decoration-line-strong underline-offset-2 hover:text-text"
          >
            {isOpen ? 'Hide each pod' : 'Show each pod'}
          </button>
        </span>
      }
    >
      {isOpen ? <EachPod name={name} /> : <p className="px-4 py-3 text-soft">One row for each pod, live.</p>}
    </Panel>
  )
}

function EachPod({ name }: { readonly name: string }) {
  const spec = useMemo(() => podsSpec({ application: name }), [name])
  const list = useLiveList(spec, null)
  const pods = useMemo(() => [...list.items.values()], [list.items])
  return (
    <Surface
      state={surfaceStateOf(list)}
      what="Pods"
      skeleton={<RowsSkeleton rows={3} />}
      isEmpty={({ size }) => size === 0}
      empty={<p className="px-4 py-3 text-soft">It has no pods.</p>}
    >
      {() => (
        <>
          <PodSquares pods={pods} label={`Pods of ${name}`} />
          <PodsTable pods={pods} label={`Pods of ${name}`} without="application" />
        </>
      )}
    </Surface>
  )
}
