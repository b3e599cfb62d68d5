/**
 * `nft monitor trace`, which tells of packets that the kernel traces. It runs while somebody listens. One that ends by
 * itself is started again, but no oftener than makes sense: where it cannot run at all it would only cost.
 */
import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { sleep, systemClock, type Stopwatch } from '@fornax/kernel/clock'
import { TOOL_ENVIRONMENT } from './run-tool.ts'

const LISTEN_TRIES = 500
const LISTEN_AGAIN_MS = 2
/** One that ran for this long was all right. */
const STEADY_MS = 10_000
const PAUSE_MS_MIN = 1_000
const PAUSE_MS_MAX = 60_000
const COMPLAIN_AGAIN_MS = 60_000

export type TraceMonitorParts = {
  /** `nft monitor trace`, in its parts. */
  readonly program: string
  readonly args: readonly string[]
  readonly heard: (line: string) => void
  readonly stopwatch: Stopwatch
  /** It has ended by itself; said once a minute at most. */
  readonly complain: (why: string) => void
}

export class TraceMonitor {
  readonly #parts: TraceMonitorParts
  #process: ChildProcessByStdio<null, Readable, null> | null = null
  #pauseMs = 0
  #notBeforeMs = Number.NEGATIVE_INFINITY
  #quietUntilMs = Number.NEGATIVE_INFINITY

  constructor(parts: TraceMonitorParts) {
    this.#parts = parts
  }

  get isRunning(): boolean {
    return this.#process !== null
  }

  /** Sees to it that it runs, unless it has only just ended. */
  keep(): void {
    const { program, args, heard, stopwatch } = this.#parts
    const startedMs = stopwatch()
    if (this.#process !== null || startedMs < this.#notBeforeMs) return
    const monitor = spawn(program, args, { stdio: ['ignore', 'pipe', 'ignore'], env: TOOL_ENVIRONMENT })
    this.#process = monitor
    createInterface({ input: monitor.stdout }).on('line', heard)
    const gone = (why: string): void => {
      if (this.#process === monitor) this.#noteEnd(why, stopwatch() - startedMs)
    }
    monitor.once('error', (error) => gone(error.message))
    monitor.once('exit', (code) => gone(`${program} ended with ${code}`))
  }

  /** It does not say that it has begun, but the kernel does. Settles also when it has ended, or never does. */
  async listens(): Promise<void> {
    for (let tries = 0; tries < LISTEN_TRIES; tries += 1) {
      const pid = this.#process?.pid
      if (pid === undefined || hearsTraces(await readFile('/proc/net/netlink', 'utf8'), pid)) return
      await sleep(systemClock, LISTEN_AGAIN_MS)
    }
  }

  async stop(): Promise<void> {
    const monitor = this.#process
    this.#process = null
    if (monitor === null || monitor.exitCode !== null || monitor.signalCode !== null) return
    const exited = new Promise((resolve) => monitor.once('exit', resolve))
    monitor.kill()
    await exited
  }

  #noteEnd(why: string, livedMs: number): void {
    const { stopwatch, complain } = this.#parts
    const nowMs = stopwatch()
    this.#process = null
    this.#pauseMs = livedMs >= STEADY_MS ? 0 : Math.min(PAUSE_MS_MAX, Math.max(PAUSE_MS_MIN, 2 * this.#pauseMs))
    this.#notBeforeMs = nowMs + this.#pauseMs
    if (nowMs < this.#quietUntilMs) return
    this.#quietUntilMs = nowMs + COMPLAIN_AGAIN_MS
    complain(why)
  }
}

const NETLINK_NETFILTER = 12
/** The bit of the group to which traces are told. */
const TRACE_GROUP = 0x100

/** Whether a process is told of traces, as /proc/net/netlink says it: socket, protocol, process, groups … */
export function hearsTraces(sockets: string, pid: number): boolean {
  return sockets.split('\n').some((line) => {
    const [, protocol, owner, groups = ''] = line.trim().split(/\s+/)
    const isIts = Number(protocol) === NETLINK_NETFILTER && Number(owner) === pid
    return isIts && (Number.parseInt(groups, 16) & TRACE_GROUP) !== 0
  })
}
