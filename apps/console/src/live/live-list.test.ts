import { expect, it, vi } from 'vitest'
import { createClient, type Client } from '@fornax/client/client'
import type { LiveCollection } from '@fornax/client/live-collection'
import { ClientError } from '@fornax/client/client-error'
import type { WatchUpdate } from '@fornax/client/watch'
import { VirtualClock } from '@fornax/kernel/virtual-clock'
import { LiveList, type LiveListPorts, type LiveSpec } from './live-list.ts'

type Item = { readonly id: string; readonly isOver: boolean }
type Attempt = {
  readonly from: LiveCollection<Item> | null
  readonly signal: AbortSignal
  readonly send: (update: WatchUpdate<Item>) => Promise<void>
  readonly fail: (error: Error) => void
}

it('follows with its first reader, and until a while after its last', async () => {
  const scene = stage()
  expect(scene.attempts).toHaveLength(0)
  const leave = scene.list.subscribe(() => {})
  expect(scene.attempts).toHaveLength(1)
  leave()
  scene.clock.advance(29_000)
  scene.list.subscribe(() => {})()
  scene.clock.advance(29_999)
  expect(scene.attempts[0]?.signal.aborted).toBe(false)
  scene.clock.advance(1)
  expect(scene.attempts[0]?.signal.aborted).toBe(true)
  expect(scene.attempts).toHaveLength(1)
  expect(scene.idleKeys).toEqual(['things'])
})

it('continues from the page that the server rendered, without a gap', () => {
  const scene = stage({ key: 'things', items: [open('a')], resourceVersion: '1.7' })
  expect([...scene.list.get().items.keys()]).toEqual(['a'])
  scene.list.subscribe(() => {})
  expect(scene.attempts[0]?.from?.resourceVersion).toBe('1.7')
})

it('begins with a snapshot when the page was not the whole, and shows the page until it comes', async () => {
  const scene = stage({ key: 'things', items: [open('a'), open('gone')], resourceVersion: null })
  scene.list.subscribe(() => {})
  const attempt = scene.attempts[0]
  expect(attempt?.from).toBeNull()
  await attempt?.send(lost())
  expect(scene.list.get()).toMatchObject({ isLoaded: true, status: { phase: 'reconnecting' } })
  expect(scene.list.get().items.size).toBe(2)
  await attempt?.send(update('1.9', [open('a'), open('b')]))
  expect([...scene.list.get().items.keys()]).toEqual(['a', 'b'])
})

it('keeps what is history in sight when the core forgets it, and nothing else', async () => {
  const scene = stage()
  scene.list.subscribe(() => {})
  const attempt = scene.attempts[0]
  await attempt?.send(update('1.1', [open('a'), over('b'), open('c')]))
  await attempt?.send(update('1.2', [open('a')], ['b', 'c']))
  expect([...scene.list.get().items.keys()].toSorted()).toEqual(['a', 'b'])
  scene.list.addHistory([over('z'), open('not-history')])
  await attempt?.send(update('1.3', [open('a'), open('d')]))
  expect([...scene.list.get().items.keys()].toSorted()).toEqual(['a', 'b', 'd', 'z'])
})

it('stops asking once nothing can change any more', async () => {
  const scene = stage(null, { isFinal: (items) => items.has('end') })
  scene.list.subscribe(() => {})
  await scene.attempts[0]?.send(update('1.1', [over('end')]))
  await vi.waitFor(() => expect(scene.attempts[0]?.signal.aborted).toBe(false))
  scene.clock.advance(60_000)
  expect(scene.attempts).toHaveLength(1)
})

it('says why it is refused, keeps what it had, and asks again later', async () => {
  const scene = stage()
  scene.list.subscribe(() => {})
  await scene.attempts[0]?.send(update('1.1', [open('a')]))
  scene.attempts[0]?.fail(new Error('not for you'))
  await vi.waitFor(() => expect(scene.list.get().refusal?.message).toBe('not for you'))
  expect(scene.list.get().items.size).toBe(1)
  scene.clock.advance(5_000)
  await vi.waitFor(() => expect(scene.attempts).toHaveLength(2))
  expect(scene.attempts[1]?.from?.resourceVersion).toBe('1.1')
})

it('does not ask again when the API no longer knows who asks', async () => {
  const scene = stage()
  scene.list.subscribe(() => {})
  scene.attempts[0]?.fail(new ClientError({ kind: 'unauthenticated', message: 'who?' }))
  await vi.waitFor(() => expect(scene.logOuts.count).toBe(1))
  scene.clock.advance(60_000)
  expect(scene.attempts).toHaveLength(1)
})

