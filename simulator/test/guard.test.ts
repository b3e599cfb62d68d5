import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { newId } from '@fornax/kernel/ids'
import { afterEach, expect, it } from 'vitest'
import { Guard, RefusedError, REFUSED_NAMES } from '../src/guard.ts'

const guards: Guard[] = []

afterEach(() => {
  for (const guard of guards.splice(0)) guard[Symbol.dispose]()
})

it('is about clocks, timers, chance, threads, processes, sockets and the disk', () => {
  const some = ['setTimeout', 'Date.now', 'new Date()', 'performance.now', 'Math.random', 'crypto.randomBytes']
  const others = ['webcrypto.getRandomValues', 'worker_threads.Worker', 'child_process.spawn', 'net.Socket.connect']
  const more = ['http2.connect', 'dgram.createSocket', 'fs.writeFileSync', 'fs/promises.mkdir', 'timers.setImmediate']
  for (const name of [...some, ...others, ...more]) expect(REFUSED_NAMES).toContain(name)
})

it.each(REFUSED_NAMES)('refuses %s while a world moves, and remembers it', (name) => {
  const guard = newGuard()
  guard.on()
  const refused = attempt(() => callOf(name)())
  guard.off()
  expect(refused).toBeInstanceOf(RefusedError)
  expect(guard.refusals).toEqual([name])
})

it('refuses what a module has imported by name', () => {
  const guard = newGuard()
  guard.on()
  const refused = [attempt(() => randomBytes(1)), attempt(() => void sleep(1)), attempt(() => newId('pod'))]
  guard.off()
  expect(refused.every((error) => error instanceof RefusedError)).toBe(true)
})

it('refuses webcrypto by its other name', () => {
  const guard = newGuard()
  guard.on()
  const refused = attempt(() => void globalThis.crypto.getRandomValues(new Uint8Array(1)))
  guard.off()
  expect(refused).toBeInstanceOf(RefusedError)
})

it('refuses nothing between two moves, and leaves everything as it was', () => {
  const before = { now: Date.now, random: Math.random, later: globalThis.setTimeout }
  const guard = newGuard()
  expect(Date.now()).toBeGreaterThan(0)
  expect(new Date().getTime()).toBeGreaterThan(0)
  expect(newId('pod')).toMatch(/^pod-/)
  guard[Symbol.dispose]()
  expect({ now: Date.now, random: Math.random, later: globalThis.setTimeout }).toEqual(before)
  expect(randomBytes(4)).toHaveLength(4)
})

function newGuard(): Guard {
  const guard = new Guard()
  guards.push(guard)
  return guard
}

function attempt(act: () => unknown): unknown {
  try {
    act()
    return null
  } catch (error) {
    return error
  }
}

/** Calls it without arguments: whoever is refused does not look at them. */
function callOf(name: string): () => unknown {
  if (name === 'new Date()') return () => new Date()
  const owner = Guard.ownerOf(name)
  return () => Reflect.apply(owner.call, owner.self, [])
}
