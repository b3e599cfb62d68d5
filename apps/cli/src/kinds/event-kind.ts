import {
  EventDocument,
  EventsDocument,
  WatchEventsDocument,
  type EventFieldsFragment,
  type EventQuery,
  type EventSeverity,
} from '@fornax/client/generated/documents'
import { ageOf } from '../output/age.ts'
import { instantWithAge, orNone, type Detail } from '../output/details.ts'
import type { Column } from '../output/table.ts'
import { toWord, type Tone } from '../output/tone.ts'
import type { Filters } from './filters.ts'
import type { KindDefinition } from './kind-definition.ts'
import { makeKind } from './kind.ts'

const SEVERITIES = ['INFO', 'WARNING', 'ERROR'] as const
const TONES: Readonly<Record<EventSeverity, Tone>> = { INFO: 'quiet', WARNING: 'busy', ERROR: 'bad' }

const columns: readonly Column<EventFieldsFragment>[] = [
  { header: 'AGE', usualWidth: 5, cell: ({ lastAt }, nowMs) => ageOf(lastAt, nowMs), isRestless: true },
  {
    header: 'KIND',
    usualWidth: 18,
    cell: ({ eventKind, severity }) => ({ text: toWord(eventKind), tone: TONES[severity] }),
  },
  { header: 'OBJECT', usualWidth: 24, cell: objectOf },
  { header: 'COUNT', usualWidth: 5, cell: ({ count }) => String(count) },
  { header: 'MESSAGE', cell: ({ message }) => message },
  { header: 'AT', cell: ({ at }) => at, isWide: true },
  { header: 'TENANT', cell: ({ tenant }) => tenant ?? '-', isWide: true },
  { header: 'ID', cell: ({ id }) => id, isWide: true },
]

const eventDefinition: KindDefinition<EventFieldsFragment, EventFieldsFragment, EventSeverity> = {
  name: 'event',
  plural: 'events',
  aliases: ['ev'],
  typeName: 'Event',
  filters: ['application', 'node', 'phase'],
  phases: SEVERITIES,
  limit: 100,
  columns,
  nameOf: (event) => event.id,
  isOver: () => false,
  page: async ({ client, signal }, filters, at) =>
    (await client.request(EventsDocument, { ...at, where: whereOf(filters) }, { signal })).page,
  one: async ({ client, signal }, id) => {
    const { node } = await client.request(EventDocument, { id }, { signal })
    return isEvent(node) ? node : null
  },
  watch: ({ client, signal }, filters) => client.watch(WatchEventsDocument, { where: whereOf(filters) }, { signal }),
  describe,
}

export const eventKind = makeKind(eventDefinition)

/** An id may name any other object. */
function isEvent(node: EventQuery['node']): node is EventFieldsFragment {
  return node !== null && Object.hasOwn(node, 'eventKind')
}

function whereOf({ application, nodeName, phases }: Filters<EventSeverity>) {
  return {
    ...(application === null ? {} : { application }),
    ...(nodeName === null ? {} : { nodeName }),
    ...(phases.length === 0 ? {} : { severities: phases }),
  }
}

function objectOf({ applicationName, versionNumber, nodeName }: EventFieldsFragment): string {
  if (applicationName === null) return nodeName === null ? 'core' : `node/${nodeName}`
  return versionNumber === null ? applicationName : `${applicationName} v${versionNumber}`
}

function describe(event: EventFieldsFragment, nowMs: number): readonly Detail[] {
  return [
    ['Event', event.id],
    ['Kind', `${toWord(event.eventKind)}, ${toWord(event.severity)}`],
    ['Message', event.message],
    ['First', instantWithAge(event.at, ageOf(event.at, nowMs))],
    ['Last', instantWithAge(event.lastAt, ageOf(event.lastAt, nowMs))],
    ['Count', String(event.count)],
    ['Tenant', orNone(event.tenant)],
    ['Application', event.applicationName === null ? '<none>' : objectOf(event)],
    ['Node', orNone(event.nodeName)],
    ['Pod', orNone(event.podId)],
    ['Session', orNone(event.sessionId)],
    ...(event.lastLogLines.length === 0 ? [] : [{ section: 'Last log lines', lines: event.lastLogLines }]),
  ]
}
