'use client'
/** Where there is room, and where it is hot: as a map, and as a table that says the same. */
import dynamic from 'next/dynamic'
import { useQueryStates } from 'nuqs'
import { useMemo, useRef, useState } from 'react'
import { plural, formatCount } from '../format/quantity.ts'
import type { NodeRowFragment } from '../graphql/generated/documents.ts'
import { useLiveList } from '../live/live-context.tsx'
import type { FirstPage, LiveListState } from '../live/live-list.ts'
import { surfaceStateOf } from '../live/surface-state.ts'
import { sortRows } from '../ui/column.ts'
import { DataTable, idOf } from '../ui/data-table.tsx'
import { markColumn } from '../ui/mark-column.tsx'
import { ListFilter } from '../ui/list-filter.tsx'
import { Message } from '../ui/message.tsx'
import { Page } from '../ui/page.tsx'
import { Pick, Segmented } from '../ui/segmented.tsx'
import { RowsSkeleton } from '../ui/skeleton.tsx'
import { Surface } from '../ui/surface.tsx'
import { useListView, type ListView } from '../ui/use-list-view.ts'
import { groupingsOf } from './node-arrangement.ts'
import { NODE_COLUMNS } from './node-columns.tsx'
import { NodeDrawer } from './node-drawer.tsx'
import { FILL_IDS, FILLS, type FillId } from './node-fill.ts'
import { MarkedNodesBar } from './marked-nodes-bar.tsx'
import { markWords, useMarkedNodes, withToggled, type MarkedNodes } from './use-marked-nodes.ts'
import { HostMapLegend } from './host-map-legend.tsx'
import { NODES_VIEW } from './nodes-view.ts'
import { nodesSpec } from './node-watch.ts'

type Row = NodeRowFragment
type View = 'map' | 'table'

/** The canvas is only needed where it is shown. */
const HostMap = dynamic(() => import('./host-map.tsx').then((module) => module.HostMap), { ssr: false })

export function NodesPage({ firstPage }: { readonly firstPage: FirstPage<Row> | null }) {
  const list = useLiveList(nodesSpec, firstPage)
  const text = useListView('name')
  const [{ view, group, fill, node: chosen }, setView] = useQueryStates(NODES_VIEW)
  const [isByKey, setByKey] = useState(false)
  const nodes = useMatching(list.items, text)
  const marking = useMarkedNodes(list.items, nodes)
  const chosenNode = chosen === null ? undefined : [...list.items.values()].find(({ name }) => name === chosen)
  const close = useMemo(() => () => void setView({ node: null }), [setView])
  const select = (name: string, byKey: boolean): void => {
    setByKey(byKey)
    void setView({ node: name })
  }
  return (
    <Page
      isFilled
      title="Nodes"
      lead={list.isLoaded ? leadOf([...list.items.values()]) : 'The machines that run pods.'}
      actions={<ViewToggle view={view} onChange={(next) => void setView({ view: next })} />}
    >
      <div className="flex flex-wrap items-center gap-2">
        {view === 'map' && (
          <MapChoices {...{ group, fill }} items={list.items} onChange={(next) => void setView(next)} />
        )}
        <div className="ml-auto">
          <ListFilter view={text} what="nodes" />
        </div>
      </div>
      <div className="relative flex min-h-0 flex-1 gap-4">
        <NodesPanel {...{ list, nodes, text, marking, view, group, fill, chosen, select }} />
        {chosenNode !== undefined && view === 'map' && (
          <NodeDrawer key={chosenNode.id} node={chosenNode} onClose={close} takesFocus={isByKey} />
        )}
      </div>
    </Page>
  )
}

type PanelProps = {
  readonly list: LiveListState<Row>
  /** Those that match the filter. */
  readonly nodes: ReadonlyMap<string, Row>
  readonly text: ListView
  readonly marking: MarkedNodes
  readonly view: View
  readonly group: string
  readonly fill: FillId
  readonly chosen: string | null
  readonly select: (name: string, byKey: boolean) => void
}

function NodesPanel({ list, nodes, text, marking, view, group, fill, chosen, select }: PanelProps) {
  const panel = useRef<HTMLDivElement>(null)
  return (
    <div
      ref={panel}
      tabIndex={-1}
      className="flex min-h-0 min-w-0 flex-1 flex-col overflow-hidden rounded-xl border border-line bg-panel focus:outline-none"
    >
      <Surface
        state={surfaceStateOf(list)}
        what="Nodes"
        className="flex min-h-0 flex-1 flex-col"
        skeleton={<RowsSkeleton />}
        isEmpty={() => nodes.size === 0}
        empty={<NoNodes isFiltered={list.items.size > 0} clear={text.clear} />}
      >
        {() =>
          view === 'map' ? (
            <div className="min-h-0 flex-1 p-4">
              <HostMap {...{ nodes, marking }} grouping={group} fillId={fill} selected={chosen} onSelect={select} />
            </div>
          ) : (
            <NodesTable nodes={nodes} view={text} marking={marking} />
          )
        }
      </Surface>
      <Foot {...{ view, fill, nodes, marking }} isLoaded={list.isLoaded} leaveTo={() => focusNodes(panel.current)} />
    </div>
  )
}

