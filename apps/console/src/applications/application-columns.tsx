'use client'
/** The columns of the table of applications. */
import { formatCount } from '../format/quantity.ts'
import type { ApplicationRowFragment } from '../graphql/generated/documents.ts'
import { paths } from '../path-builder.ts'
import type { Column } from '../ui/column.ts'
import { ListLink } from '../ui/list-link.tsx'
import { PhaseMark } from '../ui/phase-mark.tsx'
import { useViewer } from '../viewer/viewer-context.tsx'
import { limitWords, targetWords } from './policy-words.ts'
import { PoolStrip } from './pool-strip.tsx'

type Row = ApplicationRowFragment

function Name({ application }: { readonly application: Row }) {
  const own = useViewer()?.tenant
  const { name, tenant } = application
  const isElsewhere = own !== undefined && tenant !== own
  return (
    <ListLink
      href={paths.application(name, isElsewhere ? tenant : undefined)}
      data-row-link
      className="font-medium hover:underline"
    >
      {isElsewhere && <span className="font-normal text-faint">{tenant} / </span>}
      {name}
    </ListLink>
  )
}

export const APPLICATION_COLUMNS: readonly Column<Row>[] = [
  {
    id: 'name',
    header: 'Application',
    width: 12.5,
    cell: (application) => <Name application={application} />,
    sortBy: (application) => application.name,
  },
  {
    id: 'state',
    header: 'State',
    width: 7.75,
    cell: ({ problem }) =>
      problem === null ? (
        <PhaseMark tone="ready" word="As asked" />
      ) : (
        <PhaseMark tone="danger" word={problem.kind === 'NO_CAPACITY' ? 'No room' : 'Pods fail'} />
      ),
    sortBy: ({ problem }) => (problem === null ? 1 : 0),
  },
  {
    id: 'pool',
    header: 'Pods',
    cell: ({ pool, name }) => <PoolStrip pool={pool} label={`Pods of ${name}`} />,
    sortBy: ({ pool }) => pool.total,
  },
  {
    id: 'idle',
    header: 'Idle',
    width: 4.25,
    align: 'end',
    cell: ({ pool }) => formatCount(pool.standby + pool.hibernated),
    sortBy: ({ pool }) => pool.standby + pool.hibernated,
  },
  {
    id: 'policy',
    header: 'Policy',
    width: 8.5,
    cell: ({ scalingPolicy }) => (
      <span className="flex flex-col leading-tight">
        <span className="truncate">{targetWords(scalingPolicy)}</span>
        <span className="truncate text-xs text-faint">{limitWords(scalingPolicy)}</span>
      </span>
    ),
  },
  {
    id: 'sessions',
    header: 'Sessions',
    width: 5.5,
    align: 'end',
    cell: ({ name, sessionCount }) => (
      <ListLink
        href={paths.sessions({ application: name })}
        className="underline decoration-line-strong underline-offset-2 hover:decoration-current"
      >
        {formatCount(sessionCount)}
      </ListLink>
    ),
    sortBy: ({ sessionCount }) => sessionCount,
  },
  {
    id: 'waiting',
    header: 'Waiting',
    width: 5.25,
    align: 'end',
    cell: ({ waitingSessionCount: waiting }) => (
      <span className={waiting > 0 ? 'font-semibold text-warn' : 'text-faint'}>{formatCount(waiting)}</span>
    ),
    sortBy: ({ waitingSessionCount }) => waitingSessionCount,
  },
  {
    id: 'version',
    header: 'Version',
    width: 7,
    cell: ({ version, fallbackVersion }) => (
      <>
        v{version.number}
        {fallbackVersion !== null && <span className="text-warn"> · from v{fallbackVersion.number}</span>}
      </>
    ),
    sortBy: ({ version }) => version.number,
  },
]
