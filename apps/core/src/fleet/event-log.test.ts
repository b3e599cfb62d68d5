import { describe, expect, it } from 'vitest'
import { eventId, EventLog } from './event-log.ts'
import type { Occurrence } from './fleet-event.ts'

const FAILED: Occurrence = { kind: 'podFailed', severity: 'error', message: 'it ended', applicationId: 'app-1' }

describe('a log of events', () => {
  it('counts what comes again at once, and says what was said last', () => {
    const log = new EventLog(1_000)
    for (let at = 0; at < 1_000; at += 1) log.note({ ...FAILED, message: `end ${at}`, podId: `pod-${at}` }, at)
    const events = [...log.all()]
    expect(events).toMatchObject([{ count: 1_000, atMs: 0, lastAtMs: 999, message: 'end 999', podId: 'pod-0' }])
  })

  it('begins another event after ten seconds, for another application, and for another reason', () => {
    const log = new EventLog(1_000)
    log.note({ ...FAILED, sameness: 'exited' }, 0)
    log.note({ ...FAILED, sameness: 'exited' }, 10_000)
    log.note({ ...FAILED, sameness: 'notReady' }, 10_001)
    log.note({ ...FAILED, applicationId: 'app-2', sameness: 'exited' }, 10_002)
    expect([...log.all()].map(({ count }) => count)).toEqual([1, 1, 1, 1])
  })

  it('keeps so many of each tenant: a loud one does not push out what happened to others', () => {
    const log = new EventLog(0, { ofTenant: 3, inAll: 100, changes: 1_000 })
    log.note({ ...FAILED, tenantId: 'quiet', applicationId: 'theirs' }, 0)
    for (let at = 0; at < 50; at += 1) log.note({ ...FAILED, tenantId: 'loud', applicationId: `app-${at}` }, at)
    const tenants = [...log.all()].map(({ tenantId }) => tenantId)
    expect(tenants).toEqual(['quiet', 'loud', 'loud', 'loud'])
  })

  it('keeps so many in all, and says which have left', () => {
    const log = new EventLog(0, { ofTenant: 10, inAll: 5, changes: 1_000 })
    for (let at = 0; at < 8; at += 1) log.note({ ...FAILED, tenantId: `t-${at}`, applicationId: `app-${at}` }, at)
    expect([...log.all()].map(({ tenantId }) => tenantId)).toEqual(['t-3', 't-4', 't-5', 't-6', 't-7'])
    const since = log.changes.since(log.begin)
    const gone = since.kind === 'changes' ? since.changes.filter(({ isGone }) => isGone) : []
    expect(gone.map(({ tenantId }) => tenantId)).toEqual(['t-0', 't-1', 't-2'])
  })

  it('keeps the last lines of a log, and no more of each than fits on a page', () => {
    const log = new EventLog(0)
    const lines = Array.from({ length: 40 }, (_, at) => `${at} ${'x'.repeat(2_000)}`)
    log.note({ ...FAILED, lastLogLines: lines }, 0)
    const [event] = log.all()
    expect(event?.lastLogLines).toHaveLength(10)
    expect(event?.lastLogLines[9]).toMatch(/^39 x+…$/)
    expect(event?.lastLogLines[9]?.length).toBe(500)
  })

  it('names events so that later ones have greater names, also after the core was started anew', () => {
    const ids = [eventId(1_700_000_000_000, 1), eventId(1_700_000_000_000, 33), eventId(1_700_000_000_001, 1)]
    expect(ids.toSorted()).toEqual(ids)
    for (const id of ids) expect(id).toMatch(/^evt-[0-9a-hjkmnp-tv-z]{16}$/)
  })
})
