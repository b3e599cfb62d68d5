'use client'
/** Which applications starve, and why. */
import { useRouter } from 'next/navigation'
import { plural } from '../format/quantity.ts'
import type { ApplicationRowFragment } from '../graphql/generated/documents.ts'
import { useLiveList } from '../live/live-context.tsx'
import type { FirstPage } from '../live/live-list.ts'
import { surfaceStateOf } from '../live/surface-state.ts'
import { paths } from '../path-builder.ts'
import { Button } from '../ui/button.tsx'
import { sortRows } from '../ui/column.ts'
import { DataTable, idOf } from '../ui/data-table.tsx'
import { ListFilter } from '../ui/list-filter.tsx'
import { Message } from '../ui/message.tsx'
import { Page } from '../ui/page.tsx'
import { RowsSkeleton } from '../ui/skeleton.tsx'
import { Surface } from '../ui/surface.tsx'
import { useListView } from '../ui/use-list-view.ts'
import { useRole } from '../viewer/viewer-context.tsx'
import { whyNoApplications } from '../viewer/viewer-rules.ts'
import { APPLICATION_COLUMNS } from './application-columns.tsx'
import { applicationsSpec } from './application-watch.ts'
import { PoolLegend } from './pool-strip.tsx'

type Row = ApplicationRowFragment

export function ApplicationsPage({ firstPage }: { readonly firstPage: FirstPage<Row> | null }) {
  const list = useLiveList(applicationsSpec, firstPage)
  const view = useListView('name')
  const all = [...list.items.values()]
  const rows = sortRows(
    all.filter((row) => view.matches(row.name, row.version.image)),
    APPLICATION_COLUMNS,
    view.sort,
  )
  return (
    <Page
      isFilled
      title="Applications"
      lead={list.isLoaded ? leadOf(all) : 'What sessions run, and the pods kept warm for them.'}
      actions={
        <>
          <ListFilter view={view} what="applications" />
          <NewApplicationLink />
        </>
      }
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
              columns={APPLICATION_COLUMNS}
              rows={rows}
              rowId={idOf}
              isComplete={list.resourceVersion !== null}
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
      Define one here, or with <code className="font-mono text-xs">npx fornax apply -f app.yaml</code>; it appears by
      itself.
    </Message>
  )
}

function NewApplicationLink() {
  const router = useRouter()
  const reason = whyNoApplications(useRole())
  return (
    <Button look="primary" icon="plus" disabledReason={reason} onClick={() => router.push(paths.newApplication())}>
      New application
    </Button>
  )
}

function leadOf(applications: readonly Row[]): string {
  const troubled = applications.filter((application) => application.problem !== null).length
  const waiting = applications.reduce((sum, application) => sum + application.waitingSessionCount, 0)
  const trouble = troubled === 0 ? 'all as asked' : `${troubled} with a problem`
  const queue = waiting === 0 ? 'no session waits' : `${plural(waiting, 'session')} waiting`
  return `${plural(applications.length, 'application')}, ${trouble}; ${queue} for a pod.`
}
