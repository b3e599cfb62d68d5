import { VirtualClock } from '@fornax/kernel/virtual-clock'
import type { Hibernation } from '@fornax/node-model/pod-state'
import { expect, it } from 'vitest'
import type { PodSleep } from '../runtime/runtime.ts'
import { PodSleeper, ReclaimQueue } from './pod-sleeper.ts'

const DEEPER_MS = 500

it('freezes, pushes memory out a little, and all of it later', async () => {
  const world = new World()
  world.sleeper.sleep(DEEPER_MS, null)
  await world.told(1)
  expect(world.did).toEqual(['measure', 'freeze', 'reclaim light', 'measure'])
  expect(world.events[0]).toMatchObject({ kind: 'slept', depth: 'light', residentBytesBefore: 100 })
  await world.pass(DEEPER_MS)
  await world.told(2)
  expect(world.events[1]).toMatchObject({ kind: 'slept', depth: 'deep', residentBytesBefore: 100 })
})

it('says that a pod could not be frozen, and leaves it awake', async () => {
  const world = new World({ freeze: () => Promise.reject(new Error('it may not')) })
  world.sleeper.sleep(DEEPER_MS, null)
  await world.told(1)
  expect(world.events[0]).toMatchObject({ kind: 'sleepFailed', depth: 'none', problem: 'it may not' })
  expect(world.sleeper.wake(true)).toBeNull()
})

it('is content with a freeze where memory cannot be pushed out, and says so', async () => {
  const world = new World({ reclaim: () => Promise.resolve('no swap') })
  world.sleeper.sleep(DEEPER_MS, null)
  await world.told(1)
  expect(world.events[0]).toMatchObject({ kind: 'slept', depth: 'frozen', problem: 'no swap' })
  await world.pass(DEEPER_MS * 10)
  expect(world.events).toHaveLength(1)
})

it('wakes a pod whose memory is just being pushed out, and says nothing of that sleep', async () => {
  const reclaiming = Promise.withResolvers<string | null>()
  const world = new World({ reclaim: () => reclaiming.promise })
  world.sleeper.sleep(DEEPER_MS, null)
  await world.done('reclaim light')
  expect(await world.sleeper.wake(true)).toBeNull()
  expect(world.did.at(-1)).toBe('thaw')
  reclaiming.resolve(null)
  await world.pass(DEEPER_MS * 10)
  expect(world.events.map(({ kind }) => kind)).toEqual(['woken'])
})

it('knows that a pod sleeps which was put to sleep while it woke, and wakes it again', async () => {
  const thaws = [Promise.withResolvers<void>()]
  const world = new World({ thaw: () => thaws.shift()?.promise ?? Promise.resolve() })
  const [first] = thaws
  world.sleeper.sleep(DEEPER_MS, null)
  await world.told(1)
  const waking = world.sleeper.wake(false)
  await world.done('thaw')
  world.sleeper.sleep(DEEPER_MS, null)
  first?.resolve()
  expect(await waking).toBeNull()
  await world.times('freeze', 2)
  expect(world.sleeper.isOut).toBe(true)
  expect(await world.sleeper.wake(true)).toBeNull()
  expect(world.did.filter((deed) => deed === 'thaw')).toHaveLength(2)
  expect(world.sleeper.isOut).toBe(false)
})

it('takes back a sleep that only waits for the pod to wake, when somebody wants it awake', async () => {
  const thawing = Promise.withResolvers<void>()
  const world = new World({ thaw: () => thawing.promise })
  world.sleeper.sleep(DEEPER_MS, null)
  await world.told(1)
  void world.sleeper.wake(false)
  await world.done('thaw')
  world.sleeper.sleep(DEEPER_MS, null)
  const waking = world.sleeper.wake(true)
  thawing.resolve()
  expect(await waking).toBeNull()
  await world.pass(DEEPER_MS * 10)
  expect(world.did.filter((deed) => deed === 'freeze')).toHaveLength(1)
  expect(world.sleeper.isOut).toBe(false)
})

