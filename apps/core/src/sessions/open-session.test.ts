/** The use-case over a real fleet, a real journal and nodes that take their time. */
import { Caller } from '@fornax/kernel/caller'
import { describe, expect, it } from 'vitest'
import { createLog } from '@fornax/kernel/log'
import { FleetWorld } from '../../test/support/fleet-world.ts'
import { sampleRequest } from '../../test/support/samples.ts'
import { closeSession, type CloseSessionPorts } from './close-session.ts'
import {
  openSession,
  QUEUE_MAX,
  type OpenSession,
  type OpenSessionPorts,
  type OpenSessionResult,
} from './open-session.ts'
import { SessionJournal } from './session-journal.ts'
import type { Session, SessionRequest } from './session.ts'

const stays = new Caller()

describe('openSession', () => {
  it('answers from the warm pool, and the row is there when it does', async () => {
    const { world, open } = worldWith({ pods: 1 })
    const result = await played(world, open())
    expect(result).toMatchObject({ kind: 'opened', session: { phase: 'available', start: 'warm' } })
    expect(rowOf(world, result)).toMatchObject({ podId: sessionOf(result).podId })
  })

  it('writes down who asked for it and who closed it, and not who closed it again', async () => {
    const { world, open, close } = worldWith({ pods: 1 })
    const result = await played(world, open())
    expect(rowOf(world, result)?.timeline[0]).toMatchObject({ step: 'asked', by: OPENER })
    await played(world, close(sessionOf(result).id))
    await played(world, close(sessionOf(result).id))
    const asked = rowOf(world, result)?.timeline.filter(({ by }) => by !== undefined)
    expect(asked).toMatchObject([
      { step: 'asked', by: OPENER },
      { step: 'closing', by: CLOSER },
    ])
  })

  it('writes down who closed a session that nobody served yet', async () => {
    const { world, open, close } = worldWith({ pods: 0 })
    const pending = await played(world, open({ wait: 'none' }))
    await played(world, close(sessionOf(pending).id))
    expect(rowOf(world, pending)?.timeline.at(-1)).toMatchObject({ step: 'closed', by: CLOSER })
  })

  it('answers at once for an application that it does not know', async () => {
    const { open } = worldWith({ pods: 0 })
    expect(await open({ application: 'nope' })).toEqual({ kind: 'applicationNotFound', application: 'nope' })
  })

  it('answers a session that had to wait only when its row says on which pod it is', async () => {
    const { world, open } = worldWith({ pods: 1 })
    const first = sessionOf(await played(world, open()))
    world.times.writeMs = 40
    const answer = open()
    world.run(100)
    world.close(first.id)
    const second = sessionOf(await played(world, answer))
    expect(second).toMatchObject({ phase: 'available', podId: first.podId })
    expect(world.rows.sessions.get(second.id)?.podId).toBe(first.podId)
  })

  it('answers at the deadline when there is no pod, with the reason', async () => {
    const { world, open } = worldWith({ pods: 0 })
    const startedAtMs = world.nowMs
    const result = await played(world, open({ request: { openTimeoutMs: 1_500 } }))
    expect(result).toMatchObject({ kind: 'notOpened', reason: 'openTimedOut', session: { phase: 'closed' } })
    expect(world.nowMs - startedAtMs).toBeLessThan(1_700)
  })

  it('answers after a minute with the session as it is', async () => {
    const { world, open } = worldWith({ pods: 0 })
    const result = await played(world, open({ request: { openTimeoutMs: 120_000 } }))
    expect(result).toMatchObject({ kind: 'underway', session: { phase: 'pending' } })
    expect(world.clock.waiting).toBeLessThan(5)
  })

  it('does not wait for the pod when told so', async () => {
    const { world, open } = worldWith({ pods: 0 })
    const result = await played(world, open({ wait: 'none' }))
    expect(result).toMatchObject({ kind: 'underway', session: { phase: 'pending' } })
    expect(rowOf(world, result)).toMatchObject({ phase: 'pending' })
  })

  it('books before it first waits, so two calls never share a pod', async () => {
    const { world, open } = worldWith({ pods: 2 })
    const answers = [open(), open()]
    expect([...world.fleet.state.sessions.values()].map(({ phase }) => phase)).toEqual(['starting', 'starting'])
    const [a, b] = (await played(world, Promise.all(answers))).map(sessionOf)
    expect(a?.podId).not.toBe(b?.podId)
  })

  it('refuses a session when too many wait already', async () => {
    const { world, open } = worldWith({ pods: 0 })
    world.openMany('game', QUEUE_MAX)
    expect(await open()).toEqual({ kind: 'queueFull', waiting: QUEUE_MAX })
  })
})

