'use client'
/** The columns of the tables of sessions. */
import { formatMs } from '../format/duration.ts'
import { formatCount } from '../format/quantity.ts'
import type { SessionRowFragment } from '../graphql/generated/documents.ts'
import { paths } from '../path-builder.ts'
import { instantMs } from '../time/instant.ts'
import { RelativeTime } from '../time/relative-time.tsx'
import type { Column } from '../ui/column.ts'
import { ListLink } from '../ui/list-link.tsx'
import { PhaseMark } from '../ui/phase-mark.tsx'
import { CloseSessionButton } from './close-session.tsx'
import { CLOSE_REASONS, isFault, SESSION_PHASES } from './session-words.ts'

type Row = SessionRowFragment

export const SESSION_COLUMNS: readonly Column<Row>[] = [
  {
    id: 'id',
    header: 'Session',
    width: 11.25,
    cell: (session) => (
      <ListLink
        href={paths.session(session.id)}
        data-row-link
        className="font-mono text-xs font-medium underline decoration-line-strong underline-offset-2 hover:decoration-current"
      >
        {session.id}
      </ListLink>
    ),
  },
  {
    id: 'application',
    header: 'Application',
    cell: (session) => session.applicationName,
    sortBy: (session) => session.applicationName,
  },
  {
    id: 'phase',
    header: 'Phase',
    width: 12.25,
    cell: (session) => <SessionPhaseMark session={session} />,
    sortBy: (session) => session.phase,
  },
  {
    id: 'start',
    header: 'Start',
    width: 4,
    cell: ({ start }) => (start === null ? <Nothing /> : start === 'WARM' ? 'warm' : 'cold'),
    sortBy: ({ start }) => start,
  },
  {
    id: 'opened',
    header: 'Opened in',
    width: 6,
    align: 'end',
    cell: (session) => {
      const ms = openedInMs(session)
      return ms === null ? <Nothing /> : formatMs(ms)
    },
    sortBy: openedInMs,
  },
  {
    id: 'clients',
    header: 'Clients',
    width: 4.75,
    align: 'end',
    cell: ({ clientCount }) => (clientCount === 0 ? <span className="text-faint">0</span> : formatCount(clientCount)),
    sortBy: ({ clientCount }) => clientCount,
  },
  {
    id: 'node',
    header: 'Node',
    width: 6.75,
    cell: ({ nodeName }) => nodeName ?? <Nothing />,
    sortBy: ({ nodeName }) => nodeName,
  },
  {
    id: 'created',
    header: 'Asked',
    width: 6.25,
    cell: ({ createdAt }) => <RelativeTime at={createdAt} />,
    sortBy: ({ createdAt }) => createdAt,
  },
  {
    id: 'actions',
    header: '',
    width: 4.75,
    align: 'end',
    cell: (session) => <CloseSessionButton session={session} size="small" />,
  },
]

export function SessionPhaseMark({
  session,
}: {
  readonly session: Pick<Row, 'phase' | 'closeReason' | 'queuePosition'>
}) {
  const { phase, closeReason, queuePosition } = session
  const { tone, word } = SESSION_PHASES[phase]
  const reason = closeReason === null ? null : CLOSE_REASONS[closeReason]
  const isBad = isFault(closeReason)
  return (
    <span className="inline-flex items-center gap-1.5">
      <PhaseMark tone={isBad ? 'danger' : tone} word={word} />
      {reason !== null && <span className={isBad ? 'text-danger' : 'text-faint'}>{reason}</span>}
      {queuePosition !== null && (
        <span className="text-faint">
          {queuePosition === 0 ? 'next in line' : `${formatCount(queuePosition)} before it`}
        </span>
      )}
    </span>
  )
}

function openedInMs({ createdAt, availableAt }: Row): number | null {
  return availableAt === null ? null : instantMs(availableAt) - instantMs(createdAt)
}

function Nothing() {
  return <span className="text-faint">–</span>
}
