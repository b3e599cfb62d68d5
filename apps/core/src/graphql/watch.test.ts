import { describe, expect, it } from 'vitest'
import { aSession } from '../../test/acceptance/fake-objects.ts'
import { isPending, TestReader, turn, WatchWorld } from '../../test/acceptance/watch-world.ts'
import type { Session } from '../sessions/session.ts'
import { selectComputeNodes, selectPods } from './watch-selections.ts'
import { watch, watchOne, type WatchEvent } from './watch.ts'

describe('a list watch', () => {
  it('begins with a snapshot, in parts, of which only the last can be continued from', async () => {
    using world = new WatchWorld()
    for (let i = 0; i < 1_100; i += 1) world.fleet.addSession(world.hello)
    const reader = world.watchSessions('ten-a')
    const parts = [await reader.next(), await reader.next(), await reader.next()]
    expect(parts.map((part) => part.kind === 'snapshot' && part.items.length)).toEqual([500, 500, 100])
    expect(parts.map((part) => part.kind === 'snapshot' && part.isLast)).toEqual([false, false, true])
    expect(parts[2]?.resourceVersion).toBe(world.fleet.resourceVersion)
    expect(world.fleet.changes.since(parts[0]?.resourceVersion ?? '').kind).toBe('expired')
  })

  it('shows an empty list as an empty snapshot', async () => {
    using world = new WatchWorld()
    expect(await world.watchSessions('ten-a').next()).toMatchObject({ kind: 'snapshot', items: [], isLast: true })
  })

  it('repeats what changed while the parts of the snapshot were read', async () => {
    using world = new WatchWorld()
    const sessions = Array.from({ length: 600 }, () => world.fleet.addSession(world.hello))
    const reader = world.watchSessions('ten-a')
    await reader.next()
    const [first, , third] = sessions
    world.fleet.putSession({ ...(first ?? aSession({})), phase: 'closing' })
    world.fleet.removeSession(third?.id ?? '')
    await reader.next()
    expect(await reader.next()).toMatchObject({ upserted: [{ id: first?.id }], removedIds: [third?.id] })
  })

  it('continues from the version of a list without a snapshot', async () => {
    using world = new WatchWorld()
    world.fleet.addSession(world.hello)
    const after = world.fleet.resourceVersion
    const second = world.fleet.addSession(world.hello)
    const resourceVersion = world.fleet.resourceVersion
    const event = await world.watchSessions('ten-a', {}, after).next()
    expect(event).toEqual({ kind: 'changes', upserted: [second], removedIds: [], resourceVersion })
  })

  it('says at once that nothing was missed', async () => {
    using world = new WatchWorld()
    const after = world.fleet.resourceVersion
    const event = await world.watchSessions('ten-a', {}, after).next()
    expect(event).toEqual({ kind: 'bookmark', resourceVersion: after })
  })

  it.each([
    ['from before a restart', '6.1'],
    ['that is no version', 'x'],
    ['of an incomplete snapshot', 'incomplete'],
  ])('answers a version %s with a snapshot', async (_which, after) => {
    using world = new WatchWorld()
    expect(await world.watchSessions('ten-a', {}, after).next()).toMatchObject({ kind: 'snapshot' })
  })

  it('sends the first change at once, and under a flood at most four batches a second, the latest state of each', async () => {
    using world = new WatchWorld()
    const reader = world.watchSessions('ten-a')
    await reader.next()
    const one = world.fleet.addSession(world.hello)
    expect(await reader.next()).toMatchObject({ upserted: [{ id: one.id }] })
    const batches: WatchEvent<Session>[] = []
    void reader.collect(batches)
    for (let ms = 0; ms < 2_000; ms += 10) {
      world.fleet.putSession({ ...one, clientCount: ms })
      world.clock.advance(10)
      await turn()
    }
    expect(batches).toHaveLength(8)
    expect(batches.at(-1)).toMatchObject({ upserted: [{ clientCount: 1_990 }] })
  })

  it('misses no final state when a flood ends', async () => {
    using world = new WatchWorld()
    const reader = world.watchSessions('ten-a')
    await reader.next()
    const one = world.fleet.addSession(world.hello)
    await reader.next()
    world.fleet.putSession({ ...one, phase: 'closed' })
    const last = reader.next()
    await turn()
    world.clock.advance(250)
    expect(await last).toMatchObject({ upserted: [{ phase: 'closed' }] })
  })

  it('tells a reader nothing again that its snapshot has shown', async () => {
    using world = new WatchWorld()
    const first = world.watchSessions('ten-a')
    await first.next()
    world.fleet.addSession(world.hello)
    await first.next()
    const { id } = world.fleet.addSession(world.hello)
    await turn()
    const second = world.watchSessions('ten-a')
    expect(await second.next()).toMatchObject({ kind: 'snapshot', resourceVersion: world.fleet.resourceVersion })
    const next = second.next()
    world.clock.advance(250)
    expect(await first.next()).toMatchObject({ upserted: [{ id }] })
    expect(await isPending(next)).toBe(true)
  })

  it('says every ten seconds how far it is while nothing of interest changes', async () => {
    using world = new WatchWorld()
    const reader = world.watchSessions('ten-a')
    await reader.next()
    for (let round = 0; round < 3; round += 1) {
      world.fleet.addSession(world.other)
      const waiting = reader.next()
      await turn()
      world.clock.advance(9_999)
      expect(await isPending(waiting)).toBe(true)
      world.clock.advance(1)
      expect(await waiting).toEqual({ kind: 'bookmark', resourceVersion: world.fleet.resourceVersion })
    }
  })

  it('tells of objects that left the filter as removed', async () => {
    using world = new WatchWorld()
    const one = world.fleet.addSession(world.hello)
    const reader = world.watchSessions('ten-a', { phases: ['available'] })
    await reader.next()
    world.fleet.putSession({ ...one, phase: 'closing' })
    expect(await reader.next()).toMatchObject({ upserted: [], removedIds: [one.id] })
  })

  it('gives a reader that the log has overtaken a new snapshot', async () => {
    using world = new WatchWorld({ capacity: 10 })
    const reader = world.watchSessions('ten-a')
    await reader.next()
    const one = world.fleet.addSession(world.hello)
    for (let i = 0; i < 100; i += 1) world.fleet.putSession({ ...one, clientCount: i })
    await turn()
    for (let i = 0; i < 100; i += 1) {
      world.clock.advance(300)
      world.fleet.putSession({ ...one, clientCount: i })
      await turn()
    }
    expect(await reader.next()).toMatchObject({ kind: 'snapshot', items: [{ clientCount: 99 }] })
  })

  it('gives all readers a snapshot when more changes in one turn than the log remembers', async () => {
    using world = new WatchWorld({ capacity: 10 })
    const reader = world.watchSessions('ten-a')
    await reader.next()
    const waiting = reader.next()
    await turn()
    const one = world.fleet.addSession(world.hello)
    for (let i = 0; i < 50; i += 1) world.fleet.putSession({ ...one, clientCount: i })
    expect(await waiting).toMatchObject({ kind: 'snapshot', items: [{ clientCount: 49 }] })
  })

  it('hands all readers of one selection the same batch', async () => {
    using world = new WatchWorld()
    const readers = [world.watchSessions('ten-a'), world.watchSessions('ten-a'), world.watchSessions('ten-a')]
    for (const reader of readers) await reader.next()
    world.fleet.addSession(world.hello)
    const [first, ...others] = await Promise.all(readers.map((reader) => reader.next()))
    for (const other of others) expect(other).toBe(first)
  })

  it('ends while it waits, and leaves nothing behind', async () => {
    using world = new WatchWorld()
    const reader = world.watchSessions('ten-a')
    await reader.next()
    const waiting = reader.events.next()
    await turn()
    await reader.events.return?.()
    expect(await waiting).toMatchObject({ done: true })
    world.fleet.addSession(world.hello)
    await turn()
    expect(world.clock.waiting).toBe(0)
  })
})

