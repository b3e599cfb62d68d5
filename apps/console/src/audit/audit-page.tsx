'use client'
/** What was done and refused, by whom, and from where. */
import { parseAsInteger, parseAsString, parseAsStringLiteral, useQueryStates } from 'nuqs'
import { useState } from 'react'
import { formatCount } from '../format/quantity.ts'
import {
  AuditRecordsDocument,
  AuditVerificationDocument,
  type AuditOutcome,
  type AuditRecordFilter,
  type AuditRowFragment,
  type AuditVerificationQuery,
} from '../graphql/generated/documents.ts'
import { browserClient } from '../graphql/browser-client.ts'
import { surfaceOf, useLiveQuery } from '../live/use-live-query.ts'
import { instantOf } from '../time/instant.ts'
import { Button } from '../ui/button.tsx'
import { Message } from '../ui/message.tsx'
import { MoreRows } from '../ui/more-rows.tsx'
import { Page } from '../ui/page.tsx'
import { Glyph } from '../ui/phase-mark.tsx'
import { Pick } from '../ui/segmented.tsx'
import { RowsSkeleton } from '../ui/skeleton.tsx'
import { Surface } from '../ui/surface.tsx'
import { useAuditNews } from './use-audit-news.ts'
import { useRole } from '../viewer/viewer-context.tsx'
import { whyNoAudit, whyNoVerification } from '../viewer/viewer-rules.ts'
import { AUDIT_SPANS, AuditActivity } from './audit-activity.tsx'
import { AuditLine } from './audit-line.tsx'
import { actionWords, OUTCOMES } from './audit-words.ts'

const WHERE = {
  action: parseAsString,
  outcome: parseAsStringLiteral(['DONE', 'REFUSED', 'FAILED']),
  object: parseAsString,
  actor: parseAsString,
  span: parseAsStringLiteral(AUDIT_SPANS).withDefault('hour'),
  from: parseAsInteger,
  until: parseAsInteger,
}

const FIRST = 100
/** News come by themselves; this is for what they cannot tell. */
const PACE_MS = 30_000

/** What people look for most; any other is found through a record of it. */
const ACTIONS = [
  'createApplication',
  'publishApplicationVersion',
  'updateScalingPolicy',
  'deleteApplication',
  'cordonNode',
  'drainNode',
  'uncordonNode',
  'removeNode',
  'createApiToken',
  'revokeApiToken',
  'createTenant',
  'connect',
  'joinNode',
  'recordSessions',
] as const

const LEAD = 'What was done and refused, each record sealed to the one before it.'

/** Who may not read it is told so, and asks nothing: each refusal would be a record. */
export function AuditPage() {
  const reason = whyNoAudit(useRole())
  if (reason === null) return <Audit />
  return (
    <Page title="Audit" lead={LEAD}>
      <Message icon="audit" title={reason} />
    </Page>
  )
}

function Audit() {
  const [{ action, outcome, object, actor, span, from, until }, set] = useQueryStates(WHERE)
  const chosen = from === null || until === null ? null : { fromMs: from, untilMs: until }
  const meant: AuditRecordFilter = {
    ...(action === null ? {} : { action }),
    ...(outcome === null ? {} : { outcome }),
    ...(object === null ? {} : { object }),
    ...(actor === null ? {} : { actorId: actor }),
  }
  const where = {
    ...meant,
    ...(chosen === null ? {} : { since: instantOf(chosen.fromMs), until: instantOf(chosen.untilMs) }),
  }
  const key = JSON.stringify(where)
  const answer = useLiveQuery(
    AuditRecordsDocument,
    { first: FIRST, where },
    { paceMs: PACE_MS, on: useAuditNews(meant) },
  )
  const isNarrowed = key !== '{}'
  return (
    <Page isFilled title="Audit" lead={LEAD} actions={<Verification />}>
      <AuditActivity
        {...{ span, chosen }}
        where={meant}
        onSpan={(next) => void set({ span: next, from: null, until: null })}
        onChoose={(part) => void set({ from: part?.fromMs ?? null, until: part?.untilMs ?? null })}
      />
      <Filters {...{ action, outcome, object, actor }} set={(next) => void set(next)} />
      <div className="flex min-h-0 flex-col overflow-hidden rounded-xl border border-line bg-panel">
        <Surface
          state={surfaceOf(answer)}
          what="Records"
          className="flex min-h-0 flex-col"
          skeleton={<RowsSkeleton />}
          isEmpty={({ auditRecords }) => auditRecords.edges.length === 0}
          empty={<Message icon="audit" title={isNarrowed ? 'No record matches' : 'Nothing was done yet'} />}
        >
          {({ auditRecords }) => (
            <Records
              key={key}
              newest={auditRecords.edges.map(({ node }) => node)}
              where={where}
              narrow={(next) => void set(next)}
            />
          )}
        </Surface>
      </div>
    </Page>
  )
}

