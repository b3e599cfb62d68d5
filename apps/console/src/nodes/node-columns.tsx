'use client'
/** The columns of the table of nodes. */
import dynamic from 'next/dynamic'
import { formatBytes, formatCount, formatCpus } from '../format/quantity.ts'
import type { NodeRowFragment } from '../graphql/generated/documents.ts'
import { paths } from '../path-builder.ts'
import { RelativeTime } from '../time/relative-time.tsx'
import type { Column } from '../ui/column.ts'
import { ListLink } from '../ui/list-link.tsx'
import { Meter } from '../ui/meter.tsx'
import { PhaseMark } from '../ui/phase-mark.tsx'
import { wordsOfNode } from './node-words.ts'

type Row = NodeRowFragment

/** Menus are heavy, and the table can be read without them. */
const NodeActions = dynamic(() => import('./node-actions.tsx').then((module) => module.NodeActions), { ssr: false })

export function runtimesOf({ runtimes }: Row): string {
  return runtimes.map(({ name, isolation }) => `runtime ${name}, isolation ${isolation.toLowerCase()}`).join('; ')
}

export function NodePhaseMark({ node }: { readonly node: Pick<Row, 'phase' | 'isCordoned' | 'drainDeadline'> }) {
  const { tone, word } = wordsOfNode(node)
  return <PhaseMark tone={tone} word={word} />
}

export const NODE_COLUMNS: readonly Column<Row>[] = [
  {
    id: 'name',
    header: 'Node',
    cell: (node) => (
      <span className="flex flex-col leading-tight">
        <ListLink href={paths.node(node.name)} data-row-link className="truncate font-medium hover:underline">
          {node.name}
        </ListLink>
        <span className="truncate text-xs text-faint" title={runtimesOf(node)}>
          {node.address} · {node.runtimes.map((runtime) => runtime.name).join(', ')}
        </span>
      </span>
    ),
    sortBy: (node) => node.name,
  },
  {
    id: 'phase',
    header: 'Phase',
    width: 8.5,
    cell: (node) => (
      <span className="flex flex-col leading-tight">
        <NodePhaseMark node={node} />
        {node.drainDeadline !== null && (
          <span className="text-xs text-faint">
            sessions end <RelativeTime at={node.drainDeadline} />
          </span>
        )}
      </span>
    ),
    sortBy: (node) => wordsOfNode(node).word,
  },
  {
    id: 'cpu',
    header: 'CPU booked',
    width: 9,
    cell: ({ booked, capacity, cpuMillisUsed, name }) => (
      <Meter
        label={`CPU of ${name}`}
        booked={booked.cpuMillis}
        capacity={capacity.cpuMillis}
        used={cpuMillisUsed}
        format={formatCpus}
      />
    ),
    sortBy: ({ booked, capacity }) => booked.cpuMillis / Math.max(1, capacity.cpuMillis),
  },
  {
    id: 'memory',
    header: 'Memory booked',
    width: 13,
    cell: ({ booked, capacity, memoryBytesUsed, name }) => (
      <Meter
        label={`Memory of ${name}`}
        booked={booked.memoryBytes}
        capacity={capacity.memoryBytes}
        used={memoryBytesUsed}
        format={formatBytes}
      />
    ),
    sortBy: ({ booked, capacity }) => booked.memoryBytes / Math.max(1, capacity.memoryBytes),
  },
  {
    id: 'pods',
    header: 'Pods',
    width: 6.5,
    align: 'end',
    cell: ({ podCount, capacity }) => (
      <>
        {formatCount(podCount)} <span className="text-faint">of {formatCount(capacity.pods)}</span>
      </>
    ),
    sortBy: (node) => node.podCount,
  },
  {
    id: 'sessions',
    header: 'Sessions',
    width: 5.5,
    align: 'end',
    cell: (node) => (
      <ListLink
        href={paths.sessions({ node: node.name })}
        className="underline decoration-line-strong underline-offset-2 hover:decoration-current"
      >
        {formatCount(node.sessionCount)}
      </ListLink>
    ),
    sortBy: (node) => node.sessionCount,
  },
  {
    id: 'heard',
    header: 'Last heard',
    width: 7,
    cell: ({ lastHeardAt }) =>
      lastHeardAt === null ? <span className="text-faint">not yet</span> : <RelativeTime at={lastHeardAt} />,
    sortBy: (node) => node.lastHeardAt,
  },
  { id: 'actions', header: '', width: 3.5, align: 'end', cell: (node) => <NodeActions node={node} /> },
]