describe('I9: a key', () => {
  const keyed = { idempotency: { key: 'k', fingerprint: 'one' } }

  it('is one session, however often and however fast it is asked for', async () => {
    const { world, open } = worldWith({ pods: 2 })
    const answers = [open({ request: keyed }), open({ request: keyed })]
    const later = await played(world, Promise.all(answers))
    const again = await played(world, open({ request: keyed }))
    expect(new Set([...later, again].map((result) => sessionOf(result).id)).size).toBe(1)
    expect(world.fleet.state.sessions.size).toBe(1)
  })

  it('with another input is a conflict', async () => {
    const { world, open } = worldWith({ pods: 2 })
    await played(world, open({ request: keyed }))
    const other = { idempotency: { key: 'k', fingerprint: 'two' } }
    expect(await open({ request: other })).toEqual({ kind: 'idempotencyConflict', idempotencyKey: 'k' })
  })

  it('means nothing of an application that took the name of another meanwhile', async () => {
    const { world, open, close } = worldWith({ pods: 1 })
    const first = sessionOf(await played(world, open({ request: keyed })))
    await played(world, close(first.id))
    world.run(120_000)
    const answer = open({ request: keyed })
    world.deleteApplication('game')
    world.addApplication('successor', { name: 'game', policy: { minPods: 1, maxPods: 1 } })
    expect(sessionOf(await played(world, answer))).toMatchObject({ applicationId: 'successor', phase: 'available' })
  })

  it('is remembered when its session has left memory', async () => {
    const { world, open, close } = worldWith({ pods: 1 })
    const first = sessionOf(await played(world, open({ request: keyed })))
    await played(world, close(first.id))
    world.run(120_000)
    expect(world.fleet.state.sessions.size).toBe(0)
    const again = await played(world, open({ request: keyed }))
    expect(again).toMatchObject({ kind: 'opened', session: { id: first.id, phase: 'closed' } })
  })
})

describe('a caller who leaves', () => {
  it('takes the session along', async () => {
    const { world, open } = worldWith({ pods: 0 })
    const caller = new Caller()
    const answer = open({}, caller)
    world.run(100)
    caller.leave()
    const { id } = sessionOf(await played(world, answer))
    expect(world.session(id)).toMatchObject({ phase: 'closed', closeReason: 'clientGone' })
  })

  it('leaves it to be asked for again, when it has a key', async () => {
    const { world, open } = worldWith({ pods: 0 })
    const request = { idempotency: { key: 'k', fingerprint: 'one' } }
    const caller = new Caller()
    caller.leave()
    const { id } = sessionOf(await played(world, open({ request }, caller)))
    expect(world.session(id).phase).toBe('pending')
  })
})

describe('the journal', () => {
  it('is not awaited with durability MEMORY', async () => {
    const { world, open } = worldWith({ pods: 1 })
    world.times.writeMs = 10_000
    const result = await played(world, open({ durability: 'memory' }), 100)
    expect(result).toMatchObject({ kind: 'opened' })
  })

  it('that fails closes the session, and says so', async () => {
    const { world, open } = worldWith({ pods: 1, isBroken: true })
    await expect(played(world, open())).rejects.toThrow('could not be recorded')
    world.run(100)
    expect([...world.fleet.state.sessions.values()][0]).toMatchObject({ phase: 'closed', closeReason: 'coreFailed' })
  })

  it('that fails is made good before anybody who asks again under the key is told of the session', async () => {
    const { world, open, disk } = worldWith({ pods: 1, isBroken: true })
    const request = { idempotency: { key: 'k', fingerprint: 'one' } }
    await expect(played(world, open({ request }))).rejects.toThrow('could not be recorded')
    await expect(played(world, open({ request }))).rejects.toThrow('could not be recorded')
    disk.isBroken = false
    const answer = await played(world, open({ request }))
    expect(answer).toMatchObject({ session: { closeReason: 'coreFailed' } })
    expect(rowOf(world, answer)).toMatchObject({ closeReason: 'coreFailed' })
  })

  it('that fails for who asks again ends nothing that was answered before', async () => {
    const { world, open, disk } = worldWith({ pods: 1 })
    const request = { idempotency: { key: 'k', fingerprint: 'one' } }
    const { id } = sessionOf(await played(world, open({ request })))
    disk.isBroken = true
    await expect(played(world, open({ request }))).rejects.toThrow('could not be recorded')
    expect(world.session(id)).toMatchObject({ phase: 'available', closeReason: null })
  })

  it('holds that a session did not open before its client is told so', async () => {
    const { world, open } = worldWith({ pods: 0 })
    world.times.writeMs = 40
    const answer = await played(world, open({ request: { openTimeoutMs: 500 } }))
    expect(answer).toMatchObject({ kind: 'notOpened', reason: 'openTimedOut' })
    expect(rowOf(world, answer)).toMatchObject({ phase: 'closed', closeReason: 'openTimedOut' })
  })
})

