'use client'
/** Which sessions there are: live, and further back as far as one cares to look. */
import { useQueryStates } from 'nuqs'
import { useMemo, useState } from 'react'
import { formatCount, plural } from '../format/quantity.ts'
import type { SessionRowFragment } from '../graphql/generated/documents.ts'
import { useLiveList } from '../live/live-context.tsx'
import type { FirstPage, LiveListState } from '../live/live-list.ts'
import { surfaceStateOf } from '../live/surface-state.ts'
import { DataTable, idOf, LINE_ROW_HEIGHT } from '../ui/data-table.tsx'
import { markColumn } from '../ui/mark-column.tsx'
import { Message } from '../ui/message.tsx'
import { OrderMemory, type RowOrder } from '../ui/ordered-rows.ts'
import { Page } from '../ui/page.tsx'
import { RowsSkeleton } from '../ui/skeleton.tsx'
import { Surface } from '../ui/surface.tsx'
import { useListView, type ListView } from '../ui/use-list-view.ts'
import { BulkClose } from './bulk-close.tsx'
import { OlderSessions } from './older-sessions.tsx'
import { OpenSessionButton } from './open-session-dialog.tsx'
import { SESSION_COLUMNS } from './session-columns.tsx'
import { SessionFilters } from './session-filters.tsx'
import { sessionsSpec } from './session-watch.ts'
import { isNarrowed, SESSIONS_WHERE, type SessionsWhere } from './sessions-where.ts'

type Row = SessionRowFragment

export function SessionsPage({ firstPage }: { readonly firstPage: FirstPage<Row> | null }) {
  const [{ phase: phases, ...rest }, setFilters] = useQueryStates(SESSIONS_WHERE)
  const key = JSON.stringify({ ...rest, phases })
  // oxlint-disable-next-line react/exhaustive-deps -- The text says whether it is narrowed to something else.
  const where = useMemo<SessionsWhere>(() => ({ ...rest, phases }), [key])
  const spec = useMemo(() => sessionsSpec(where), [where])
  const list = useLiveList(spec, firstPage)
  const view = useListView('-created')
  const rows = useOrdered(list, view)
  const marks = useMarks(rows)
  const isFiltered = isNarrowed(where) || view.words !== ''
  const clear = (): void => {
    view.clear()
    void setFilters(null)
  }
  return (
    <Page
      isFilled
      title="Sessions"
      lead={list.isLoaded ? leadOf(rows, isFiltered) : 'Each is one use of an application.'}
      actions={<OpenSessionButton application={where.application} />}
    >
      <SessionFilters where={where} view={view} set={(next) => void setFilters(next)} />
      {marks.marked.length > 0 && <BulkClose marked={marks.marked} clear={marks.clear} />}
      <div className="flex min-h-0 flex-col overflow-hidden rounded-xl border border-line bg-panel">
        <Surface
          state={surfaceStateOf(list)}
          what="Sessions"
          className="flex min-h-0 flex-col"
          skeleton={<RowsSkeleton />}
          isEmpty={() => rows.length === 0}
          empty={
            <>
              <NoSessions isNarrowed={isFiltered} clear={clear} />
              <OlderSessions key={key} spec={spec} where={where} />
            </>
          }
        >
          {() => (
            <DataTable
              label="Sessions"
              columns={marks.columns}
              rows={rows}
              rowId={idOf}
              isComplete={list.resourceVersion !== null}
              rowHeight={LINE_ROW_HEIGHT}
              sort={view.sort}
              onSort={view.sortBy}
              minWidth={65}
              footer={<OlderSessions key={key} spec={spec} where={where} />}
            />
          )}
        </Surface>
      </div>
    </Page>
  )
}

function useOrdered({ items, change }: LiveListState<Row>, view: ListView): readonly Row[] {
  const [memory] = useState(() => new OrderMemory<Row>())
  const order = useMemo<RowOrder<Row>>(() => {
    const { words, matches, sort } = view
    const isShown = (row: Row): boolean => words === '' || matches(row.id, row.applicationName, row.nodeName)
    return { columns: SESSION_COLUMNS, sort, isShown }
  }, [view])
  return useMemo(() => memory.after({ items, change }, order), [memory, items, change, order])
}

/** Which rows are marked. A row that is gone is no longer. */
function useMarks(rows: readonly Row[]) {
  const [ids, setIds] = useState<ReadonlySet<string>>(NONE)
  const marked = useMemo(() => (ids.size === 0 ? NO_ROWS : rows.filter(({ id }) => ids.has(id))), [ids, rows])
  const columns = useMemo(() => {
    const toggle = (id: string): void =>
      setIds((before) => {
        const after = new Set(before)
        if (!after.delete(id)) after.add(id)
        return after
      })
    return [
      markColumn<Row>({ isMarked: ({ id }) => ids.has(id), toggle: ({ id }) => toggle(id), nameOf: idOf }),
      ...SESSION_COLUMNS,
    ]
  }, [ids])
  return { marked, columns, clear: () => setIds(NONE) }
}

const NONE: ReadonlySet<string> = new Set()
const NO_ROWS: readonly Row[] = []

function NoSessions({ isNarrowed: isFiltered, clear }: { readonly isNarrowed: boolean; readonly clear: () => void }) {
  if (isFiltered)
    return (
      <Message
        icon="search"
        title="No session matches"
        action={
          <button type="button" className="text-ember underline" onClick={clear}>
            Show all sessions
          </button>
        }
      />
    )
  return (
    <Message icon="session" title="No session yet">
      Open one here, or with <code className="font-mono text-xs">npx fornax open APPLICATION</code>; it appears by
      itself.
    </Message>
  )
}

function leadOf(rows: readonly Row[], isFiltered: boolean): string {
  if (isFiltered) return `${plural(rows.length, 'session')} match.`
  let open = 0
  let waiting = 0
  for (const { phase } of rows) {
    if (phase !== 'CLOSED') open += 1
    if (phase === 'PENDING') waiting += 1
  }
  return `${formatCount(open)} open, ${formatCount(waiting)} waiting for a pod.`
}