type FiltersProps = {
  readonly action: string | null
  readonly outcome: AuditOutcome | null
  readonly object: string | null
  readonly actor: string | null
  readonly set: (next: {
    action?: string | null
    outcome?: AuditOutcome | null
    object?: string | null
    actor?: string | null
  }) => void
}

function Filters({ action, outcome, object, actor, set }: FiltersProps) {
  return (
    <div className="flex flex-wrap items-center gap-2">
      <Pick
        label="Action"
        value={action ?? ''}
        options={[{ id: '', name: 'all' }, ...withChosen(action).map((id) => ({ id, name: actionWords(id) }))]}
        onChange={(id) => set({ action: id === '' ? null : id })}
      />
      <Pick
        label="Outcome"
        value={outcome ?? ''}
        options={[{ id: '', name: 'any' }, ...OUTCOME_IDS.map((id) => ({ id, name: OUTCOMES[id].word }))]}
        onChange={(id) => set({ outcome: OUTCOME_IDS.find((one) => one === id) ?? null })}
      />
      {object !== null && (
        <Button size="small" aria-label={`Not only ${object}`} onClick={() => set({ object: null })}>
          {object} ×
        </Button>
      )}
      {actor !== null && (
        <Button size="small" aria-label={`Not only by ${actor}`} onClick={() => set({ actor: null })}>
          by {actor} ×
        </Button>
      )}
    </div>
  )
}

const OUTCOME_IDS = ['DONE', 'REFUSED', 'FAILED'] as const

function withChosen(action: string | null): readonly string[] {
  return action === null || ACTIONS.some((one) => one === action) ? ACTIONS : [...ACTIONS, action]
}

type RecordsProps = {
  readonly newest: readonly AuditRowFragment[]
  readonly where: AuditRecordFilter
  readonly narrow: (next: { readonly object?: string; readonly actor?: string }) => void
}

/** The newest are asked for again and again; what was found further back stays. */
function Records({ newest, where, narrow }: RecordsProps) {
  const [older, setOlder] = useState<readonly AuditRowFragment[]>([])
  const known = new Set(newest.map(({ number }) => number))
  const records = [...newest, ...older.filter(({ number }) => !known.has(number))]
  const ask = async (after: string | null) => {
    const { auditRecords } = await browserClient().request(AuditRecordsDocument, { first: FIRST, after, where })
    setOlder((before) => [...before, ...auditRecords.edges.map(({ node }) => node)])
    return auditRecords.pageInfo
  }
  return (
    <div
      role="region"
      aria-label="Records, scrollable"
      // Scrolling by keys needs focus.
      tabIndex={0}
      className="min-h-0 overflow-auto rounded-[inherit]"
    >
      <ol aria-label="Records, newest first">
        {records.map((record) => (
          <AuditLine key={record.number} record={record} narrow={narrow} />
        ))}
      </ol>
      <MoreRows what="records" ask={ask} />
    </div>
  )
}

type Verdict = AuditVerificationQuery['auditVerification']

/** Takes time with many records, so it is asked for. */
function Verification() {
  const [verdict, setVerdict] = useState<Verdict | null>(null)
  const [problem, setProblem] = useState<string | null>(null)
  const [isBusy, setBusy] = useState(false)
  const reason = whyNoVerification(useRole())
  const verify = async (): Promise<void> => {
    setBusy(true)
    setProblem(null)
    try {
      setVerdict((await browserClient().request(AuditVerificationDocument, {})).auditVerification)
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error))
    }
    setBusy(false)
  }
  return (
    <>
      <span role="status" className="flex items-center gap-2 text-soft empty:-mr-2">
        {verdict !== null && (
          <>
            <Glyph tone={verdict.isWhole ? 'ready' : 'danger'} />
            {verdict.isWhole ? `All ${formatCount(Number(verdict.count))} records are whole.` : verdict.problem}
          </>
        )}
        {problem}
      </span>
      <Button icon="audit" isBusy={isBusy} disabledReason={reason} onClick={() => void verify()}>
        Verify
      </Button>
    </>
  )
}