it('wakes a pod once for all who ask', async () => {
  const world = new World()
  world.sleeper.sleep(DEEPER_MS, null)
  await world.told(1)
  expect(await Promise.all([world.sleeper.wake(true), world.sleeper.wake(true)])).toEqual([null, null])
  expect(world.did.filter((deed) => deed === 'thaw')).toEqual(['thaw'])
  expect(world.sleeper.wake(true)).toBeNull() // It runs.
})

it('gives up a pod that does not run again', async () => {
  const world = new World({ thaw: () => new Promise<void>(() => undefined) })
  world.sleeper.sleep(DEEPER_MS, null)
  await world.told(1)
  const waking = world.sleeper.wake(true)
  await world.pass(3_000)
  expect(await waking).toContain('did not run again')
  const refusing = new World({ thaw: () => Promise.reject(new Error('frozen for ever')) })
  refusing.sleeper.sleep(DEEPER_MS, null)
  await refusing.told(1)
  expect(await refusing.sleeper.wake(true)).toBe('frozen for ever')
  expect(refusing.sleeper.isOut).toBe(true)
})

it('pushes out the memory of one pod at a time', async () => {
  const reclaims = new ReclaimQueue()
  const first = Promise.withResolvers<string | null>()
  const one = new World({ reclaim: () => first.promise }, reclaims)
  const other = new World({}, reclaims)
  one.sleeper.sleep(DEEPER_MS, null)
  await one.done('reclaim light')
  other.sleeper.sleep(DEEPER_MS, null)
  await other.done('freeze')
  await other.pass(1)
  expect(other.did).not.toContain('reclaim light')
  first.resolve(null)
  await other.told(1)
})

it('keeps what an earlier agent has measured before the sleep', async () => {
  const world = new World()
  world.sleeper.sleep(DEEPER_MS, { ...EARLIER, residentBytesBefore: 777 })
  await world.told(1)
  expect(world.events[0]).toMatchObject({ residentBytesBefore: 777 })
})

const EARLIER: Hibernation = {
  depth: 'light',
  residentBytesBefore: null,
  residentBytesAfter: null,
  swappedBytes: null,
  problem: '',
  wakeUs: null,
}

/** A pod whose runtime does as it is told at once, unless a test says otherwise. */
class World {
  readonly clock = new VirtualClock(1_000)
  readonly did: string[] = []
  readonly events: ({ readonly kind: string } & Partial<Hibernation>)[] = []
  readonly sleeper: PodSleeper

  constructor(other: Partial<PodSleep> = {}, reclaims = new ReclaimQueue()) {
    const note = (deed: string): void => void this.did.push(deed)
    const running: PodSleep = {
      freeze: () => (note('freeze'), other.freeze?.() ?? Promise.resolve()),
      thaw: () => (note('thaw'), other.thaw?.() ?? Promise.resolve()),
      reclaim: (depth, signal) => (note(`reclaim ${depth}`), other.reclaim?.(depth, signal) ?? Promise.resolve(null)),
      measureMemory: () => (note('measure'), Promise.resolve({ residentBytes: 100, swappedBytes: 0 })),
    }
    this.sleeper = new PodSleeper({
      clock: this.clock,
      stopwatch: () => this.clock.nowMs(),
      reclaims,
      running,
      link: () => null,
      told: (event) =>
        void this.events.push({ kind: event.kind, ...('hibernation' in event ? event.hibernation : {}) }),
    })
  }

  async pass(ms: number): Promise<void> {
    await settled()
    this.clock.advance(ms)
    await settled()
  }

  async told(count: number): Promise<void> {
    while (this.events.length < count) await settled()
  }

  async done(deed: string): Promise<void> {
    await this.times(deed, 1)
  }

  async times(deed: string, count: number): Promise<void> {
    while (this.did.filter((each) => each === deed).length < count) await settled()
  }
}

/** Whatever can go on without time passing has gone on. */
async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve))
}
