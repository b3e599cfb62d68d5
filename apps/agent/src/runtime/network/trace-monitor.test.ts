import { expect, it } from 'vitest'
import { hearsTraces, TraceMonitor } from './trace-monitor.ts'

it('reads who is told of traces', () => {
  const sockets = `sk               Eth Pid        Groups   Rmem     Wmem     Dump  Locks    Drops    Inode
0000000000000000 12  4711       00000140 0        0        0     2        0        123
0000000000000000 12  4712       00000040 0        0        0     2        0        124
0000000000000000 0   4713       00000140 0        0        0     2        0        125`
  expect([4711, 4712, 4713, 4714].map((pid) => hearsTraces(sockets, pid))).toEqual([true, false, false, false])
})

it('is started ever more seldom where it cannot run, and says so once a minute', async () => {
  await using world = new World('exit 1')
  const startedAtMs: number[] = []
  for (world.nowMs = 0; world.nowMs < 600_000; world.nowMs += 1_000) {
    world.monitor.keep()
    if (world.monitor.isRunning) startedAtMs.push(world.nowMs)
    await world.ended()
  }
  const onceAMinute = Array.from({ length: 8 }, (_, at) => 123_000 + at * 60_000)
  expect(startedAtMs).toEqual([0, 1_000, 3_000, 7_000, 15_000, 31_000, 63_000, ...onceAMinute])
  expect(world.complainedAtMs).toEqual([0, 63_000, ...onceAMinute])
})

it('does without a program that is not there', async () => {
  await using world = new World('', '/nowhere/nft')
  world.monitor.keep()
  await world.monitor.listens()
  await world.ended()
  expect(world.complainedAtMs).toEqual([0])
})

it('is started again at once when it ended after it had run well', async () => {
  await using world = new World('echo $$; exec sleep 1000')
  for (let death = 0; death < 3; death += 1) {
    world.monitor.keep()
    const pid = Number(await world.line())
    world.nowMs += 3_600_000
    process.kill(pid)
    await world.ended()
  }
  world.monitor.keep()
  expect(world.monitor.isRunning).toBe(true)
  expect(world.complainedAtMs).toHaveLength(3)
})

it('is not taken for broken when it was only stopped', async () => {
  await using world = new World('exec sleep 1000')
  for (let turn = 0; turn < 3; turn += 1) {
    world.monitor.keep()
    expect(world.monitor.isRunning).toBe(true)
    await world.monitor.stop()
  }
  expect(world.complainedAtMs).toEqual([])
})

/** A program of ours in the monitor's place, and a stopwatch that is moved by hand. */
class World implements AsyncDisposable {
  nowMs = 0
  readonly complainedAtMs: number[] = []
  readonly monitor: TraceMonitor
  #heard = Promise.withResolvers<string>()

  constructor(script: string, program = 'sh') {
    this.monitor = new TraceMonitor({
      program,
      args: ['-c', script],
      heard: (line) => this.#heard.resolve(line),
      stopwatch: () => this.nowMs,
      complain: () => void this.complainedAtMs.push(this.nowMs),
    })
  }

  /** The next one that it writes. */
  async line(): Promise<string> {
    const line = await this.#heard.promise
    this.#heard = Promise.withResolvers()
    return line
  }

  async ended(): Promise<void> {
    while (this.monitor.isRunning) await new Promise((resolve) => setImmediate(resolve))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.monitor.stop()
  }
}
