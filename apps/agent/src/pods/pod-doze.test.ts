import { createLog } from '@fornax/kernel/log'
import { VirtualClock } from '@fornax/kernel/virtual-clock'
import { creatingPod, type Pod } from '@fornax/node-model/pod-state'
import { expect, it } from 'vitest'
import { DozeRound, PodDoze } from './pod-doze.ts'

const QUIET_MS = 4_000

it('lets a pod sleep that was quiet for long enough, and not before', async () => {
  const world = new World()
  world.doze.update()
  await world.pass(QUIET_MS)
  expect(world.did).toEqual([])
  await world.pass(QUIET_MS)
  expect(world.did).toEqual(['alert', 'sleep'])
})

it('counts from the last packet', async () => {
  const world = new World()
  world.doze.update()
  for (let second = 0; second < 20; second += 1) {
    world.packets += 1
    await world.pass(1_000)
  }
  expect(world.did).toEqual([])
  await world.pass(2 * QUIET_MS)
  expect(world.did).toEqual(['alert', 'sleep'])
})

it('takes nobody for idle who works, nor one whose session is just being opened', async () => {
  const world = new World()
  world.doze.update()
  for (let second = 0; second < 20; second += 1) {
    world.cpuMs += 100
    await world.pass(1_000)
  }
  world.isSettled = false
  await world.pass(5 * QUIET_MS)
  expect(world.did).toEqual([])
})

it('wakes with the first packet, and sleeps again when that was long ago', async () => {
  const world = new World()
  world.doze.update()
  await world.pass(2 * QUIET_MS)
  world.packets += 1
  world.speak()
  expect(world.did).toEqual(['alert', 'sleep', 'calm', 'wake'])
  await world.pass(3 * QUIET_MS)
  expect(world.did.slice(4)).toEqual(['alert', 'sleep'])
})

it('wakes though nobody told of the packet, by what was counted since it was to sleep', async () => {
  const world = new World()
  world.doze.update()
  await world.pass(2 * QUIET_MS)
  world.packets += 1
  await world.pass(2_000)
  expect(world.did).toEqual(['alert', 'sleep', 'calm', 'wake'])
})

it('does not sleep at all when a packet comes while the alarm is being set', async () => {
  const world = new World()
  const setting = Promise.withResolvers<void>()
  world.setting = setting.promise
  world.doze.update()
  await world.pass(2 * QUIET_MS)
  world.speak()
  setting.resolve()
  await world.pass(1)
  expect(world.did).toEqual(['alert', 'calm', 'wake'])
})

it('stays awake where packets cannot be watched', async () => {
  const world = new World()
  world.setting = Promise.reject(new Error('no nftables'))
  world.doze.update()
  await world.pass(2 * QUIET_MS)
  expect(world.did).not.toContain('sleep')
})

it('is woken when its last session has closed, when something is to be done with it, and when its agent leaves', async () => {
  for (const end of [
    (world: World) => {
      world.pod = { ...world.pod, phase: 'standby' }
      world.doze.update()
    },
    (world: World) => void world.doze.rouse(),
    (world: World) => void world.doze.letGo(),
  ]) {
    const world = new World()
    world.doze.update()
    await world.pass(2 * QUIET_MS)
    end(world)
    expect(world.did).toEqual(['alert', 'sleep', 'calm', 'wake'])
  }
})

it('sleeps though others begin to serve sessions all the time', async () => {
  const node = new Node()
  const world = new World({ node })
  world.doze.update()
  for (let turn = 0; turn < 8 * QUIET_MS; turn += 250) {
    new World({ node }).doze.update()
    await world.pass(250)
  }
  expect(world.did).toEqual(['alert', 'sleep'])
})

it('is looked at no more often because another one must sleep at once', async () => {
  const alone = new World()
  const node = new Node()
  const together = new World({ node })
  const hasty = new World({ node, dozeAfterMs: 1 })
  for (const world of [alone, together, hasty]) {
    world.keepsTalking = true
    world.doze.update()
  }
  await alone.pass(60_000)
  await together.pass(60_000)
  expect(together.reads).toBe(alone.reads)
  expect(alone.reads).toBeLessThanOrEqual(60)
  expect(hasty.reads).toBeLessThanOrEqual(120)
})

