'use client'
/** Every warm pool: who is short, who sleeps, and what being ready costs. */
import { useMemo } from 'react'
import { applicationsSpec } from '../applications/application-watch.ts'
import { targetWords, wantedIdle } from '../applications/policy-words.ts'
import { PoolLegend, PoolStrip } from '../applications/pool-strip.tsx'
import { shortfallOf } from '../applications/shortfall.ts'
import { formatBytes, formatCount, plural } from '../format/quantity.ts'
import type { ApplicationRowFragment } from '../graphql/generated/documents.ts'
import { useLiveList } from '../live/live-context.tsx'
import type { FirstPage } from '../live/live-list.ts'
import { surfaceStateOf } from '../live/surface-state.ts'
import { paths } from '../path-builder.ts'
import { sortRows, type Column } from '../ui/column.ts'
import { DataTable, idOf } from '../ui/data-table.tsx'
import { Icon } from '../ui/icon.tsx'
import { ListFilter } from '../ui/list-filter.tsx'
import { ListLink } from '../ui/list-link.tsx'
import { Message } from '../ui/message.tsx'
import { Page } from '../ui/page.tsx'
import { RowsSkeleton } from '../ui/skeleton.tsx'
import { Surface } from '../ui/surface.tsx'
import { useListView } from '../ui/use-list-view.ts'

type Row = ApplicationRowFragment

export function PoolsPage({ firstPage }: { readonly firstPage: FirstPage<Row> | null }) {
  const list = useLiveList(applicationsSpec, firstPage)
  const view = useListView('-short')
  const rows = useMemo(
    () =>
      sortRows(
        [...list.items.values()].filter((row) => view.matches(row.name)),
        COLUMNS,
        view.sort,
      ),
    [list.items, view],
  )
  return (
    <Page
      isFilled
      title="Warm pools"
      lead={list.isLoaded ? leadOf([...list.items.values()]) : 'The pods that stand by, and what they cost.'}
      actions={<ListFilter view={view} what="pools" />}
    >
      <div className="flex min-h-0 flex-col overflow-hidden rounded-xl border border-line bg-panel">
        <Surface
          state={surfaceStateOf(list)}
          what="Warm pools"
          className="flex min-h-0 flex-col"
          skeleton={<RowsSkeleton />}
          isEmpty={() => rows.length === 0}
          empty={
            <Message icon="pool" title={list.items.size === 0 ? 'No application is defined yet' : 'No pool matches'} />
          }
        >
          {() => (
            <DataTable
              label="Warm pools"
              columns={COLUMNS}
              rows={rows}
              rowId={idOf}
              isComplete={list.resourceVersion !== null}
              sort={view.sort}
              onSort={view.sortBy}
              minWidth={60}
            />
          )}
        </Surface>
      </div>
      <PoolLegend />
    </Page>
  )
}

function leadOf(rows: readonly Row[]): string {
  const short = rows.filter((row) => shortfallOf(row) > 0).length
  const idle = rows.reduce((sum, { pool }) => sum + pool.standby + pool.hibernated, 0)
  const memory = rows.reduce((sum, { idleMemoryBytes }) => sum + idleMemoryBytes, 0)
  const shortage = short === 0 ? 'none short' : `${formatCount(short)} short`
  return `${plural(rows.length, 'pool')}, ${shortage}; ${plural(idle, 'idle pod')} keep ${formatBytes(memory)} booked.`
}

const COLUMNS: readonly Column<Row>[] = [
  {
    id: 'name',
    header: 'Application',
    width: 12,
    cell: ({ name, problem }) => (
      <ListLink
        href={paths.application(name)}
        data-row-link
        className="flex items-center gap-1.5 font-medium hover:underline"
      >
        {problem !== null && <Icon name="warning" className="text-danger" />}
        <span className="truncate">{name}</span>
        {problem !== null && <span className="sr-only">has a problem</span>}
      </ListLink>
    ),
    sortBy: ({ name }) => name,
  },
  {
    id: 'pods',
    header: 'Pods',
    cell: ({ pool, name }) => <PoolStrip pool={pool} label={`Pods of ${name}`} />,
    sortBy: ({ pool }) => pool.total,
  },
  {
    id: 'idle',
    header: 'Idle',
    width: 6.5,
    align: 'end',
    cell: ({ pool, scalingPolicy }) => {
      const wanted = wantedIdle(scalingPolicy, pool.total)
      return (
        <>
          {formatCount(pool.standby + pool.hibernated)}
          {wanted !== null && <span className="text-faint"> of {formatCount(wanted)}</span>}
        </>
      )
    },
    sortBy: ({ pool }) => pool.standby + pool.hibernated,
  },
  {
    id: 'short',
    header: 'Short by',
    width: 5.5,
    align: 'end',
    cell: (row) => {
      const short = shortfallOf(row)
      return <span className={short > 0 ? 'font-semibold text-warn' : 'text-faint'}>{formatCount(short)}</span>
    },
    sortBy: shortfallOf,
  },
  {
    id: 'waiting',
    header: 'Waiting',
    width: 5.5,
    align: 'end',
    cell: ({ waitingSessionCount: waiting, name }) =>
      waiting === 0 ? (
        <span className="text-faint">0</span>
      ) : (
        <ListLink
          href={paths.sessions({ application: name, phases: ['PENDING'] })}
          className="font-semibold text-warn underline underline-offset-2"
        >
          {formatCount(waiting)}
        </ListLink>
      ),
    sortBy: ({ waitingSessionCount }) => waitingSessionCount,
  },
  {
    id: 'policy',
    header: 'Target',
    width: 8,
    cell: ({ scalingPolicy }) => targetWords(scalingPolicy),
  },
  {
    id: 'memory',
    header: 'Idle memory',
    width: 7,
    align: 'end',
    cell: ({ idleMemoryBytes: bytes }) => <span className={bytes === 0 ? 'text-faint' : ''}>{formatBytes(bytes)}</span>,
    sortBy: ({ idleMemoryBytes }) => idleMemoryBytes,
  },
]