type FootProps = {
  readonly view: View
  readonly fill: FillId
  readonly nodes: ReadonlyMap<string, Row>
  readonly marking: MarkedNodes
  readonly isLoaded: boolean
  /** Gives focus to the nodes, when what had it goes. */
  readonly leaveTo: () => void
}

/** What can be done with the marked stands where the legend was: nothing moves under the pointer that marks. */
function Foot({ view, fill, nodes, marking, isLoaded, leaveTo }: FootProps) {
  const words = markWords(marking)
  return (
    <>
      {/* There before there is anything to say: else it would not be heard. */}
      <span role="status" aria-label="Marks" className="sr-only">
        {words}
      </span>
      {marking.nodes.length > 0 && (
        <MarkedNodesBar {...{ words, leaveTo }} marked={marking.nodes} clear={() => marking.mark(new Set())} />
      )}
      {marking.nodes.length === 0 && view === 'map' && isLoaded && <HostMapLegend fillId={fill} nodes={nodes} />}
    </>
  )
}

function focusNodes(panel: HTMLElement | null): void {
  const list = panel?.querySelector<HTMLElement>('[role=listbox], [role=region][tabindex="0"]')
  const target = list ?? panel
  target?.focus({ preventScroll: true })
}

/** The same map for as long as nothing is filtered: then nothing is copied. */
function useMatching(items: ReadonlyMap<string, Row>, { words, matches }: ListView): ReadonlyMap<string, Row> {
  return useMemo(() => {
    if (words === '') return items
    return new Map(
      [...items].filter(([, node]) =>
        matches(
          node.name,
          node.address,
          node.agentVersion,
          ...node.runtimes.map((runtime) => runtime.name),
          ...node.labels.map(({ name, value }) => `${name}=${value}`),
        ),
      ),
    )
  }, [items, words, matches])
}

type NodesTableProps = {
  readonly nodes: ReadonlyMap<string, Row>
  readonly view: ListView
  readonly marking: MarkedNodes
}

function NodesTable({ nodes, view, marking: { ids, mark } }: NodesTableProps) {
  const columns = useMemo(() => {
    const marks = markColumn<Row>({
      isMarked: ({ id }) => ids.has(id),
      toggle: ({ id }) => mark(withToggled(ids, id)),
      nameOf: ({ name }) => name,
    })
    return [marks, ...NODE_COLUMNS]
  }, [ids, mark])
  const rows = useMemo(() => sortRows([...nodes.values()], NODE_COLUMNS, view.sort), [nodes, view.sort])
  return (
    <DataTable
      label="Nodes"
      columns={columns}
      rows={rows}
      rowId={idOf}
      sort={view.sort}
      onSort={view.sortBy}
      minWidth={66}
    />
  )
}

const VIEWS = [
  { id: 'map', name: 'Map', icon: 'map' },
  { id: 'table', name: 'Table', icon: 'table' },
] as const

function ViewToggle({ view, onChange }: { readonly view: View; readonly onChange: (view: View) => void }) {
  return (
    <>
      <Segmented label="Show nodes as" options={VIEWS} value={view} onChange={onChange} />
      <button
        type="button"
        data-key="v"
        className="sr-only focus:not-sr-only"
        onClick={() => onChange(view === 'map' ? 'table' : 'map')}
      >
        Map or table (v)
      </button>
    </>
  )
}

type MapChoicesProps = {
  readonly group: string
  readonly fill: FillId
  readonly items: ReadonlyMap<string, Row>
  readonly onChange: (next: { readonly group?: string; readonly fill?: FillId }) => void
}

function MapChoices({ group, fill, items, onChange }: MapChoicesProps) {
  const fills = FILL_IDS.map((id) => ({ id, name: FILLS[id].name }))
  return (
    <>
      <Pick label="Fill by" value={fill} options={fills} onChange={(id) => onChange({ fill: fillOf(id) })} />
      <Pick
        label="Group by"
        value={group}
        options={withChosen(groupingsOf(items.values()), group)}
        onChange={(id) => onChange({ group: id })}
      />
    </>
  )
}

/** An address may ask for a label that no node has now. */
function withChosen(options: readonly { readonly id: string; readonly name: string }[], chosen: string) {
  return options.some(({ id }) => id === chosen) ? options : [...options, { id: chosen, name: chosen }]
}

function fillOf(text: string): FillId {
  return FILL_IDS.find((id) => id === text) ?? 'memory-booked'
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
