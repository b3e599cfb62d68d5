/** A fleet and its watches under a clock that stands still, for tests of what readers see. */
import { VirtualClock } from '@fornax/kernel/virtual-clock'
import type { ApplicationView } from '../../src/fleet/views.ts'
import type { SessionFilter } from '../../src/graphql/generated/resolver-types.ts'
import type { Scope } from '../../src/graphql/visibility.ts'
import { createFeeds, type Feeds } from '../../src/graphql/watch-feeds.ts'
import { selectSessions } from '../../src/graphql/watch-selections.ts'
import { watch, type WatchEvent } from '../../src/graphql/watch.ts'
import type { Session } from '../../src/sessions/session.ts'
import { FakeFleet } from './fake-fleet.ts'

export class WatchWorld implements Disposable {
  readonly clock = new VirtualClock()
  readonly fleet: FakeFleet
  readonly feeds: Feeds
  hello: ApplicationView
  /** Another application of the same tenant. */
  readonly second: ApplicationView
  /** An application of the same name, of another tenant. */
  readonly other: ApplicationView

  constructor({ capacity = 10_000 } = {}) {
    this.fleet = new FakeFleet(this.clock, capacity)
    this.feeds = createFeeds(this.fleet, this.clock)
    this.hello = this.fleet.addApplication('ten-a', 'hello')
    this.second = this.fleet.addApplication('ten-a', 'second')
    this.other = this.fleet.addApplication('ten-b', 'hello')
  }

  watchSessions(scope: Scope, where: SessionFilter = {}, after: string | null = null): TestReader<Session> {
    return new TestReader(watch(this.feeds.sessions, selectSessions(this.fleet, scope, where), after))
  }

  [Symbol.dispose](): void {
    this.feeds[Symbol.dispose]()
  }
}

export class TestReader<T> {
  readonly events: AsyncIterableIterator<WatchEvent<T>>

  constructor(events: AsyncIterableIterator<WatchEvent<T>>) {
    this.events = events
  }

  async next(): Promise<WatchEvent<T>> {
    const result = await this.events.next()
    if (result.done) throw new Error('the watch ended')
    return result.value
  }

  async collect(into: WatchEvent<T>[]): Promise<void> {
    for await (const event of this.events) into.push(event)
  }
}

/** Lets everything happen that waits for no time. */
export function turn(): Promise<void> {
  return new Promise(setImmediate)
}

export async function isPending(promise: Promise<unknown>): Promise<boolean> {
  const pending = Symbol('pending')
  return (await Promise.race([promise, turn().then(() => pending)])) === pending
}
