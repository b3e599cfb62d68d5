'use client'
/** Why a session runs where it does, and why its start was warm or cold. */
import { formatMs } from '../format/duration.ts'
import { formatCount, plural } from '../format/quantity.ts'
import { sentence } from '../format/sentence.ts'
import { SessionPlacementDocument, type PodOrigin, type SessionPlacementQuery } from '../graphql/generated/documents.ts'
import { surfaceOf, useLiveQuery } from '../live/use-live-query.ts'
import { Panel } from '../ui/page.tsx'
import { RowsSkeleton } from '../ui/skeleton.tsx'
import { Surface } from '../ui/surface.tsx'

type Placement = NonNullable<NonNullable<SessionPlacementQuery['session']>['placement']>

const ORIGINS: Readonly<Record<PodOrigin, string>> = {
  HOT: 'It stood by',
  HIBERNATED: 'It slept, and was woken',
  MADE: 'It was made for this session',
  SHARED: 'It serves other sessions as well',
}

const PACE_MS = 30_000

/** `step` grows with the timeline: then there may be something new to say. */
export function PlacementPanel({ id, step }: { readonly id: string; readonly step: number }) {
  const answer = useLiveQuery(SessionPlacementDocument, { id }, { paceMs: PACE_MS, on: step })
  return (
    <Panel title="Why here, and why so fast">
      <Surface
        state={surfaceOf(answer)}
        what="The reason"
        skeleton={<RowsSkeleton rows={1} />}
        isEmpty={({ session }) => session === null || session.placement === null}
        empty={<p className="px-4 py-3 text-soft">The core does not know: it was started since, or did not choose.</p>}
      >
        {({ session }) => (session?.placement ?? null) !== null && <Reasons placement={session?.placement ?? null} />}
      </Surface>
    </Panel>
  )
}

function Reasons({ placement }: { readonly placement: Placement | null }) {
  if (placement === null) return null
  return (
    <div className="px-4 py-3">
      <p className="font-medium">{sentence(placement.message)}</p>
      <ul className="mt-1.5 flex flex-wrap gap-x-6 gap-y-1 text-soft">
        {factsOf(placement).map((fact) => (
          <li key={fact}>{fact}</li>
        ))}
      </ul>
    </div>
  )
}

function factsOf({ podOrigin, choice, shortage, waitedMs }: Placement): readonly string[] {
  return [
    ...(podOrigin === null ? [] : [`Its pod: ${ORIGINS[podOrigin].toLowerCase()}`]),
    ...(waitedMs === null ? [] : [`Waited ${formatMs(waitedMs)} for it`]),
    ...(choice === null
      ? []
      : [
          `${plural(choice.nodesCompared, 'node')} with room compared`,
          choice.hadVersion ? 'The node had the version already' : 'The node had to fetch the version',
          `${plural(choice.podsOfApplication, 'pod')} of the application stood there`,
          ...(choice.waitedForRoomMs > 0 ? [`Waited ${formatMs(choice.waitedForRoomMs)} for room`] : []),
        ]),
    ...(shortage === null
      ? []
      : [
          `Of ${plural(shortage.considered, 'node')}: ${formatCount(shortage.cpu)} short of CPU, ${formatCount(shortage.memory)} of memory, ${formatCount(shortage.pods)} of pods`,
        ]),
  ]
}