describe('what a tenant sees', () => {
  it('wakes nobody for changes of other tenants or applications', async () => {
    using world = new WatchWorld()
    const reader = world.watchSessions('ten-a', { application: 'hello' })
    await reader.next()
    const waiting = reader.next()
    world.fleet.addSession(world.other)
    world.fleet.addSession(world.second)
    await turn()
    world.clock.advance(1_000)
    expect(await isPending(waiting)).toBe(true)
    const mine = world.fleet.addSession(world.hello)
    expect(await waiting).toMatchObject({ upserted: [mine], removedIds: [] })
  })

  it('follows an application by name through being deleted and made again', async () => {
    using world = new WatchWorld()
    const old = world.fleet.addSession(world.hello)
    const reader = world.watchSessions('ten-a', { application: 'hello' })
    await reader.next()
    world.fleet.removeApplication(world.hello.definition.id)
    world.fleet.putSession({ ...old, phase: 'closed' })
    expect(await reader.next()).toMatchObject({ upserted: [{ phase: 'closed' }] })
    const again = world.fleet.addApplication('ten-a', 'hello')
    const fresh = world.fleet.addSession(again)
    const next = reader.next()
    await turn()
    world.clock.advance(250)
    expect(await next).toMatchObject({ upserted: [fresh] })
  })

  it('is told of a node only while it has something there, and never of others', async () => {
    using world = new WatchWorld()
    world.fleet.putNode('one')
    world.fleet.putNode('two')
    const reader = new TestReader(watch(world.feeds.computeNodes, selectComputeNodes(world.fleet, 'ten-a', null), null))
    expect(await reader.next()).toMatchObject({ items: [] })
    const waiting = reader.next()
    world.fleet.addPod(world.other, { nodeName: 'two' })
    world.fleet.putNode('two')
    await turn()
    expect(await isPending(waiting)).toBe(true)
    const pod = world.fleet.addPod(world.hello, { nodeName: 'one' })
    expect(await waiting).toMatchObject({ upserted: [{ podCount: 1, usage: null }], removedIds: [] })
    world.fleet.removePod(pod.id)
    const next = reader.next()
    await turn()
    world.clock.advance(250)
    expect(await next).toMatchObject({ upserted: [], removedIds: ['nod-one'] })
  })

  it('gives a tenant that comes back a snapshot of its nodes', async () => {
    using world = new WatchWorld()
    const after = world.fleet.resourceVersion
    const selection = selectComputeNodes(world.fleet, 'ten-a', null)
    expect(await new TestReader(watch(world.feeds.computeNodes, selection, after)).next()).toMatchObject({
      kind: 'snapshot',
    })
  })
})