it('is looked at seldom while it sleeps, however soon it must sleep', async () => {
  const world = new World({ dozeAfterMs: 1 })
  world.doze.update()
  await world.pass(4_000)
  expect(world.did).toEqual(['alert', 'sleep'])
  const reads = world.reads
  await world.pass(20_000)
  expect(world.reads - reads).toBeLessThanOrEqual(10)
})

it('sleeps though what another one does is never told', async () => {
  const node = new Node()
  const silent = new World({ node })
  silent.answer = new Promise(() => undefined)
  const world = new World({ node })
  silent.doze.update()
  world.doze.update()
  await world.pass(3 * QUIET_MS)
  expect(world.did).toEqual(['alert', 'sleep'])
})

it('is woken when it can no longer be told what it does', async () => {
  const world = new World()
  world.doze.update()
  await world.pass(2 * QUIET_MS)
  world.answer = Promise.reject(new Error('no nftables'))
  await world.pass(2_000)
  expect(world.did).toEqual(['alert', 'sleep', 'calm', 'wake'])
  await world.pass(10 * QUIET_MS)
  expect(world.did).toHaveLength(4)
})

it('is left alone in its sleep when it has just ended', async () => {
  const world = new World()
  world.doze.update()
  await world.pass(2 * QUIET_MS)
  world.answer = Promise.resolve(null)
  await world.pass(2 * QUIET_MS)
  expect(world.did).toEqual(['alert', 'sleep'])
})

it('is not watched again once its agent has left it', async () => {
  const world = new World()
  world.doze.update()
  await world.doze.letGo()
  world.doze.update()
  await world.pass(10 * QUIET_MS)
  expect(world.reads).toBe(0)
})

it('never sleeps unless its session was opened under a policy that allows it', async () => {
  const world = new World({ dozeAfterMs: 0 })
  world.doze.update()
  await world.pass(100 * QUIET_MS)
  expect(world.reads).toBe(0)
})

/** What the pods of a node share. */
class Node {
  readonly clock = new VirtualClock()
  readonly round = new DozeRound(this.clock)
}

class World {
  readonly did: string[] = []
  readonly doze: PodDoze
  pod: Pod
  packets = 0
  cpuMs = 0
  reads = 0
  isSettled = true
  setting: Promise<void> = Promise.resolve()
  speak: () => void = () => undefined
  /** Instead of what was counted. */
  answer: Promise<null> | null = null
  keepsTalking = false
  readonly #clock: VirtualClock

  constructor({ dozeAfterMs = QUIET_MS, node = new Node() } = {}) {
    this.#clock = node.clock
    const birth = { podId: 'pod-a', versionId: 'ver-a', runtime: 'containerd', createdAtMs: 0 }
    this.pod = { ...creatingPod(birth), phase: 'active', dozeAfterMs }
    const activity = {
      read: () => {
        this.reads += 1
        if (this.keepsTalking) this.packets += 1
        if (this.answer !== null) return this.answer
        return Promise.resolve({ packets: this.packets, cpuMs: this.cpuMs })
      },
      alert: (onPacket: () => void) => {
        this.did.push('alert')
        this.speak = onPacket
        return this.setting
      },
      calm: () => {
        this.did.push('calm')
        return Promise.resolve()
      },
    }
    this.doze = new PodDoze({
      clock: this.#clock,
      log: createLog('agent', 'silent'),
      round: node.round,
      rest: {
        doze: () => void this.did.push('sleep'),
        wake: () => {
          this.did.push('wake')
          return Promise.resolve(null)
        },
      },
      pod: () => this.pod,
      activity: () => activity,
      isSettled: () => this.isSettled,
    })
  }

  /** Time goes on in small steps, so that what was begun in one is done in the next. */
  async pass(ms: number): Promise<void> {
    for (let leftMs = ms; leftMs > 0; leftMs -= 250) {
      this.#clock.advance(Math.min(250, leftMs))
      for (let turn = 0; turn < 10; turn += 1) await Promise.resolve()
    }
  }
}
