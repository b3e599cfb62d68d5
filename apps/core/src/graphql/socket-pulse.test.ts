import { EventEmitter } from 'node:events'
import { VirtualClock } from '@fornax/kernel/virtual-clock'
import { expect, it } from 'vitest'
import { SocketPulse } from './socket-pulse.ts'

class FakeSocket extends EventEmitter {
  readonly OPEN = 1
  readyState: 0 | 1 | 2 | 3 = 1
  isThere = true
  pings = 0

  ping(): void {
    this.pings += 1
    if (this.isThere) this.emit('pong')
  }

  terminate(): void {
    this.readyState = 3
    this.emit('close')
  }
}

it('asks each socket once in ten seconds, and never more than one of five hundred at once', () => {
  const clock = new VirtualClock(0)
  using pulse = new SocketPulse(clock)
  const sockets = Array.from({ length: 1_000 }, () => new FakeSocket())
  for (const socket of sockets) pulse.add(socket)
  const asked = (): number => sockets.reduce((sum, { pings }) => sum + pings, 0)
  for (let turn = 1; turn <= 500; turn += 1) {
    clock.advance(20)
    expect(asked()).toBe(turn * 2)
  }
  expect(sockets.every(({ pings }) => pings === 1)).toBe(true)
})

it('ends a socket that has not answered when its turn comes again, and keeps the others', () => {
  const clock = new VirtualClock(0)
  using pulse = new SocketPulse(clock)
  const [silent, there, gone] = [new FakeSocket(), new FakeSocket(), new FakeSocket()]
  for (const socket of [silent, there, gone]) pulse.add(socket)
  silent.isThere = false
  gone.emit('close')
  clock.advance(10_000)
  expect([silent.readyState, there.readyState]).toEqual([1, 1])
  clock.advance(10_000)
  expect([silent.readyState, there.readyState]).toEqual([3, 1])
  expect([there.pings, gone.pings]).toEqual([2, 0])
})
