'use client'
/** Asks before a node is emptied, with what would end, and when. */
import { useState } from 'react'
import { formatClock } from '../format/instant-text.ts'
import { formatCount } from '../format/quantity.ts'
import { DrainNodeDocument, DrainPreviewDocument, type DrainPreviewQuery } from '../graphql/generated/documents.ts'
import { runMutation } from '../graphql/run-mutation.ts'
import { surfaceOf, useLiveQuery } from '../live/use-live-query.ts'
import { CLOSE_REASONS } from '../sessions/session-words.ts'
import { instantMs } from '../time/instant.ts'
import { ConfirmDialog } from '../ui/confirm-dialog.tsx'
import { RowsSkeleton } from '../ui/skeleton.tsx'
import { Surface } from '../ui/surface.tsx'
import { DrainedApplications, DrainLoss, GraceField, USUAL_GRACE_MS } from './drain-preview.tsx'

type Preview = NonNullable<DrainPreviewQuery['drainPreview']>

/** What can be read before one acts; the count above says them all. */
const SESSIONS_SHOWN = 100

export function DrainDialog({ name, onClose }: { readonly name: string; readonly onClose: () => void }) {
  const [sessionsMayLastMs, setGrace] = useState<number>(USUAL_GRACE_MS)
  const variables = { name, sessionsMayLastMs }
  const answer = useLiveQuery(DrainPreviewDocument, variables)
  return (
    <ConfirmDialog
      title={`Drain ${name}?`}
      description="New pods go to other nodes, its idle pods stop, and its sessions end as below. Uncordon it to call the drain off; what has ended by then stays ended."
      verb="Drain"
      isDangerous
      act={() => runMutation(DrainNodeDocument, variables, (result) => result.drainNode.problem)}
      onClose={onClose}
    >
      <div className="mt-4 flex flex-col gap-4">
        <GraceField graceMs={sessionsMayLastMs} onChange={setGrace} />
        <section aria-label="What would happen" className="overflow-hidden rounded-lg border border-line">
          <Surface
            state={surfaceOf(answer)}
            what="What would happen"
            skeleton={<RowsSkeleton rows={3} />}
            isEmpty={({ drainPreview }) => drainPreview === null}
            empty={<p className="p-4 text-soft">The node is gone.</p>}
          >
            {({ drainPreview }) => drainPreview !== null && <PreviewOf preview={drainPreview} />}
          </Surface>
        </section>
      </div>
    </ConfirmDialog>
  )
}

function PreviewOf({ preview }: { readonly preview: Preview }) {
  const { applications, podsStoppingCount, sessions } = preview
  return (
    <div className="text-sm">
      <DrainLoss podsStoppingCount={podsStoppingCount} sessionCount={sessions.length} />
      <DrainedApplications applications={applications} />
      {sessions.length > 0 && <SessionsThatEnd sessions={sessions} />}
    </div>
  )
}

function SessionsThatEnd({ sessions }: Pick<Preview, 'sessions'>) {
  const more = sessions.length - SESSIONS_SHOWN
  return (
    <div
      role="region"
      aria-label="Sessions that end"
      // Scrolling by keys needs focus.
      tabIndex={0}
      className="max-h-56 overflow-y-auto border-t border-line"
    >
      <ul aria-label="Sessions that end">
        {sessions.slice(0, SESSIONS_SHOWN).map(({ session, closesAt, reason }) => (
          <li key={session.id} className="flex items-baseline gap-3 px-3 py-1">
            <span className="font-mono text-xs">{session.id}</span>
            <span className="min-w-0 flex-1 truncate text-soft">{CLOSE_REASONS[reason]}</span>
            <span className="whitespace-nowrap text-soft">asked at {formatClock(instantMs(closesAt))}</span>
          </li>
        ))}
        {more > 0 && <li className="px-3 py-1 text-faint">and {formatCount(more)} more</li>}
      </ul>
    </div>
  )
}
