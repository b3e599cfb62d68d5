'use client'
/** Many events, of which only those in sight are drawn. */
import { useVirtualizer } from '@tanstack/react-virtual'
import { useRef, type ReactNode } from 'react'
import type { EventRowFragment } from '../graphql/generated/documents.ts'
import { EventLine } from './event-line.tsx'

const LINE_HEIGHT = 37

type EventListProps = { readonly events: readonly EventRowFragment[]; readonly footer: ReactNode }

export function EventList({ events, footer }: EventListProps) {
  const scroller = useRef<HTMLDivElement>(null)
  // We do not compile components, and what the virtualizer returns is not memoised by hand.
  // oxlint-disable-next-line react/incompatible-library
  const virtualizer = useVirtualizer({
    count: events.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => LINE_HEIGHT,
    getItemKey: (index) => events[index]?.id ?? index,
    overscan: 10,
    initialRect: { width: 1_280, height: 700 },
  })
  const items = virtualizer.getVirtualItems()
  return (
    <div
      ref={scroller}
      role="region"
      aria-label="Events, scrollable"
      // Scrolling by keys needs focus.
      tabIndex={0}
      className="min-h-0 overflow-auto rounded-[inherit]"
    >
      <ol aria-label="Events" className="relative" style={{ height: virtualizer.getTotalSize() }}>
        {items.map(({ index, key, start }) => {
          const event = events[index]
          if (event === undefined) return null
          return (
            <li
              key={key}
              data-index={index}
              ref={virtualizer.measureElement}
              className="absolute inset-x-0 border-b border-line/60"
              style={{ top: start }}
            >
              <EventLine event={event} />
            </li>
          )
        })}
      </ol>
      {footer}
    </div>
  )
}
