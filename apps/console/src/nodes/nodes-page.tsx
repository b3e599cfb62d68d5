'use client'
/** Where there is room, and where it is hot. */
import dynamic from 'next/dynamic'
import { plural, formatBytes, formatCount, formatCpus } from '../format/quantity.ts'
import type { NodeRowFragment } from '../graphql/generated/documents.ts'
import { useLiveList } from '../live/live-context.tsx'
import type { FirstPage } from '../live/live-list.ts'
import { surfaceStateOf } from '../live/surface-state.ts'
import { RelativeTime } from '../time/relative-time.tsx'
import { sortRows, type Column } from '../ui/column.ts'
import { DataTable } from '../ui/data-table.tsx'
import { ListFilter } from '../ui/list-filter.tsx'
import { Message } from '../ui/message.tsx'
import { Meter } from '../ui/meter.tsx'
import { Page } from '../ui/page.tsx'
import { PhaseMark } from '../ui/phase-mark.tsx'
import { RowsSkeleton } from '../ui/skeleton.tsx'
import { Surface } from '../ui/surface.tsx'
import { useListView } from '../ui/use-list-view.ts'
import { nodesSpec } from './node-watch.ts'
import { wordsOfNode } from './node-words.ts'

type Row = NodeRowFragment

/** Menus are heavy, and the table can be read without them. */
const NodeActions = dynamic(() => import('./node-actions.tsx').then((module) => module.NodeActions), { ssr: false })

export function NodesPage({ firstPage }: { readonly firstPage: FirstPage<Row> | null }) {
  const list = useLiveList(nodesSpec, firstPage)
  const view = useListView('name')
  const rows = sortRows(
    [...list.items.values()].filter((node) =>
      view.matches(node.name, node.address, ...node.runtimes.map((runtime) => runtime.name)),
    ),
    COLUMNS,
    view.sort,
  )
  return (
    <Page
      isFilled
      title="Nodes"
      lead={list.isLoaded ? leadOf([...list.items.values()]) : 'The machines that run pods.'}
      actions={<ListFilter view={view} what="nodes" />}
    >
      <div className="flex min-h-0 flex-col overflow-hidden rounded-xl border border-line bg-panel">
        <Surface
          state={surfaceStateOf(list)}
          what="Nodes"
          className="flex min-h-0 flex-col"
          skeleton={<RowsSkeleton />}
          isEmpty={() => rows.length === 0}
          empty={<NoNodes isFiltered={list.items.size > 0} clear={view.clear} />}
        >
          {() => (
            <DataTable
              label="Nodes"
              columns={COLUMNS}
              rows={rows}
              rowId={(node) => node.id}
              sort={view.sort}
              onSort={view.sortBy}
              minWidth={63}
            />
          )}
        </Surface>
      </div>
    </Page>
  )
}

function NoNodes({ isFiltered, clear }: { readonly isFiltered: boolean; readonly clear: () => void }) {
  if (isFiltered)
    return (
      <Message
        icon="search"
        title="No node matches"
        action={
          <button type="button" className="text-ember underline" onClick={clear}>
            Show all nodes
          </button>
        }
      />
    )
  return (
    <Message icon="node" title="No node has joined yet">
      Start an agent with the core’s address and its join token; it appears here by itself.
    </Message>
  )
}

function leadOf(nodes: readonly Row[]): string {
  const ready = nodes.filter((node) => node.phase === 'READY').length
  const sessions = nodes.reduce((sum, node) => sum + node.sessionCount, 0)
  return `${plural(nodes.length, 'node')}, ${formatCount(ready)} ready, with ${plural(sessions, 'session')} on them.`
}

function runtimesOf({ runtimes }: Row): string {
  return runtimes.map(({ name, isolation }) => `runtime ${name}, isolation ${isolation.toLowerCase()}`).join('; ')
}

const COLUMNS: readonly Column<Row>[] = [
  {
    id: 'name',
    header: 'Node',
    cell: (node) => (
      <span className="flex flex-col leading-tight">
        <span className="truncate font-medium" data-row-link tabIndex={-1}>
          {node.name}
        </span>
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
    cell: (node) => {
      const { tone, word } = wordsOfNode(node)
      return (
        <span className="flex flex-col leading-tight">
          <PhaseMark tone={tone} word={word} />
          {node.drainDeadline !== null && (
            <span className="text-xs text-faint">
              sessions end <RelativeTime at={node.drainDeadline} />
            </span>
          )}
        </span>
      )
    },
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
    cell: (node) => formatCount(node.sessionCount),
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