describe('closeSession', () => {
  it('is answered when its row is durable, and changes nothing the second time', async () => {
    const { world, open, close } = worldWith({ pods: 1 })
    const { id } = sessionOf(await played(world, open()))
    const first = await played(world, close(id))
    expect(first).toMatchObject({ kind: 'closing', session: { closeReason: 'requested' } })
    expect(world.rows.sessions.get(id)?.closeReason).toBe('requested')
    world.run(1_000)
    expect(await played(world, close(id))).toMatchObject({ kind: 'closing', session: { phase: 'closed' } })
  })

  it('answers for history, and for nothing of another tenant', async () => {
    const { world, open, close } = worldWith({ pods: 1 })
    const { id } = sessionOf(await played(world, open()))
    expect(await close(id, 'ten-other')).toEqual({ kind: 'sessionNotFound', id })
    expect(world.session(id).phase).toBe('available')
    expect(await close('ses-none')).toEqual({ kind: 'sessionNotFound', id: 'ses-none' })
    await played(world, close(id, null))
    world.run(120_000)
    expect(await close(id)).toMatchObject({ kind: 'closing', session: { phase: 'closed' } })
    expect(await close(id, 'ten-other')).toEqual({ kind: 'sessionNotFound', id })
  })
})

/** Lets time pass until the promise has settled, at most so long. */
async function played<T>(world: FleetWorld, promise: Promise<T>, atMostMs = 130_000): Promise<T> {
  const state = { isSettled: false }
  const settled = promise.finally(() => (state.isSettled = true))
  settled.catch(() => undefined)
  for (let passed = 0; passed < atMostMs; passed += 1) {
    for (let turn = 0; turn < 8; turn += 1) await Promise.resolve()
    if (state.isSettled) return settled
    world.run(1)
  }
  throw new Error(`nothing happened in ${atMostMs} ms`)
}

type Order = Partial<Omit<OpenSession, 'request'>> & { readonly request?: Partial<SessionRequest> }

type Setting = {
  readonly world: FleetWorld
  readonly disk: { isBroken: boolean }
  readonly open: (order?: Order, caller?: Caller) => Promise<OpenSessionResult>
  readonly close: (id: string, tenantId?: string | null) => ReturnType<typeof closeSession>
}

function worldWith({ pods, isBroken = false }: { pods: number; isBroken?: boolean }): Setting {
  const world = new FleetWorld()
  if (pods > 0) world.addNode('node-1')
  world.addApplication('game', { policy: { minPods: pods, maxPods: Math.max(1, pods) } })
  world.run(1_000)
  const disk = { isBroken }
  const journal = journalOf(world, disk)
  let ids = 0
  const ports: OpenSessionPorts = {
    clock: world.clock,
    newId: () => `ses-o${(ids += 1)}`,
    fleet: {
      applicationNamed: (tenantId, name) => world.fleet.queueOf(tenantId, name),
      session: (id) => world.reader.session(id),
      sessionOfKey: (applicationId, key) => world.reader.sessionOfKey(applicationId, key),
      refusesOpen: (tenantId) => world.fleet.refusesOpen(tenantId),
      enqueue: (session) => world.turn((fleet) => fleet.enqueue(session)),
      onSettled: (id, act) => world.fleet.onSettled(id, act),
      requestClose: (id, reason) => world.turn((fleet) => fleet.requestClose(id, reason)),
    },
    journal,
  }
  const by = OPENER
  const base = { tenantId: 'ten-1', application: 'game', wait: 'ready', durability: 'journaled', by } as const
  const closing: CloseSessionPorts['fleet'] = {
    session: ports.fleet.session,
    requestClose: (id, reason, who) => world.turn((fleet) => fleet.requestClose(id, reason, who)),
  }
  return {
    world,
    disk,
    open: ({ request = {}, ...order } = {}, caller = stays) =>
      openSession(ports, { ...base, ...order, request: sampleRequest(request) }, caller),
    close: (id, tenantId = 'ten-1') => closeSession({ fleet: closing, journal }, { id, tenantId, by: CLOSER }),
  }
}

const OPENER = { id: 'tok-opener', source: '10.0.0.1', requestId: 'request-1' }
const CLOSER = { id: 'tok-closer', source: null, requestId: 'request-2' }

function journalOf(world: FleetWorld, disk: { readonly isBroken: boolean }): SessionJournal {
  const rows = world.rows.sessions
  return new SessionJournal({
    clock: world.clock,
    current: (id) => world.reader.session(id),
    log: createLog('test', 'silent'),
    recorded: (session) => world.turn((fleet) => fleet.sessionRecorded(session)),
    store: {
      recordSessions: (sessions) =>
        new Promise((resolve, reject) => {
          world.clock.schedule(world.times.writeMs, () => {
            if (disk.isBroken) return reject(new Error('the disk is full'))
            for (const session of sessions) rows.set(session.id, session)
            resolve()
          })
        }),
      session: (id) => Promise.resolve(rows.get(id) ?? null),
      sessionOfKey: (_applicationId, key) =>
        Promise.resolve([...rows.values()].find(({ request }) => request.idempotency?.key === key) ?? null),
    },
  })
}

function sessionOf(result: OpenSessionResult): Session {
  if ('session' in result) return result.session
  throw new Error(`there is no session in ${result.kind}`)
}

function rowOf(world: FleetWorld, result: OpenSessionResult): Session | undefined {
  return world.rows.sessions.get(sessionOf(result).id)
}