describe('the watch of one object', () => {
  it('shows each state at once, whatever was shown just before, and ends with the last', async () => {
    using world = new WatchWorld()
    const one = world.fleet.addSession(world.hello, { phase: 'pending' })
    const isLast = (object: Session): boolean => object.phase === 'closed'
    const events = watchOne(world.feeds.sessions, one.id, { read: () => world.fleet.session(one.id), isLast })
    expect(await events.next()).toMatchObject({ value: { phase: 'pending' } })
    for (const phase of ['starting', 'available', 'inUse', 'closing', 'closed'] as const) {
      const waiting = events.next()
      world.fleet.putSession({ ...one, phase })
      expect(await waiting).toMatchObject({ value: { phase } })
    }
    expect(await events.next()).toMatchObject({ done: true })
  })

  it('ends while it waits', async () => {
    using world = new WatchWorld()
    const one = world.fleet.addSession(world.hello)
    const events = watchOne(world.feeds.sessions, one.id, { read: () => one, isLast: () => false })
    await events.next()
    const waiting = events.next()
    await turn()
    await events.return?.()
    expect(await waiting).toMatchObject({ done: true })
  })
})

describe('pods', () => {
  it('a watch of pods keeps no pod that has gone, although pods are written in place', async () => {
    using world = new WatchWorld()
    const pods = Array.from({ length: 5 }, () => world.fleet.addPod(world.hello))
    const reader = new TestReader(
      watch(world.feeds.pods, selectPods(world.fleet, 'ten-a', { phases: ['standby'] }), null),
    )
    await reader.next()
    for (const pod of pods.slice(0, 3)) world.fleet.removePod(pod.id)
    expect(await reader.next()).toMatchObject({ removedIds: pods.slice(0, 3).map(({ id }) => id) })
  })
})
