'use client'
/** What happened, and when. */
import { useQueryStates } from 'nuqs'
import { useMemo } from 'react'
import { TimeStrip, type TimeSpan } from '../charts/time-strip.tsx'
import { formatClock } from '../format/instant-text.ts'
import { plural } from '../format/quantity.ts'
import type { EventKind, EventRowFragment } from '../graphql/generated/documents.ts'
import { useLiveList } from '../live/live-context.tsx'
import type { FirstPage } from '../live/live-list.ts'
import { surfaceStateOf } from '../live/surface-state.ts'
import { instantMs } from '../time/instant.ts'
import { useNow } from '../time/now.tsx'
import { Button } from '../ui/button.tsx'
import { ListFilter } from '../ui/list-filter.tsx'
import { Message } from '../ui/message.tsx'
import { Page, Panel } from '../ui/page.tsx'
import { Pick } from '../ui/segmented.tsx'
import { RowsSkeleton } from '../ui/skeleton.tsx'
import { Surface } from '../ui/surface.tsx'
import { useListView, type ListView } from '../ui/use-list-view.ts'
import { BIN_MS, eventBins } from './event-histogram.ts'
import { EventList } from './event-list.tsx'
import { EVENT_KINDS, EVENT_KINDS_IN_ORDER } from './event-words.ts'
import { eventsSpec, newestFirst } from './event-watch.ts'
import { EVENTS_WHERE, toEventFilter } from './events-where.ts'
import { OlderEvents } from './older-events.tsx'

type Row = EventRowFragment

export function EventsPage({ firstPage }: { readonly firstPage: FirstPage<Row> | null }) {
  const [{ object, kind, faults, from, until }, set] = useQueryStates(EVENTS_WHERE)
  const kinds = kind.join(',')
  // oxlint-disable-next-line react/exhaustive-deps -- The text of the kinds says whether they are others.
  const filter = useMemo(() => toEventFilter({ kind, faults }), [kinds, faults])
  const spec = useMemo(() => eventsSpec(filter), [filter])
  const list = useLiveList(spec, firstPage)
  const view = useListView('')
  const span = useMemo(() => (from === null || until === null ? null : { fromMs: from, untilMs: until }), [from, until])
  const about = useMemo(
    () => [...list.items.values()].filter((event) => isAbout(event, object) && matchesWords(event, view)),
    [list.items, object, view],
  )
  const shown = useMemo(() => newestFirst(about.filter((event) => isWithin(event, span))), [about, span])
  const choose = (next: TimeSpan | null): void =>
    void set({ from: next === null ? null : next.fromMs, until: next === null ? null : next.untilMs })
  const clear = (): void => {
    view.clear()
    void set(null)
  }
  const words = `${plural(shown.length, 'event')}${span === null ? '' : spanWords(span)}.`
  return (
    <Page
      isFilled
      title="Events"
      lead={list.isLoaded ? words : 'What happened, and when.'}
      actions={<ListFilter view={view} what="events" />}
    >
      <LastHour events={about} chosen={span} onChoose={choose} />
      <EventFilters {...{ kind, faults, object }} set={(next) => void set(next)} />
      <div className="flex min-h-48 flex-1 flex-col overflow-hidden rounded-xl border border-line bg-panel">
        <Surface
          state={surfaceStateOf(list)}
          what="Events"
          className="flex min-h-0 flex-col"
          skeleton={<RowsSkeleton />}
          isEmpty={() => shown.length === 0}
          empty={<NoEvents isFiltered={list.items.size > 0} clear={clear} />}
        >
          {() => <EventList events={shown} footer={<OlderEvents key={spec.key} spec={spec} where={filter} />} />}
        </Surface>
      </div>
    </Page>
  )
}

function NoEvents({ isFiltered, clear }: { readonly isFiltered: boolean; readonly clear: () => void }) {
  if (!isFiltered) return <Message icon="event" title="Nothing has happened yet" />
  return <Message icon="search" title="No event matches" action={<Button onClick={clear}>Show all events</Button>} />
}

type LastHourProps = {
  readonly events: readonly Row[]
  readonly chosen: TimeSpan | null
  readonly onChoose: (span: TimeSpan | null) => void
}

function LastHour({ events, chosen, onChoose }: LastHourProps) {
  const minute = useNow((nowMs) => Math.floor(nowMs / BIN_MS))
  const bins = useMemo(() => eventBins(events, (minute + 1) * BIN_MS), [events, minute])
  return (
    <Panel
      title="The last hour"
      aside={
        chosen !== null && (
          <Button size="small" look="ghost" onClick={() => onChoose(null)}>
            All of it
          </Button>
        )
      }
    >
      <div className="px-4 py-3">
        <TimeStrip
          label="Events of the last hour, by minute"
          what="event"
          grave="error"
          {...{ bins, chosen, onChoose }}
        />
      </div>
    </Panel>
  )
}

type FiltersProps = {
  readonly kind: readonly EventKind[]
  readonly faults: boolean
  readonly object: string | null
  readonly set: (next: { kind?: EventKind[] | null; faults?: boolean | null; object?: null }) => void
}

function EventFilters({ kind, faults, object, set }: FiltersProps) {
  return (
    <div className="flex flex-wrap items-center gap-2">
      <Pick
        label="Kind"
        value={kind.length === 1 ? (kind[0] ?? '') : ''}
        options={[{ id: '', name: 'all' }, ...EVENT_KINDS_IN_ORDER.map((id) => ({ id, name: EVENT_KINDS[id] }))]}
        onChange={(id) => set({ kind: kindOf(id) })}
      />
      <Toggle isOn={faults} onChange={(next) => set({ faults: next ? true : null })}>
        Faults only
      </Toggle>
      {object !== null && (
        <Button size="small" onClick={() => set({ object: null })} aria-label={`Not only about ${object}`}>
          about {object} ×
        </Button>
      )}
    </div>
  )
}

type ToggleProps = { readonly isOn: boolean; readonly onChange: (isOn: boolean) => void; readonly children: string }

function Toggle({ isOn, onChange, children }: ToggleProps) {
  return (
    <button
      type="button"
      aria-pressed={isOn}
      onClick={() => onChange(!isOn)}
      className={`inline-flex h-8 items-center rounded-md border px-2.5 text-xs font-medium ${isOn ? 'border-ember/60 bg-ember-soft text-ember' : 'border-line bg-panel text-soft hover:bg-hover'}`}
    >
      {children}
    </button>
  )
}

function kindOf(text: string): EventKind[] | null {
  const kind = EVENT_KINDS_IN_ORDER.find((one) => one === text)
  return kind === undefined ? null : [kind]
}

function matchesWords({ message, kind, applicationName, nodeName }: Row, { words, matches }: ListView): boolean {
  return words === '' || matches(message, EVENT_KINDS[kind], applicationName, nodeName)
}

function isAbout({ applicationName, nodeName, podId, sessionId }: Row, object: string | null): boolean {
  return object === null || [applicationName, nodeName, podId, sessionId].includes(object)
}

function isWithin({ at, lastAt }: Row, span: TimeSpan | null): boolean {
  return span === null || (instantMs(lastAt) >= span.fromMs && instantMs(at) < span.untilMs)
}

function spanWords({ fromMs, untilMs }: TimeSpan): string {
  return ` from ${formatClock(fromMs)} to ${formatClock(untilMs)}`
}
