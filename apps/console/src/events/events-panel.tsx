'use client'
/** The latest events about something, as part of its page. */
import { useMemo } from 'react'
import type { EventFilter } from '../graphql/generated/documents.ts'
import { useLiveList } from '../live/live-context.tsx'
import { surfaceStateOf } from '../live/surface-state.ts'
import { paths } from '../path-builder.ts'
import { MoreLink, Panel } from '../ui/page.tsx'
import { RowsSkeleton } from '../ui/skeleton.tsx'
import { Surface } from '../ui/surface.tsx'
import { EventLine } from './event-line.tsx'
import { eventsSpec, newestFirst } from './event-watch.ts'

const SHOWN_MAX = 12

export type EventsPanelProps = {
  readonly title: string
  readonly where: Pick<EventFilter, 'application' | 'nodeName' | 'sessionId'>
  /** Where there is little room: each event takes two lines. */
  readonly isNarrow?: boolean
}

export function EventsPanel({ title, where, isNarrow = false }: EventsPanelProps) {
  const key = JSON.stringify(where)
  // oxlint-disable-next-line react/exhaustive-deps -- The text of the filter says whether it is another one.
  const spec = useMemo(() => eventsSpec(where), [key])
  const list = useLiveList(spec, null)
  const events = useMemo(() => newestFirst(list.items.values()).slice(0, SHOWN_MAX), [list.items])
  const object = where.application ?? where.nodeName ?? where.sessionId ?? undefined
  return (
    <Panel
      title={title}
      aside={<MoreLink href={paths.events(object === undefined ? {} : { object })}>All events</MoreLink>}
    >
      <Surface
        state={surfaceStateOf(list)}
        what="Events"
        skeleton={<RowsSkeleton rows={3} />}
        isEmpty={() => events.length === 0}
        empty={<p className="px-4 py-3 text-soft">Nothing has happened here since the core remembers.</p>}
      >
        {() => (
          <ol aria-label={title}>
            {events.map((event) => (
              <li key={event.id} className="border-b border-line/60 last:border-0">
                <EventLine event={event} isNarrow={isNarrow} />
              </li>
            ))}
          </ol>
        )}
      </Surface>
    </Panel>
  )
}
