import { createLog } from '@fornax/kernel/log'
import { VirtualClock } from '@fornax/kernel/virtual-clock'
import { expect, it } from 'vitest'
import { sampleSession } from '../../test/support/samples.ts'
import { KEY_LIFETIME_MS, SessionJournal } from './session-journal.ts'
import type { Session } from './session.ts'

it('writes the same state once, however often it is asked while it is on its way', async () => {
  const { journal, written, commit } = journalOf()
  const session = sampleSession()
  const waits = [journal.record(session), journal.record(session)]
  journal.recordSoon(session)
  expect(written).toEqual([session])
  commit()
  await Promise.all(waits)
})

it('writes the states of a session in the order in which they came about', async () => {
  const { journal, written, recorded, commit } = journalOf()
  const first = sampleSession()
  const second: Session = { ...first, phase: 'closed' }
  const waits = [journal.record(first), journal.record(second)]
  expect(written).toEqual([first, second])
  commit()
  commit()
  await Promise.all(waits)
  expect(recorded).toEqual([first, second])
})

it('does not let the end of an older write hide a newer one', async () => {
  const { journal, written, commit } = journalOf()
  const first = sampleSession()
  const second: Session = { ...first, phase: 'closed' }
  const wait = journal.record(first)
  void journal.record(second)
  commit()
  await wait
  void journal.record(second)
  expect(written).toEqual([first, second])
})

it('says when a row could not be written, and tries again when asked again', async () => {
  const { journal, written, recorded, commit, fail } = journalOf()
  const session = sampleSession()
  const wait = journal.record(session)
  fail()
  await expect(wait).rejects.toThrow('no')
  expect(recorded).toEqual([])
  const again = journal.record(session)
  commit()
  await again
  expect(written).toEqual([session, session])
  expect(recorded).toEqual([session])
})

it('never rejects where nobody waits', async () => {
  const { journal, fail } = journalOf()
  journal.recordSoon(sampleSession())
  fail()
  await new Promise((resolve) => setImmediate(resolve))
})

it('asks for keys of a day', async () => {
  const { journal, asked } = journalOf()
  await journal.sessionOfKey('app-1', 'k')
  expect(asked).toEqual([['app-1', 'k', 2 * KEY_LIFETIME_MS - KEY_LIFETIME_MS]])
})

it('writes a session that is available soon enough once, and no other more than a moment late', async () => {
  const { journal, written, sessions, clock } = journalOf()
  const starting = sampleSession()
  const slow: Session = { ...starting, id: 'ses-slow' }
  for (const session of [starting, slow]) {
    sessions.set(session.id, session)
    journal.recordLater(session)
    clock.advance(100)
  }
  const available: Session = { ...starting, phase: 'available' }
  journal.recordSoon(available)
  expect(written).toEqual([available])
  clock.advance(249)
  expect(written).toEqual([available, slow])
  expect(clock.waiting).toBe(0)
})

it('writes what it put off as it is by then', async () => {
  const { journal, written, sessions, clock } = journalOf()
  const first = sampleSession()
  const second: Session = { ...first, clientCount: 1 }
  journal.recordLater(first)
  journal.recordLater({ ...first, id: 'ses-gone' })
  sessions.set(first.id, second)
  clock.advance(250)
  expect(written).toEqual([second])
})

it('leaves nothing unwritten when the core stops', async () => {
  const { journal, written, sessions, clock } = journalOf()
  const session = sampleSession()
  sessions.set(session.id, session)
  journal.recordLater(session)
  journal[Symbol.dispose]()
  expect(written).toEqual([session])
  expect(clock.waiting).toBe(0)
})

type Scene = {
  readonly clock: VirtualClock
  /** What is in memory. */
  readonly sessions: Map<string, Session>
  readonly journal: SessionJournal
  readonly written: Session[]
  readonly recorded: Session[]
  readonly asked: unknown[]
  /** Settles the oldest write. */
  readonly commit: () => void
  readonly fail: () => void
}

function journalOf(): Scene {
  const clock = new VirtualClock(2 * KEY_LIFETIME_MS)
  const inMemory = new Map<string, Session>()
  const written: Session[] = []
  const recorded: Session[] = []
  const asked: unknown[] = []
  const waiting: PromiseWithResolvers<void>[] = []
  const journal = new SessionJournal({
    clock,
    current: (id) => inMemory.get(id) ?? null,
    log: createLog('test', 'silent'),
    recorded: (session) => recorded.push(session),
    store: {
      recordSessions: (sessions) => {
        written.push(...sessions)
        const write = Promise.withResolvers<void>()
        waiting.push(write)
        return write.promise
      },
      session: () => Promise.resolve(null),
      sessionOfKey: (...query) => {
        asked.push(query)
        return Promise.resolve(null)
      },
    },
  })
  return {
    clock,
    sessions: inMemory,
    journal,
    written,
    recorded,
    asked,
    commit: () => waiting.shift()?.resolve(),
    fail: () => waiting.shift()?.reject(new Error('no')),
  }
}
