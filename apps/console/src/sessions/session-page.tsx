'use client'
/** One session: why it was slow, why it closed, and how to reach it while it lasts. */
import Link from 'next/link'
import { useMemo } from 'react'
import { sentence } from '../format/sentence.ts'
import { formatMs } from '../format/duration.ts'
import type { SessionStoryFragment } from '../graphql/generated/documents.ts'
import { useLiveList } from '../live/live-context.tsx'
import { surfaceStateOf } from '../live/surface-state.ts'
import { paths } from '../path-builder.ts'
import { PodLog } from '../pods/pod-log.tsx'
import { instantMs } from '../time/instant.ts'
import { RelativeTime } from '../time/relative-time.tsx'
import { Breadcrumb } from '../ui/breadcrumb.tsx'
import { Facts, type Fact } from '../ui/facts.tsx'
import { Page, Panel } from '../ui/page.tsx'
import { RowsSkeleton } from '../ui/skeleton.tsx'
import { Surface } from '../ui/surface.tsx'
import { CloseSessionButton } from './close-session.tsx'
import { SessionPhaseMark } from './session-columns.tsx'
import { SessionEndpoints } from './session-endpoints.tsx'
import { PlacementPanel } from './placement-panel.tsx'
import { SessionTimeline } from './session-timeline.tsx'
import { sessionSpec } from './session-watch.ts'

type Story = SessionStoryFragment
type SessionPageProps = { readonly id: string; readonly first: Story | null }

export function SessionPage({ id, first }: SessionPageProps) {
  const spec = useMemo(() => sessionSpec(id), [id])
  const firstPage = useMemo(
    () => (first === null ? null : { key: spec.key, items: [first], resourceVersion: null }),
    [spec, first],
  )
  const list = useLiveList(spec, firstPage)
  const session = list.items.get(id)
  return (
    <Page
      title={<Breadcrumb parent="Sessions" path={paths.sessions()} name={id} isId />}
      lead={session === undefined ? undefined : <Lead session={session} />}
      actions={session === undefined ? undefined : <CloseSessionButton session={session} size="medium" />}
    >
      <Surface
        state={surfaceStateOf(list)}
        what="The session’s steps"
        skeleton={<RowsSkeleton />}
        isEmpty={() => session === undefined}
        empty={null}
      >
        {() => session !== undefined && <Body session={session} />}
      </Surface>
    </Page>
  )
}

function Lead({ session }: { readonly session: Story }) {
  return (
    <span className="flex flex-wrap items-center gap-x-3 gap-y-1" role="status" aria-label="Phase">
      <SessionPhaseMark session={session} />
      {session.closeMessage !== null && session.closeMessage !== '' && <span>{sentence(session.closeMessage)}</span>}
      {session.phaseDeadline !== null && session.phase !== 'CLOSED' && (
        <span className="text-faint">
          must end <RelativeTime at={session.phaseDeadline} />
        </span>
      )}
    </span>
  )
}

function Body({ session }: { readonly session: Story }) {
  return (
    <div className="grid items-start gap-5 xl:grid-cols-[1fr_20rem]">
      <div className="flex min-w-0 flex-col gap-5">
        <Panel title="Endpoints">
          <SessionEndpoints session={session} />
        </Panel>
        <PlacementPanel id={session.id} step={session.timeline.length} />
        <Panel title="Timeline" aside={<span className="text-xs text-faint">each step since the one before it</span>}>
          <SessionTimeline entries={session.timeline} />
        </Panel>
        {session.podId !== null && (
          <PodLog key={session.podId} podId={session.podId} isLive={session.phase !== 'CLOSED'} />
        )}
      </div>
      <Panel title="Facts">
        <Facts facts={factsOf(session)} />
      </Panel>
    </div>
  )
}

function NodeLink({ name }: { readonly name: string }) {
  return (
    <Link
      href={paths.node(name)}
      className="underline decoration-line-strong underline-offset-2 hover:decoration-current"
    >
      {name}
    </Link>
  )
}

/** More exact than the two instants, which are whole milliseconds. */
function openedInMs({ timeline }: Story): number | undefined {
  return timeline.find(({ step }) => step === 'AVAILABLE')?.sinceAskedMs
}

function factsOf(session: Story): readonly Fact[] {
  const { applicationName, availableAt, createdAt } = session
  return [
    [
      'Application',
      <Link
        key="application"
        href={paths.application(applicationName)}
        className="underline decoration-line-strong underline-offset-2 hover:decoration-current"
      >
        {applicationName}
      </Link>,
    ],
    ['Version', session.versionNumber === null ? '–' : `v${session.versionNumber}`],
    ['Start', session.start === null ? '–' : session.start.toLowerCase()],
    [
      'Opened in',
      availableAt === null ? '–' : formatMs(openedInMs(session) ?? instantMs(availableAt) - instantMs(createdAt)),
    ],
    ['Clients', session.clientCount],
    ['Node', session.nodeName === null ? '–' : <NodeLink key="node" name={session.nodeName} />],
    [
      'Pod',
      <span key="pod" className="font-mono text-xs">
        {session.podId ?? '–'}
      </span>,
    ],
    ['Asked', <RelativeTime key="asked" at={createdAt} />],
    ...(session.closedAt === null ? [] : [['Closed', <RelativeTime key="closed" at={session.closedAt} />] as const]),
    ...session.labels.map(({ name, value }) => [name, value] as const),
  ]
}
