'use client'
/** Which sessions there are: live, and further back as far as one cares to look. */
import { useQueryStates } from 'nuqs'
import { useMemo } from 'react'
import { formatCount, plural } from '../format/quantity.ts'
import type { SessionPhase, SessionRowFragment } from '../graphql/generated/documents.ts'
import { useLiveList } from '../live/live-context.tsx'
import type { FirstPage } from '../live/live-list.ts'
import { surfaceStateOf } from '../live/surface-state.ts'
import { sortRows } from '../ui/column.ts'
import { DataTable } from '../ui/data-table.tsx'
import { Icon } from '../ui/icon.tsx'
import { ListFilter } from '../ui/list-filter.tsx'
import { Message } from '../ui/message.tsx'
import { Page } from '../ui/page.tsx'
import { Glyph } from '../ui/phase-mark.tsx'
import { RowsSkeleton } from '../ui/skeleton.tsx'
import { Surface } from '../ui/surface.tsx'
import { useListView, type ListView } from '../ui/use-list-view.ts'
import { OlderSessions } from './older-sessions.tsx'
import { OpenSessionButton } from './open-session-dialog.tsx'
import { SESSION_COLUMNS } from './session-columns.tsx'
import { PHASES_IN_ORDER, SESSION_PHASES } from './session-words.ts'
import { sessionsSpec } from './session-watch.ts'
import { SESSIONS_WHERE, type SessionsWhere } from './sessions-where.ts'

type Row = SessionRowFragment

export function SessionsPage({ firstPage }: { readonly firstPage: FirstPage<Row> | null }) {
  const [{ application, phase: phases }, setFilters] = useQueryStates(SESSIONS_WHERE)
  const spec = useMemo(() => sessionsSpec({ application, phases }), [application, phases])
  const list = useLiveList(spec, firstPage)
  const view = useListView('-created')
  const rows = useMemo(() => {
    const matching = [...list.items.values()].filter((row) => view.matches(row.id, row.applicationName, row.nodeName))
    return sortRows(matching, SESSION_COLUMNS, view.sort)
  }, [list.items, view])
  const isNarrowed = application !== null || phases.length > 0 || view.words !== ''
  const clear = (): void => {
    view.clear()
    void setFilters({ application: null, phase: null })
  }
  return (
    <Page
      isFilled
      title="Sessions"
      lead={list.isLoaded ? leadOf(rows, isNarrowed) : 'Each is one use of an application.'}
      actions={<OpenSessionButton application={application} />}
    >
      <Filters where={{ application, phases }} view={view} set={(next) => void setFilters(next)} />
      <div className="flex min-h-0 flex-col overflow-hidden rounded-xl border border-line bg-panel">
        <Surface
          state={surfaceStateOf(list)}
          what="Sessions"
          className="flex min-h-0 flex-col"
          skeleton={<RowsSkeleton />}
          isEmpty={() => rows.length === 0}
          empty={<NoSessions isNarrowed={isNarrowed} clear={clear} />}
        >
          {() => (
            <DataTable
              label="Sessions"
              columns={SESSION_COLUMNS}
              rows={rows}
              rowId={(row) => row.id}
              sort={view.sort}
              onSort={view.sortBy}
              minWidth={63}
              footer={<OlderSessions spec={spec} where={{ application, phases }} />}
            />
          )}
        </Surface>
      </div>
    </Page>
  )
}

type FiltersProps = {
  readonly where: SessionsWhere
  readonly view: ListView
  readonly set: (next: { readonly application?: null; readonly phase?: SessionPhase[] | null }) => void
}

function Filters({ where, view, set }: FiltersProps) {
  const { application, phases } = where
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
      <PhaseFilter phases={phases} onChange={(next) => set({ phase: next.length === 0 ? null : [...next] })} />
      {application !== null && <ApplicationFilter application={application} clear={() => set({ application: null })} />}
      <div className="ml-auto">
        <ListFilter view={view} what="sessions" />
      </div>
    </div>
  )
}

type PhaseFilterProps = {
  readonly phases: readonly SessionPhase[]
  readonly onChange: (phases: readonly SessionPhase[]) => void
}

function PhaseFilter({ phases, onChange }: PhaseFilterProps) {
  return (
    <div role="group" aria-label="Phases" className="flex flex-wrap gap-1.5">
      {PHASES_IN_ORDER.map((phase) => {
        const isOn = phases.includes(phase)
        const { tone, word } = SESSION_PHASES[phase]
        return (
          <button
            key={phase}
            type="button"
            aria-pressed={isOn}
            onClick={() => onChange(isOn ? phases.filter((other) => other !== phase) : [...phases, phase])}
            className={`inline-flex h-7 items-center gap-1.5 rounded-full border px-2.5 text-xs font-medium transition-colors ${isOn ? 'border-line-strong bg-hover text-text' : 'border-line text-soft hover:bg-hover'}`}
          >
            <Glyph tone={tone} />
            {word}
          </button>
        )
      })}
    </div>
  )
}

function ApplicationFilter({ application, clear }: { readonly application: string; readonly clear: () => void }) {
  return (
    <button
      type="button"
      onClick={clear}
      aria-label={`Show sessions of all applications, not only ${application}`}
      className="inline-flex h-7 items-center gap-1.5 rounded-full border border-ember/50 bg-ember-soft px-2.5 text-xs font-medium text-ember"
    >
      {application}
      <Icon name="close" className="!size-3" />
    </button>
  )
}

function NoSessions({ isNarrowed, clear }: { readonly isNarrowed: boolean; readonly clear: () => void }) {
  if (isNarrowed)
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

function leadOf(rows: readonly Row[], isNarrowed: boolean): string {
  if (isNarrowed) return `${plural(rows.length, 'session')} match.`
  const open = rows.filter((row) => row.phase !== 'CLOSED').length
  const waiting = rows.filter((row) => row.phase === 'PENDING').length
  return `${formatCount(open)} open, ${formatCount(waiting)} waiting for a pod.`
}
