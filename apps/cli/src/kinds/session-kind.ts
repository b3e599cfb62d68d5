import {
  SessionDocument,
  SessionsDocument,
  WatchSessionsDocument,
  type SessionDetailsFragment,
  type SessionFieldsFragment,
  type SessionPhase,
} from '@fornax/client/generated/documents'
import { ageOf, formatAge, formatMs } from '../output/age.ts'
import { instantWithAge, orNone, type Detail } from '../output/details.ts'
import { formatTable, type Column } from '../output/table.ts'
import { toneOf, toWord } from '../output/tone.ts'
import type { Filters } from './filters.ts'
import type { KindDefinition } from './kind-definition.ts'
import { makeKind } from './kind.ts'

const PHASES = ['PENDING', 'STARTING', 'AVAILABLE', 'IN_USE', 'CLOSING', 'CLOSED'] as const
const OPEN_PHASES = PHASES.filter((phase) => phase !== 'CLOSED')

const columns: readonly Column<SessionFieldsFragment>[] = [
  { header: 'ID', usualWidth: 20, cell: (session) => session.id },
  { header: 'APPLICATION', usualWidth: 16, cell: (session) => session.applicationName },
  { header: 'PHASE', usualWidth: 9, cell: ({ phase }) => ({ text: toWord(phase), tone: toneOf(phase) }) },
  { header: 'START', cell: ({ start }) => (start === null ? '-' : toWord(start)) },
  { header: 'NODE', usualWidth: 16, cell: ({ nodeName }) => nodeName ?? '-' },
  { header: 'ENDPOINT', usualWidth: 24, cell: endpointCell },
  { header: 'AGE', usualWidth: 5, cell: ({ createdAt }, nowMs) => ageOf(createdAt, nowMs), isRestless: true },
  { header: 'POD', usualWidth: 20, cell: ({ podId }) => podId ?? '-', isWide: true },
  { header: 'VERSION', cell: ({ versionNumber }) => String(versionNumber ?? '-'), isWide: true },
  { header: 'CLIENTS', cell: ({ clientCount }) => String(clientCount), isWide: true },
  { header: 'QUEUE', cell: ({ queuePosition }) => String(queuePosition ?? '-'), isWide: true },
  { header: 'REASON', cell: ({ closeReason }) => (closeReason === null ? '-' : toWord(closeReason)), isWide: true },
  { header: 'LABELS', cell: ({ labels }) => labelsText(labels), isWide: true },
]

export const sessionDefinition: KindDefinition<SessionFieldsFragment, SessionDetailsFragment, SessionPhase> = {
  name: 'session',
  plural: 'sessions',
  aliases: ['sess', 's'],
  typeName: 'Session',
  filters: ['application', 'node', 'phase', 'selector'],
  phases: PHASES,
  columns,
  nameOf: (session) => session.id,
  isOver: (session) => session.phase === 'CLOSED',
  page: async ({ client, signal }, filters, at) => {
    const isOpenOnly = filters.phases.length === 0 && !filters.isAll
    const where = whereOf({ ...filters, phases: isOpenOnly ? OPEN_PHASES : filters.phases })
    return (await client.request(SessionsDocument, { ...at, where }, { signal })).page
  },
  one: async ({ client, signal }, id) => (await client.request(SessionDocument, { id }, { signal })).session,
  watch: ({ client, signal }, filters) => client.watch(WatchSessionsDocument, { where: whereOf(filters) }, { signal }),
  describe,
}

export const sessionKind = makeKind(sessionDefinition)

function whereOf({ application, nodeName, phases, labels }: Filters<SessionPhase>) {
  return {
    ...(application === null ? {} : { application }),
    ...(nodeName === null ? {} : { nodeName }),
    ...(phases.length === 0 ? {} : { phases }),
    ...(labels.length === 0 ? {} : { labels }),
  }
}

function endpointCell({ endpoints }: SessionFieldsFragment): string {
  const [first, ...others] = endpoints
  if (first === undefined) return '-'
  return others.length === 0 ? first.url : `${first.url}+${others.length}`
}

/** `a=1,b=2` */
export function labelsText(labels: readonly { readonly name: string; readonly value: string }[]): string {
  return labels.length === 0 ? '-' : labels.map(({ name, value }) => `${name}=${value}`).join(',')
}

function describe(session: SessionDetailsFragment, nowMs: number): readonly Detail[] {
  const version = session.versionNumber === null ? '' : ` (version ${session.versionNumber})`
  return [
    ['Session', session.id],
    ['Application', `${session.applicationName}${version}`],
    ['Phase', phaseText(session, nowMs)],
    ['Start', session.start === null ? '<none>' : toWord(session.start)],
    ['Pod', orNone(session.podId)],
    ['Node', orNone(session.nodeName)],
    ['Clients', String(session.clientCount)],
    ...(session.queuePosition === null ? [] : [['Queue', `${session.queuePosition} before it`] as const]),
    ['Labels', session.labels.length === 0 ? '<none>' : labelsText(session.labels)],
    ['Created', instantWithAge(session.createdAt, ageOf(session.createdAt, nowMs))],
    ['Available', instantWithAge(session.availableAt, ageOf(session.availableAt, nowMs))],
    ...closing(session, nowMs),
    { section: 'Endpoints', lines: session.endpoints.map(({ name, url }) => `${name}   ${url}`) },
    { section: 'Timeline', lines: timeline(session) },
  ]
}

function phaseText({ phase, phaseDeadline }: SessionDetailsFragment, nowMs: number): string {
  if (phaseDeadline === null) return toWord(phase)
  return `${toWord(phase)}, for at most ${formatAge(Date.parse(phaseDeadline) - nowMs)} more`
}

function closing({ closeReason, closeMessage, closedAt }: SessionDetailsFragment, nowMs: number): readonly Detail[] {
  if (closeReason === null) return []
  return [
    ['Closed', instantWithAge(closedAt, ageOf(closedAt, nowMs))],
    ['Reason', closeMessage === null ? toWord(closeReason) : `${toWord(closeReason)}: ${closeMessage}`],
  ]
}

type TimelineEntry = SessionDetailsFragment['timeline'][number]

/** Every step, when it was, and how long after the step before. */
function timeline({ timeline: entries }: SessionDetailsFragment): readonly string[] {
  if (entries.length === 0) return []
  const columnsOfStep: readonly Column<TimelineEntry>[] = [
    { header: 'STEP', cell: ({ step }) => stepText(step) },
    { header: 'SINCE ASKED', cell: ({ sinceAskedMs }) => formatMs(sinceAskedMs) },
    { header: 'AFTER', cell: (entry) => formatMs(entry.sinceAskedMs - before(entries, entry)) },
    { header: 'AT', cell: ({ at }) => at },
    ...(entries.some(({ by }) => by !== null) ? [{ header: 'BY', cell: byWhom }] : []),
  ]
  return formatTable(columnsOfStep, entries, { nowMs: 0, hasColour: false }).trimEnd().split('\n')
}

/** As the audit names them: the token, from where, and in which request. */
function byWhom({ by }: TimelineEntry): string {
  return by === null ? '' : `${by.actorId} from ${by.source ?? 'unknown'}, request ${by.requestId}`
}

function before(entries: readonly TimelineEntry[], entry: TimelineEntry): number {
  return entries[entries.indexOf(entry) - 1]?.sinceAskedMs ?? entry.sinceAskedMs
}

/** `POD_TAKEN` is `Pod taken`. */
function stepText(step: string): string {
  const words = step.toLowerCase().replaceAll('_', ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}
