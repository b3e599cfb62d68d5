'use client'
/** Pods, row by row. */
import { useMemo, useState } from 'react'
import { formatBytes, formatCpus } from '../format/quantity.ts'
import type { PodRowFragment } from '../graphql/generated/documents.ts'
import { paths } from '../path-builder.ts'
import { RelativeTime } from '../time/relative-time.tsx'
import { parseSort, sortAfterClick, sortRows, type Column } from '../ui/column.ts'
import { DataTable, idOf } from '../ui/data-table.tsx'
import { ListLink } from '../ui/list-link.tsx'
import { PhaseMark } from '../ui/phase-mark.tsx'
import { POD_PHASES, POD_PHASES_IN_ORDER } from './pod-words.ts'

type Row = PodRowFragment
type PodsTableProps = {
  readonly label: string
  readonly pods: readonly Row[]
  /** What the page says already. */
  readonly without: 'node' | 'application'
}

export function PodsTable({ label, pods, without }: PodsTableProps) {
  const [sort, setSort] = useState('phase')
  const columns = useMemo(() => COLUMNS.filter(({ id }) => id !== without), [without])
  const rows = useMemo(() => sortRows(pods, columns, parseSort(sort)), [pods, columns, sort])
  return (
    <div className="flex max-h-96 min-h-0 flex-col border-t border-line">
      <DataTable
        label={label}
        columns={columns}
        rows={rows}
        rowId={idOf}
        sort={parseSort(sort)}
        onSort={(columnId) => setSort(sortAfterClick(parseSort(sort), columnId))}
        minWidth={48}
      />
    </div>
  )
}

const COLUMNS: readonly Column<Row>[] = [
  {
    id: 'id',
    header: 'Pod',
    width: 10.75,
    cell: ({ id }) => <span className="font-mono text-xs">{id}</span>,
    sortBy: ({ id }) => id,
  },
  {
    id: 'application',
    header: 'Application',
    cell: ({ applicationName, versionNumber }) => (
      <>
        <ListLink href={paths.application(applicationName)} className="hover:underline">
          {applicationName}
        </ListLink>{' '}
        <span className="text-faint">v{versionNumber}</span>
      </>
    ),
    sortBy: ({ applicationName }) => applicationName,
  },
  {
    id: 'phase',
    header: 'Phase',
    width: 7.5,
    cell: ({ phase, failure }) => (
      <span title={failure ?? undefined}>
        <PhaseMark tone={POD_PHASES[phase].tone} word={POD_PHASES[phase].word} />
      </span>
    ),
    sortBy: ({ phase }) => POD_PHASES_IN_ORDER.indexOf(phase),
  },
  {
    id: 'node',
    header: 'Node',
    width: 8,
    cell: ({ nodeName }) =>
      nodeName === null ? (
        <span className="text-faint">none yet</span>
      ) : (
        <ListLink href={paths.node(nodeName)} className="hover:underline">
          {nodeName}
        </ListLink>
      ),
    sortBy: ({ nodeName }) => nodeName,
  },
  {
    id: 'session',
    header: 'Serves',
    width: 10.75,
    cell: ({ sessions }) => <Serves sessions={sessions} />,
    sortBy: ({ sessions }) => sessions.length,
  },
  {
    id: 'uses',
    header: 'Uses',
    width: 8.75,
    align: 'end',
    cell: ({ memoryBytesUsed: memory, cpuMillisUsed: cpu }) =>
      memory === null || cpu === null ? (
        <span className="text-faint">not measured</span>
      ) : (
        `${formatBytes(memory)}, ${formatCpus(cpu)} CPU`
      ),
    sortBy: ({ memoryBytesUsed }) => memoryBytesUsed,
  },
  {
    id: 'since',
    header: 'Since',
    width: 5.75,
    cell: ({ phaseSince }) => <RelativeTime at={phaseSince} />,
    sortBy: ({ phaseSince }) => phaseSince,
  },
]

function Serves({ sessions }: Pick<Row, 'sessions'>) {
  const [first] = sessions
  if (first === undefined) return <span className="text-faint">nobody</span>
  return (
    <>
      <ListLink href={paths.session(first.id)} className="font-mono text-xs hover:underline">
        {first.id}
      </ListLink>
      {sessions.length > 1 && <span className="text-faint"> and {sessions.length - 1} more</span>}
    </>
  )
}
