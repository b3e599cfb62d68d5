/** What a database keeps of what was, whichever it is. */
import { describe, expect, it } from 'vitest'
import { closed, inUse, session } from '../../test/support/store-samples.ts'
import type { FleetEvent } from '../fleet/fleet-event.ts'
import type { EventQuery, HistoryStore } from '../history/history-store.ts'
import { SESSION_STEPS } from '../sessions/session.ts'
import type { OpenedStore } from './open-store.ts'

const DAY_MS = 24 * 3_600_000
const NOW = 1_700_000_000_000

const EVERYTHING: EventQuery = {
  first: 100,
  before: null,
  tenantId: null,
  application: null,
  nodeName: null,
  podId: null,
  sessionId: null,
  kinds: null,
  severities: null,
  fromMs: null,
  untilMs: null,
}

/** The fake of tests keeps it as well. */
export function historyPortContract(name: string, open: () => Promise<HistoryStore & Partial<AsyncDisposable>>): void {
  describe(`history: ${name}`, () => {
    it('gives back events as they were recorded last, newest first, page by page', async () => {
      const store = await open()
      const events = Array.from({ length: 7 }, (_, at) => event(at, { lastLogLines: ['öne', `"${at}"`] }))
      await store.recordEvents(events)
      await store.recordEvents([{ ...event(3), count: 5, lastAtMs: NOW + 99 }])
      const first = await store.events({ ...EVERYTHING, first: 4 })
      expect(first.map(({ id }) => id)).toEqual(['evt-6', 'evt-5', 'evt-4', 'evt-3'])
      expect(first[0]).toEqual(events[6])
      expect(first[3]).toMatchObject({ count: 5, lastAtMs: NOW + 99 })
      const before = { atMs: NOW + 3, id: 'evt-3' }
      expect((await store.events({ ...EVERYTHING, before })).map(({ id }) => id)).toEqual(['evt-2', 'evt-1', 'evt-0'])
      expect(await store.event('evt-1')).toEqual(events[1])
      expect(await store.event('evt-9')).toBeNull()
    })

    it.each<[keyof EventQuery, Partial<EventQuery>]>([
      ['tenantId', { tenantId: 'ten-2' }],
      ['application', { application: 'chess' }],
      ['nodeName', { nodeName: 'node-2' }],
      ['podId', { podId: 'pod-2' }],
      ['sessionId', { sessionId: 'ses-2' }],
      ['kinds', { kinds: ['podFailed', 'nodeLost'] }],
      ['severities', { severities: ['error'] }],
      ['fromMs', { fromMs: NOW + 50 }],
    ])('finds events by %s', async (_field, filter) => {
      const store = await open()
      await store.recordEvents([event(1), event(2, OTHER)])
      expect((await store.events({ ...EVERYTHING, ...filter })).map(({ id }) => id)).toEqual(['evt-2'])
    })

    it('finds events that began before an instant', async () => {
      const store = await open()
      await store.recordEvents([event(1), event(2)])
      expect((await store.events({ ...EVERYTHING, untilMs: NOW + 2 })).map(({ id }) => id)).toEqual(['evt-1'])
    })

    it('gives back slices of the series that are asked for, in order of time, those of two cores side by side', async () => {
      const store = await open()
      const slice = (series: string, atMs: number, epoch: number, count: number) => {
        return { series, atMs, epoch, counts: new Uint8Array([count, 0, 255, 7]) }
      }
      await store.recordSlices([slice('pool/a', 20, 1, 1), slice('pool/b', 10, 1, 2), slice('pool/a', 10, 1, 3)])
      await store.recordSlices([slice('pool/a', 20, 2, 4), slice('pool/a', 10, 1, 5), slice('fleet', 30, 2, 6)])
      const found = await store.slices({ series: ['pool/a', 'fleet'], fromMs: 10, untilMs: 30 })
      expect(found).toEqual([slice('pool/a', 10, 1, 5), slice('pool/a', 20, 1, 1), slice('pool/a', 20, 2, 4)])
      expect(await store.slices({ series: [], fromMs: 0, untilMs: 100 })).toEqual([])
    })

    it('lets go of what is too old, a little at a time', async () => {
      const store = await open()
      await store.recordEvents(Array.from({ length: 10 }, (_, at) => event(at)))
      const counts = new Uint8Array(4)
      await store.recordSlices([1, 2, 3].map((at) => ({ series: 'fleet', atMs: NOW + at, epoch: 1, counts })))
      const prune = { slicesBeforeMs: NOW + 3, eventsBeforeMs: NOW + 8, sessionsBeforeMs: 0, rowsMax: 5 }
      expect(await store.prune(prune)).toBe(true)
      expect(await store.prune(prune)).toBe(false)
      expect((await store.events(EVERYTHING)).map(({ id }) => id)).toEqual(['evt-9', 'evt-8'])
      expect(await store.slices({ series: ['fleet'], fromMs: 0, untilMs: NOW * 2 })).toHaveLength(1)
    })
  })
}

