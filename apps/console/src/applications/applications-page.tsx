'use client'
/** Which applications starve, and why. */
import { parseAsString, useQueryState } from 'nuqs'
import { useMemo } from 'react'
import { plural } from '../format/quantity.ts'
import type { ApplicationRowFragment } from '../graphql/generated/documents.ts'
import { useLiveList } from '../live/live-context.tsx'
import type { FirstPage } from '../live/live-list.ts'
import { surfaceStateOf } from '../live/surface-state.ts'
import { sortRows } from '../ui/column.ts'
import { DataTable } from '../ui/data-table.tsx'
import { ListFilter } from '../ui/list-filter.tsx'
import { Message } from '../ui/message.tsx'
import { Page } from '../ui/page.tsx'
import { RowsSkeleton } from '../ui/skeleton.tsx'
import { Surface } from '../ui/surface.tsx'
import { useListView } from '../ui/use-list-view.ts'
import { applicationColumns } from './application-columns.tsx'
import { ApplicationDetails } from './application-details.tsx'
import { applicationsSpec } from './application-watch.ts'
import { PoolLegend } from './pool-strip.tsx'

type Row = ApplicationRowFragment

export function ApplicationsPage({ firstPage }: { readonly firstPage: FirstPage<Row> | null }) {
  const list = useLiveList(applicationsSpec, firstPage)
  const view = useListView('name')
  const [open, setOpen] = useQueryState('open', parseAsString)
  const columns = useMemo(
    () => applicationColumns({ open, toggle: (name) => void setOpen(open === name ? null : name) }),
    [open, setOpen],
  )
  const all = [...list.items.values()]
  const rows = sortRows(
    all.filter((row) => view.matches(row.name, row.version.image)),
    columns,
    view.sort,
  )
  return (
    <Page
      isFilled
      title="Applications"
      lead={list.isLoaded ? leadOf(all) : 'What sessions run, and the pods kept warm for them.'}
      actions={<ListFilter view={view} what="applications" />}
    >
      <div className="flex min-h-0 flex-col overflow-hidden rounded-xl border border-line bg-panel">
        <Surface
          state={surfaceStateOf(list)}
          what="Applications"
          className="flex min-h-0 flex-col"
          skeleton={<RowsSkeleton />}
          isEmpty={() => rows.length === 0}
          empty={<NoApplications isFiltered={all.length > 0} />}
        >
          {() => (
            <DataTable
              label="Applications"
              columns={columns}
              rows={rows}
              rowId={(row) => row.id}
              renderDetail={(row) => (row.name === open ? <ApplicationDetails application={row} /> : null)}
              sort={view.sort}
              onSort={view.sortBy}
              minWidth={63}
            />
          )}
        </Surface>
      </div>
      <PoolLegend />
    </Page>
  )
}

function NoApplications({ isFiltered }: { readonly isFiltered: boolean }) {
  if (isFiltered) return <Message icon="search" title="No application matches" />
  return (
    <Message icon="application" title="No application is defined yet">
      Define one with <code className="font-mono text-xs">npx fornax apply -f app.yaml</code>; it appears here by
      itself.
    </Message>
  )
}

function leadOf(applications: readonly Row[]): string {
  const troubled = applications.filter((application) => application.problem !== null).length
  const waiting = applications.reduce((sum, application) => sum + application.waitingSessionCount, 0)
  const trouble = troubled === 0 ? 'all as asked' : `${troubled} with a problem`
  const queue = waiting === 0 ? 'no session waits' : `${plural(waiting, 'session')} waiting`
  return `${plural(applications.length, 'application')}, ${trouble}; ${queue} for a pod.`
}
