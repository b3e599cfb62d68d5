/**
 * The logs of all pods of a node: rotated while they grow, read by whoever asks.
 * Readers are few and pull at their own pace, so a slow one costs nothing.
 */
import { watch } from 'node:fs'
import type { Cancel, Clock } from '@fornax/kernel/clock'
import type { Log } from '@fornax/kernel/log'
import {
  openLogSource,
  type LogFormat,
  type LogReader,
  type LogSource,
  type PodLogFiles,
  type PodLogPiece,
} from './log-source.ts'

/** Who reads a log. */
export type LogSink = {
  /** False: nothing is sent until later. */
  isReady(): boolean
  send(piece: PodLogPiece): void
  /** Nothing follows. `problem` says why there is no log; empty otherwise. */
  end(problem: string): void
}

export type ReadLogOrder = { readonly podId: string; readonly follow: boolean; readonly tailLines: number }

export type PodLogsOptions = {
  readonly clock: Clock
  readonly log: Log
  /** When a file is rotated; at most this much is kept from before. */
  readonly fileBytesMax?: number
}

const FILE_BYTES_MAX = 1024 * 1024
const TAIL_LINES_MAX = 10_000
const ROTATION_CHECK_MS = 1_000
/** How long changes of a file gather before they are read. */
const FOLLOW_DELAY_MS = 20
const FOLLOW_CHECK_MS = 1_000

type PodLog = {
  readonly folder: PodLogFiles
  readonly source: LogSource
  readonly readings: Set<Reading>
  isOver: boolean
  /** It was said that it cannot be bounded. */
  isComplainedOf: boolean
}

export class PodLogs implements Disposable {
  readonly #clock: Clock
  readonly #log: Log
  readonly #fileBytesMax: number
  readonly #logs = new Map<string, PodLog>()
  #cancelRotation: Cancel

  constructor({ clock, log, fileBytesMax = FILE_BYTES_MAX }: PodLogsOptions) {
    this.#clock = clock
    this.#log = log
    this.#fileBytesMax = fileBytesMax
    this.#cancelRotation = this.#rotateLater()
  }

  /** A pod of this node, from now on. */
  add(podId: string, folder: PodLogFiles, format: LogFormat = 'plain'): void {
    const source = openLogSource(folder, format)
    this.#logs.set(podId, { folder, source, readings: new Set(), isOver: false, isComplainedOf: false })
  }

  /** The pod writes no more; its log can still be read. */
  finish(podId: string): void {
    const log = this.#logs.get(podId)
    if (log === undefined) return
    log.isOver = true
    for (const reading of log.readings) reading.finish()
  }

  /** The pod's folder is about to go. */
  remove(podId: string): void {
    this.finish(podId)
    this.#logs.delete(podId)
  }

  /** The last lines that a pod wrote; of standard error rather than of standard output, where each has a file. */
  lastLines(podId: string, linesMax: number): readonly string[] {
    const log = this.#logs.get(podId)
    return log === undefined ? [] : log.source.tail(linesMax).flatMap((piece) => piece.lines)
  }

  /** Sends what there is, and what comes. The result stops it. */
  read(order: ReadLogOrder, sink: LogSink): Cancel {
    const log = this.#logs.get(order.podId)
    if (log === undefined) {
      sink.end('this node has no log of that pod')
      return () => undefined
    }
    const reading = new Reading(log, sink, this.#clock)
    const linesMax = Math.min(order.tailLines, TAIL_LINES_MAX)
    for (const piece of log.source.tail(linesMax)) if (piece.lines.length > 0) sink.send(piece)
    if (!order.follow || log.isOver) {
      reading[Symbol.dispose]()
      sink.end('')
      return () => undefined
    }
    log.readings.add(reading)
    reading.start()
    return () => reading[Symbol.dispose]()
  }

  [Symbol.dispose](): void {
    this.#cancelRotation()
    for (const log of this.#logs.values()) for (const reading of log.readings) reading[Symbol.dispose]()
    this.#logs.clear()
  }

  #rotateLater(): Cancel {
    return this.#clock.schedule(ROTATION_CHECK_MS, () => {
      for (const [podId, log] of this.#logs) if (!log.isOver) this.#rotate(podId, log)
      this.#cancelRotation = this.#rotateLater()
    })
  }

  /** What one pod does to its log must cost neither us nor the others. It is tried again every time, and said once. */
  #rotate(podId: string, log: PodLog): void {
    try {
      log.source.rotate(this.#fileBytesMax)
    } catch (error) {
      if (log.isComplainedOf) return
      log.isComplainedOf = true
      this.#log.warn({ podId, err: error }, 'the log of a pod cannot be kept small; the pod may have forbidden it')
    }
  }
}

/** One reader of one pod's log. */
class Reading implements Disposable {
  readonly #log: PodLog
  readonly #sink: LogSink
  readonly #clock: Clock
  readonly #reader: LogReader
  #cancelNext: Cancel = () => undefined
  #nextAtMs = Number.POSITIVE_INFINITY
  #stopWatching: () => void = () => undefined

  constructor(log: PodLog, sink: LogSink, clock: Clock) {
    this.#log = log
    this.#sink = sink
    this.#clock = clock
    this.#reader = log.source.follow()
  }

  start(): void {
    this.#stopWatching = watched(this.#log.folder.path, () => this.#readWithin(FOLLOW_DELAY_MS))
    this.#readWithin(0)
  }

  /** Sends the last that there is; a reader that is not ready misses it, because the files will go. */
  finish(): void {
    this.#pump(true)
    this.#sink.end('')
    this[Symbol.dispose]()
  }

  [Symbol.dispose](): void {
    this.#stopWatching()
    this.#cancelNext()
    this.#reader[Symbol.dispose]()
    this.#log.readings.delete(this)
  }

  #readWithin(delayMs: number): void {
    const atMs = this.#clock.nowMs() + delayMs
    if (atMs >= this.#nextAtMs) return
    this.#cancelNext()
    this.#nextAtMs = atMs
    this.#cancelNext = this.#clock.schedule(delayMs, () => {
      this.#nextAtMs = Number.POSITIVE_INFINITY
      this.#readWithin(this.#pump(false) ? FOLLOW_DELAY_MS : FOLLOW_CHECK_MS)
    })
  }

  /** Whether there may be more. */
  #pump(isLast: boolean): boolean {
    for (let isMore = false; ; isMore = true) {
      const pieces = this.#sink.isReady() ? this.#reader.next(isLast) : []
      for (const piece of pieces) this.#sink.send(piece)
      if (pieces.length === 0) return isMore
      if (!isLast) return true
    }
  }
}

/** Tells of changes in a folder. Where that is not possible, or no longer, a reader still looks once in a while. */
function watched(folder: string, changed: () => void): () => void {
  try {
    const watcher = watch(folder, changed)
    watcher.on('error', () => watcher.close())
    return () => watcher.close()
  } catch {
    return () => undefined // The folder is not there yet or any more, or this user watches too much already.
  }
}