export function historyContract(name: string, open: () => Promise<OpenedStore>): void {
  historyPortContract(name, async () => (await open()).history)

  describe(`sessions of the past: ${name}`, () => {
    it('go when they closed too long ago; open ones and later ones stay', async () => {
      await using store = await open()
      const old = { ...closed(session('ses-old')), createdAtMs: NOW - 9 * DAY_MS, closedAtMs: NOW - 8 * DAY_MS }
      const late = { ...closed(session('ses-late')), createdAtMs: NOW - 9 * DAY_MS, closedAtMs: NOW - DAY_MS }
      const openYet = { ...inUse(session('ses-open')), createdAtMs: NOW - 20 * DAY_MS }
      await store.recordSessions([old, late, openYet])
      const bounds = { slicesBeforeMs: 0, eventsBeforeMs: 0, sessionsBeforeMs: NOW - 7 * DAY_MS, rowsMax: 10 }
      expect(await store.history.prune(bounds)).toBe(false)
      expect(await store.session('ses-old')).toBeNull()
      expect(await store.session('ses-late')).not.toBeNull()
      expect(await store.session('ses-open')).not.toBeNull()
    })

    it('are found by a cell of the latency heatmap: when they became available, how long it took, how they started', async () => {
      await using store = await open()
      const opened = (id: string, latencyMs: number, start: 'warm' | 'cold', at = 0) => {
        const createdAtMs = NOW + at - latencyMs
        return { ...closed(session(id)), createdAtMs, availableAtMs: NOW + at, closedAtMs: NOW + at + 1, start }
      }
      await store.recordSessions([
        opened('ses-1', 5, 'warm'),
        opened('ses-2', 6, 'warm'),
        opened('ses-3', 5, 'cold'),
        opened('ses-4', 5, 'warm', 10_000),
        { ...closed(session('ses-5')), createdAtMs: NOW, availableAtMs: null },
      ])
      const traits = {
        podId: null,
        start: 'warm' as const,
        closeReasons: null,
        created: { from: null, below: null },
        available: { from: NOW, below: NOW + 10_000 },
        latency: { from: 5, below: 6 },
      }
      const page = { first: 10, before: null, tenantId: null, applicationId: null, nodeName: null, phases: null }
      const found = await store.sessionHistory({ ...page, labels: {}, traits })
      expect(found.map(({ id }) => id)).toEqual(['ses-1'])
    })

    it('keep every step of their lives, and who asked for it', async () => {
      await using store = await open()
      const by = { id: 'tok-1', source: '10.0.0.1', requestId: 'request-1' }
      const other = { id: 'tok-2', source: null, requestId: 'request-2' }
      const steps = SESSION_STEPS.map((step, atMs) => ({ step, atMs }))
      const timeline = [
        { step: 'asked', atMs: 0, by } as const,
        ...steps,
        { step: 'closing', atMs: 9, by: other } as const,
      ]
      await store.recordSessions([{ ...closed(session('ses-1')), timeline }])
      expect((await store.session('ses-1'))?.timeline).toEqual(timeline)
    })

    it('keep where their pods came from', async () => {
      await using store = await open()
      const made = { kind: 'made', choice: 9_000, waitedForRoomMs: 12 } as const
      const timeline = [
        { step: 'asked', atMs: 1 },
        { step: 'podTaken', atMs: 2, pod: made },
      ] as const
      await store.recordSessions([{ ...closed(session('ses-1')), timeline }])
      expect((await store.session('ses-1'))?.timeline).toEqual(timeline)
    })
  })
}

function event(at: number, given: Partial<FleetEvent> = {}): FleetEvent {
  return {
    id: `evt-${at}`,
    kind: 'nodeReady',
    severity: 'info',
    message: `event ${at}`,
    atMs: NOW + at,
    lastAtMs: NOW + at,
    count: 1,
    tenantId: null,
    applicationId: null,
    applicationName: null,
    versionNumber: null,
    nodeName: null,
    podId: null,
    sessionId: null,
    lastLogLines: [],
    ...given,
  }
}

const OTHER: Partial<FleetEvent> = {
  tenantId: 'ten-2',
  applicationId: 'app-2',
  applicationName: 'chess',
  versionNumber: 4,
  nodeName: 'node-2',
  podId: 'pod-2',
  sessionId: 'ses-2',
  kind: 'podFailed',
  severity: 'error',
  lastAtMs: NOW + 100,
}
