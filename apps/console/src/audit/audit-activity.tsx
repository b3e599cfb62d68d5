'use client'
/** When things were done, as a strip of time that a part can be chosen of. */
import { useMemo } from 'react'
import { TimeStrip, type TimeBin, type TimeSpan } from '../charts/time-strip.tsx'
import { formatClock } from '../format/instant-text.ts'
import {
  AuditActivityDocument,
  type AuditActivityQuery,
  type AuditRecordFilter,
} from '../graphql/generated/documents.ts'
import { surfaceOf, useLiveQuery } from '../live/use-live-query.ts'
import { instantMs } from '../time/instant.ts'
import { Button } from '../ui/button.tsx'
import { Panel } from '../ui/page.tsx'
import { Segmented } from '../ui/segmented.tsx'
import { Surface } from '../ui/surface.tsx'
import { useAuditNews } from './use-audit-news.ts'

export const AUDIT_SPANS = ['hour', 'day'] as const
export type AuditSpan = (typeof AUDIT_SPANS)[number]

const SPAN_MS: Readonly<Record<AuditSpan, number>> = { hour: 3_600_000, day: 86_400_000 }
/** Time goes on, also when nothing is done. */
const PACE_MS = 30_000

type ActivityProps = {
  readonly span: AuditSpan
  readonly where: AuditRecordFilter
  readonly chosen: TimeSpan | null
  readonly onSpan: (span: AuditSpan) => void
  readonly onChoose: (part: TimeSpan | null) => void
}

export function AuditActivity({ span, where, chosen, onSpan, onChoose }: ActivityProps) {
  const on = useAuditNews(where)
  const answer = useLiveQuery(AuditActivityDocument, { spanMs: SPAN_MS[span], where }, { paceMs: PACE_MS, on })
  return (
    <Panel
      title={`The last ${span}`}
      aside={
        <span className="flex items-center gap-2">
          {chosen !== null && (
            <Button size="small" look="ghost" onClick={() => onChoose(null)}>
              All of it
            </Button>
          )}
          <Segmented label="Span" options={OPTIONS} value={span} onChange={onSpan} />
        </span>
      }
    >
      <Surface
        state={surfaceOf(answer)}
        what="The activity"
        skeleton={<div className="skeleton mx-4 my-3 h-16" />}
        isEmpty={() => false}
        empty={null}
      >
        {({ auditActivity }) => <Strip activity={auditActivity} {...{ span, chosen, onChoose }} />}
      </Surface>
    </Panel>
  )
}

const OPTIONS = AUDIT_SPANS.map((id) => ({ id, name: `Last ${id}` }))

type StripProps = Pick<ActivityProps, 'span' | 'chosen' | 'onChoose'> & {
  readonly activity: AuditActivityQuery['auditActivity']
}

function Strip({ activity: { bins, countedSince }, span, chosen, onChoose }: StripProps) {
  const shown = useMemo(() => bins.map(toBin), [bins])
  return (
    <div className="px-4 py-3">
      <TimeStrip
        label={`Records of the last ${span}`}
        what="record"
        grave="failure"
        bins={shown}
        chosen={chosen}
        onChoose={onChoose}
      />
      {countedSince !== null && (
        <p className="mt-1 text-xs text-faint">
          There are very many: only those since {formatClock(instantMs(countedSince))} are counted here.
        </p>
      )}
    </div>
  )
}

function toBin({ from, until, done, refused, failed }: StripProps['activity']['bins'][number]): TimeBin {
  return { fromMs: instantMs(from), untilMs: instantMs(until), info: done, warning: refused, error: failed }
}
