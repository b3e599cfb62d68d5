'use client'
/** What happened, and when. */
import { useQueryStates } from 'nuqs'
import { useMemo } from 'react'
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
import { useListView } from '../ui/use-list-view.ts'
import { BIN_MS, eventBins } from './event-histogram.ts'
import { EventList } from './event-list.tsx'
import { EventStrip, type TimeSpan } from './event-strip.tsx'
import { EVENT_KINDS, EVENT_KINDS_IN_ORDER } from './event-words.ts'
import { eventsSpec, newestFirst } from './event-watch.ts'
import { EVENTS_WHERE, toEventFilter } from './events-where.ts'
import { OlderEvents } from './older-events.tsx'

type Row = EventRowFragment

export function EventsPage({ firstPage }: { readonly firstPage: FirstPage<Row> | null }) {
  const [{ object, kind, faults, from, until }, set] = useQueryStates(EVENTS_WHERE)
  const kinds = kind.join(',')
  // oxlint-disable-next-line react/exhaustive-deps -- The text of the kinds says whether they are others.
  const spec = useMemo(() => eventsSpec(toEventFilter({ kind, faults })), [kinds, faults])
  const list = useLiveList(spec, firstPage)
  const view = useListView('')
  const minute = useNow((nowMs) => Math.floor(nowMs / BIN_MS))
  const span = from === null || until === null ? null : { fromMs: from, untilMs: until }
  const about = useMemo(
    () =>
      [...list.items.values()].filter((event) => (object === null || isAbout(event, object)) && matchesWords(event)),
    // oxlint-disable-next-line react/exhaustive-deps -- `matchesWords` is `view.matches` of the same words.
    [list.items, object, view.matches],
  )
  function matchesWords(event: Row): boolean {
    return view.matches(event.message, EVENT_KINDS[event.kind], event.applicationName, event.nodeName)
  }
  const bins = useMemo(() => eventBins(about, (minute + 1) * BIN_MS), [about, minute])
  const shown = useMemo(
    () => newestFirst(about.filter((event) => span === null || isWithin(event, span))),
    // oxlint-disable-next-line react/exhaustive-deps -- The span is these two.
    [about, from, until],
  )
  const choose = (next: TimeSpan | null): void =>
    void set({ from: next === null ? null : next.fromMs, until: next === null ? null : next.untilMs })
  const clear = (): void => {
    view.clear()
    void set({ object: null, kind: null, faults: null, from: null, until: null })
  }
  return (
    <Page
      isFilled
      title="Events"
      lead={
        list.isLoaded
          ? `${plural(shown.length, 'event')}${span === null ? '' : spanWords(span)}.`
          : 'What happened, and when.'
      }
      actions={<ListFilter view={view} what="events" />}
    >
      <Panel
        title="The last hour"
        aside={
          span !== null && (
            <Button size="small" look="ghost" onClick={() => choose(null)}>
              All of it
            </Button>
          )
        }
      >
        <div className="px-4 py-3">
          <EventStrip bins={bins} chosen={span} onChoose={choose} />
        </div>
      </Panel>
      <div className="flex flex-wrap items-center gap-2">
        <Pick
          label="Kind"
          value={kind.length === 1 ? (kind[0] ?? '') : ''}
          options={[{ id: '', name: 'all' }, ...EVENT_KINDS_IN_ORDER.map((id) => ({ id, name: EVENT_KINDS[id] }))]}
          onChange={(id) => void set({ kind: kindOf(id) })}
        />
        <Toggle isOn={faults} onChange={(next) => void set({ faults: next ? true : null })}>
          Faults only
        </Toggle>
        {object !== null && (
          <Button size="small" onClick={() => void set({ object: null })} aria-label={`Not only about ${object}`}>
            about {object} ×
          </Button>
        )}
      </div>
      <div className="flex min-h-48 flex-1 flex-col overflow-hidden rounded-xl border border-line bg-panel">
        <Surface
          state={surfaceStateOf(list)}
          what="Events"
          className="flex min-h-0 flex-col"
          skeleton={<RowsSkeleton />}
          isEmpty={() => shown.length === 0}
          empty={
            list.items.size === 0 ? (
              <Message icon="event" title="Nothing has happened yet" />
            ) : (
              <Message
                icon="search"
                title="No event matches"
                action={<Button onClick={clear}>Show all events</Button>}
              />
            )
          }
        >
          {() => (
            <EventList events={shown} footer={<OlderEvents spec={spec} where={toEventFilter({ kind, faults })} />} />
          )}
        </Surface>
      </div>
    </Page>
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

function isAbout({ applicationName, nodeName, podId, sessionId }: Row, object: string): boolean {
  return [applicationName, nodeName, podId, sessionId].includes(object)
}

function isWithin({ at, lastAt }: Row, { fromMs, untilMs }: TimeSpan): boolean {
  return instantMs(lastAt) >= fromMs && instantMs(at) < untilMs
}

function spanWords({ fromMs, untilMs }: TimeSpan): string {
  return ` from ${formatClock(fromMs)} to ${formatClock(untilMs)}`
}
