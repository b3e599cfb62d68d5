'use client'
/** What runs on one node, how full it is, and how well it is heard. */
import { useMemo } from 'react'
import { EventsPanel } from '../events/events-panel.tsx'
import { formatCount, plural } from '../format/quantity.ts'
import {
  NodeDocument,
  type NodeQuery,
  type NodeStoryFragment,
  type PodRowFragment,
} from '../graphql/generated/documents.ts'
import { useLiveList } from '../live/live-context.tsx'
import type { LiveListState } from '../live/live-list.ts'
import { surfaceStateOf } from '../live/surface-state.ts'
import { surfaceOf, useLiveQuery } from '../live/use-live-query.ts'
import { paths } from '../path-builder.ts'
import { podsSpec } from '../pods/pod-watch.ts'
import { PodSquares } from '../pods/pod-squares.tsx'
import { PodsTable } from '../pods/pods-table.tsx'
import { RelativeTime } from '../time/relative-time.tsx'
import { Breadcrumb } from '../ui/breadcrumb.tsx'
import { Facts } from '../ui/facts.tsx'
import { Message } from '../ui/message.tsx'
import { MoreLink, Page, Panel } from '../ui/page.tsx'
import { RowsSkeleton } from '../ui/skeleton.tsx'
import { Surface } from '../ui/surface.tsx'
import { CapacityBars } from './capacity-bars.tsx'
import { LinkTimeline } from './link-timeline.tsx'
import { NodeButtons } from './node-buttons.tsx'
import { NodePhaseMark } from './node-columns.tsx'
import { factsOfNode } from './node-facts.tsx'

type NodePageProps = { readonly name: string; readonly first: NodeQuery | null }

export function NodePage({ name, first }: NodePageProps) {
  const spec = useMemo(() => podsSpec({ nodeName: name }), [name])
  const pods = useLiveList(spec, null)
  // What changes on a node changes its pods: then its numbers are others too.
  const answer = useLiveQuery(NodeDocument, { name }, { first, on: pods.items })
  const node = answer.value?.computeNode ?? null
  return (
    <Page
      title={<Breadcrumb parent="Nodes" path={paths.nodes()} name={name} />}
      lead={node === null ? undefined : <Lead node={node} />}
      actions={node === null ? undefined : <NodeButtons node={node} />}
    >
      <Surface
        state={surfaceOf(answer)}
        what="The node"
        skeleton={<RowsSkeleton />}
        isEmpty={({ computeNode }) => computeNode === null}
        empty={<Message icon="node" title={`No node is named ${name}`} />}
      >
        {({ computeNode }) => computeNode !== null && <Body node={computeNode} pods={pods} />}
      </Surface>
    </Page>
  )
}

type BodyProps = { readonly node: NodeStoryFragment; readonly pods: LiveListState<PodRowFragment> }

function Body({ node, pods }: BodyProps) {
  const { name, sessionCount, revision, linkTimeline } = node
  return (
    <div className="grid items-start gap-5 xl:grid-cols-[1fr_22rem]">
      <div className="flex min-w-0 flex-col gap-5">
        <Panel
          title="Pods"
          aside={<MoreLink href={paths.sessions({ node: name })}>{plural(sessionCount, 'session')}</MoreLink>}
        >
          <Surface
            state={surfaceStateOf(pods)}
            what="Pods"
            className="min-h-72" // What stands below stays where it is when a few pods come.
            skeleton={<RowsSkeleton rows={3} />}
            isEmpty={({ size }) => size === 0}
            empty={<p className="px-4 py-3 text-soft">No pod runs on it.</p>}
          >
            {(items) => <Pods pods={[...items.values()]} name={name} />}
          </Surface>
        </Panel>
        <EventsPanel title="Events" where={{ nodeName: name }} />
      </div>
      <div className="flex min-w-0 flex-col gap-5">
        <Panel title="Capacity">
          <CapacityBars node={node} />
        </Panel>
        <Panel
          title="Link"
          aside={
            <span className="text-xs text-faint">
              {revision === null ? 'nothing heard' : `report ${formatCount(revision)}`}
            </span>
          }
        >
          <LinkTimeline entries={linkTimeline} />
        </Panel>
        <Panel title="Facts">
          <Facts facts={factsOfNode(node)} />
        </Panel>
      </div>
    </div>
  )
}

function Pods({ pods, name }: { readonly pods: readonly PodRowFragment[]; readonly name: string }) {
  return (
    <>
      <PodSquares pods={pods} label={`Pods of ${name}`} />
      <PodsTable pods={pods} label={`Pods of ${name}`} without="node" />
    </>
  )
}

function Lead({ node }: { readonly node: NodeStoryFragment }) {
  return (
    <span className="flex flex-wrap items-center gap-x-3" role="status" aria-label="Phase">
      <NodePhaseMark node={node} />
      {node.drainDeadline !== null && (
        <span>
          its sessions end <RelativeTime at={node.drainDeadline} />
        </span>
      )}
      {node.lastHeardAt !== null && (
        <span className="text-faint">
          heard <RelativeTime at={node.lastHeardAt} />
        </span>
      )}
    </span>
  )
}
