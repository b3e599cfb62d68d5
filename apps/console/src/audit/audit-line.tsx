'use client'
/** One record: who did what to what, and what changed by it. */
import { useState } from 'react'
import { formatExact } from '../format/instant-text.ts'
import type { AuditRowFragment } from '../graphql/generated/documents.ts'
import { RelativeTime } from '../time/relative-time.tsx'
import { PhaseMark } from '../ui/phase-mark.tsx'
import { actionWords, actorWords, changeLines, OUTCOMES } from './audit-words.ts'

type AuditLineProps = {
  readonly record: AuditRowFragment
  readonly narrow: (next: { readonly object?: string; readonly actor?: string }) => void
}

export function AuditLine({ record, narrow }: AuditLineProps) {
  const [isOpen, setOpen] = useState(false)
  const { action, actorId, at, number, object, outcome, problem } = record
  const { word, tone } = OUTCOMES[outcome]
  return (
    <li className="border-b border-line/60 px-4 py-2 last:border-0 hover:bg-hover">
      <div className="flex items-baseline gap-x-3 gap-y-1 max-sm:flex-wrap">
        <span className="w-20 shrink-0">
          <PhaseMark tone={tone} word={word} />
        </span>
        <button
          type="button"
          aria-expanded={isOpen}
          onClick={() => setOpen(!isOpen)}
          className="w-48 shrink-0 truncate text-left font-medium hover:underline max-sm:w-auto max-sm:min-w-0 max-sm:flex-1"
        >
          {actionWords(action)}
          <span className="sr-only">, record {number}</span>
        </button>
        <span className="flex min-w-0 flex-1 flex-wrap gap-x-4 max-sm:order-last max-sm:basis-full">
          <Narrowing text={object} label={`Only ${object}`} onClick={() => narrow({ object })} />
          {problem !== null && <span className="text-warn">{problem}</span>}
          <span className="text-faint">
            by{' '}
            {actorId === null ? (
              actorWords(record)
            ) : (
              <Narrowing
                text={actorWords(record)}
                label={`Only by ${actorWords(record)}`}
                onClick={() => narrow({ actor: actorId })}
              />
            )}
          </span>
        </span>
        <span className="shrink-0 text-faint" title={formatExact(at)}>
          <RelativeTime at={at} />
        </span>
      </div>
      {isOpen && <Details record={record} />}
    </li>
  )
}

function Details({ record }: { readonly record: AuditRowFragment }) {
  const { after, at, before, hash, number, requestId, source, tenant } = record
  const changes = changeLines(before, after)
  const facts = [
    ['Record', number],
    ['At', formatExact(at)],
    ['From', source ?? '–'],
    ['Tenant', tenant ?? 'the platform'],
    ['Request', requestId ?? '–'],
    ['Hash', hash],
  ] as const
  return (
    <div className="mt-2 ml-[5.75rem] grid max-sm:ml-0 gap-x-8 gap-y-3 lg:grid-cols-2">
      <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-0.5 text-xs">
        {facts.map(([name, value]) => (
          <div key={name} className="contents">
            <dt className="text-faint">{name}</dt>
            <dd className="min-w-0 font-mono break-all">{value}</dd>
          </div>
        ))}
      </dl>
      <ul aria-label="What changed" className="font-mono text-xs break-all text-soft">
        {changes.length === 0 ? (
          <li>nothing but that it happened</li>
        ) : (
          changes.map((line) => <li key={line}>{line}</li>)
        )}
      </ul>
    </div>
  )
}

type NarrowingProps = { readonly text: string; readonly label: string; readonly onClick: () => void }

function Narrowing({ text, label, onClick }: NarrowingProps) {
  return (
    <button
      type="button"
      aria-label={label}
      onClick={onClick}
      className="max-w-[min(20rem,100%)] truncate text-soft underline decoration-line-strong underline-offset-2 hover:decoration-current"
    >
      {text}
    </button>
  )
}
