'use client'
/** One event: what, about what, when, and how often. */
import { useState } from 'react'
import { formatExact } from '../format/instant-text.ts'
import { formatCount } from '../format/quantity.ts'
import { sentence } from '../format/sentence.ts'
import type { EventRowFragment } from '../graphql/generated/documents.ts'
import { paths } from '../path-builder.ts'
import { RelativeTime } from '../time/relative-time.tsx'
import { ListLink } from '../ui/list-link.tsx'
import { LogLines } from '../ui/log-lines.tsx'
import { Glyph } from '../ui/phase-mark.tsx'
import { EVENT_KINDS, SEVERITY_TONES } from './event-words.ts'

type Row = EventRowFragment

type EventLineProps = { readonly event: Row; readonly isNarrow?: boolean }

export function EventLine({ event, isNarrow = false }: EventLineProps) {
  const [isOpen, setOpen] = useState(false)
  const { at, count, kind, lastAt, lastLogLines, message, severity } = event
  const span = count > 1 ? `${formatExact(at)} to ${formatExact(lastAt)}` : formatExact(lastAt)
  return (
    <div className="px-4 py-2 hover:bg-hover">
      <div className={`flex items-baseline gap-x-3 ${isNarrow ? 'flex-wrap' : 'max-sm:flex-wrap'}`}>
        <span className="translate-y-0.5">
          <Glyph tone={SEVERITY_TONES[severity]} />
          <span className="sr-only">{severity.toLowerCase()}</span>
        </span>
        <span
          className={`truncate font-medium ${isNarrow ? 'min-w-0 flex-1' : 'w-40 shrink-0 max-sm:w-auto max-sm:min-w-0 max-sm:flex-1'}`}
        >
          {EVENT_KINDS[kind]}
          {count > 1 && <span className="font-normal text-faint"> ×{formatCount(count)}</span>}
        </span>
        <span
          className={`flex min-w-0 flex-wrap gap-x-3 ${isNarrow ? 'order-last basis-full pl-6' : 'flex-1 max-sm:order-last max-sm:basis-full max-sm:pl-6'}`}
        >
          <span className="min-w-0 [overflow-wrap:anywhere]">{sentence(message)}</span>
          <Subjects event={event} />
          {lastLogLines.length > 0 && (
            <button
              type="button"
              aria-expanded={isOpen}
              onClick={() => setOpen(!isOpen)}
              className="text-ember underline underline-offset-2"
            >
              {isOpen ? 'Hide its last lines' : 'Show its last lines'}
            </button>
          )}
        </span>
        <span className="shrink-0 text-faint" title={span}>
          <RelativeTime at={lastAt} />
        </span>
      </div>
      {isOpen && (
        <div className="mt-2 ml-6">
          <LogLines label="The last lines of the pod" lines={lastLogLines.map((text) => ({ text, isError: false }))} />
        </div>
      )}
    </div>
  )
}

function Subjects({ event: { applicationName, nodeName, sessionId } }: { readonly event: Row }) {
  const subjects = [
    applicationName === null ? null : { name: applicationName, path: paths.application(applicationName) },
    nodeName === null ? null : { name: nodeName, path: paths.node(nodeName) },
    sessionId === null ? null : { name: sessionId, path: paths.session(sessionId) },
  ].filter((subject) => subject !== null)
  return subjects.map(({ name, path }) => (
    <ListLink
      key={path}
      href={path}
      className="min-w-0 text-soft underline decoration-line-strong underline-offset-2 [overflow-wrap:anywhere] hover:decoration-current"
    >
      {name}
    </ListLink>
  ))
}