it('does not wait for the next attempt when it is told to try now', async () => {
  const scene = stage()
  scene.list.subscribe(() => {})
  await scene.attempts[0]?.send(update('1.1', [open('a')]))
  scene.list.attemptNow()
  expect(scene.attempts).toHaveLength(1)
  await scene.attempts[0]?.send(lost('1.1', [open('a')]))
  scene.list.attemptNow()
  expect(scene.attempts[0]?.signal.aborted).toBe(true)
  expect(scene.attempts[1]?.from?.resourceVersion).toBe('1.1')
})

it('shows nothing new while it is paused, counts what waits, and then shows all of it', async () => {
  const scene = stage()
  scene.list.subscribe(() => {})
  await scene.attempts[0]?.send(update('1.1', [open('a')]))
  scene.list.pause(true)
  await scene.attempts[0]?.send(update('1.2', [open('a'), open('b')]))
  await scene.attempts[0]?.send(update('1.3', [open('a'), open('b'), open('c')]))
  expect([...scene.list.get().items.keys()]).toEqual(['a'])
  scene.list.pause(false)
  expect([...scene.list.get().items.keys()]).toEqual(['a', 'b', 'c'])
  expect(scene.list.get().resourceVersion).toBe('1.3')
})

it('says that the connection is lost also while it is paused, and resumes from the newest version', async () => {
  const scene = stage()
  scene.list.subscribe(() => {})
  await scene.attempts[0]?.send(update('1.1', [open('a')]))
  scene.list.pause(true)
  await scene.attempts[0]?.send(update('1.2', [open('a'), open('b')]))
  await scene.attempts[0]?.send(lost('1.2', [open('a'), open('b')]))
  expect(scene.list.get().status.phase).toBe('reconnecting')
  scene.list.attemptNow()
  expect(scene.attempts[1]?.from?.resourceVersion).toBe('1.2')
})

function stage(firstPage: ConstructorParameters<typeof LiveList<Item>>[2] = null, more: Partial<LiveSpec<Item>> = {}) {
  const clock = new VirtualClock(1_000)
  const attempts: Attempt[] = []
  const idleKeys: string[] = []
  const logOuts = { count: 0 }
  const held = { count: 0 }
  const spec: LiveSpec<Item> = {
    key: 'things',
    follow: (_client, from, signal) => followAttempt(attempts, from, signal),
    isHistory: ({ isOver }) => isOver,
    ...more,
  }
  const ports: LiveListPorts = {
    client: nobody(),
    clock,
    nextPaint: () => Promise.resolve(),
    onStatus: () => {},
    onLoggedOut: () => void (logOuts.count += 1),
    onHeldBack: (count) => void (held.count += count),
    onIdle: (key) => idleKeys.push(key),
  }
  return { list: new LiveList(ports, spec, firstPage), clock, attempts, idleKeys, logOuts, held }
}

/** A watch whose updates come from the test, each taken before `send` resolves. */
function followAttempt(
  attempts: Attempt[],
  from: LiveCollection<Item> | null,
  signal: AbortSignal,
): AsyncIterable<WatchUpdate<Item>> {
  let next = Promise.withResolvers<WatchUpdate<Item> | Error | null>()
  let taken = Promise.withResolvers<void>()
  signal.addEventListener('abort', () => next.resolve(null))
  attempts.push({
    from,
    signal,
    send: (sent) => {
      taken = Promise.withResolvers()
      next.resolve(sent)
      return taken.promise
    },
    fail: (error) => next.resolve(error),
  })
  return {
    async *[Symbol.asyncIterator]() {
      for (;;) {
        const sent = await next.promise
        next = Promise.withResolvers()
        if (sent === null) return
        if (sent instanceof Error) throw sent
        queueMicrotask(() => queueMicrotask(() => queueMicrotask(() => taken.resolve())))
        yield sent
      }
    },
  }
}

function nobody(): Client {
  return createClient({ url: 'http://127.0.0.1:1' })
}

function open(id: string): Item {
  return { id, isOver: false }
}

function over(id: string): Item {
  return { id, isOver: true }
}

function update(
  resourceVersion: string,
  items: readonly Item[],
  removedIds: readonly string[] = [],
): WatchUpdate<Item> {
  const all = new Map(items.map((item) => [item.id, item]))
  return { status: { phase: 'live' }, items: all, upserted: items, removedIds, resourceVersion }
}

function lost(resourceVersion: string | null = null, items: readonly Item[] = []): WatchUpdate<Item> {
  const failure = { kind: 'unreachable', url: '', message: 'gone' } as const
  return {
    ...update(resourceVersion ?? '', items),
    resourceVersion,
    status: { phase: 'reconnecting', sinceMs: 5, failure },
  }
}
