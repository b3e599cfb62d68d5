/**
 * One connection to a core, from hello to end.
 *
 *   hello ──► (core's hello) ──► full state ──► reports, each with the next revision
 *
 * Reports of one turn of the event loop leave together. A core that does not read
 * gets no queue of them but, once it reads again, a full state: memory stays
 * bounded, and the state says all that reports would.
 *
 * A node without room for its ledger leaves, comes again, and gives no state until
 * there is room. So the core hears that it lives, and sends it nothing new.
 */
import type { Cancel, Clock } from '@fornax/kernel/clock'
import { ListeningTime } from '@fornax/kernel/listening-time'
import type { Log } from '@fornax/kernel/log'
import { judgeEpoch, withMark, type EpochMark } from '@fornax/node-model/epoch-rules'
import type { CommandBatch, CoreHello, PreloadImage, ReadLog } from '@fornax/proto/fornax/nodelink/v1/nodelink'
import type { NodeRecord, NodeReport } from '../ledger/node-record.ts'
import type { PodLogs } from '../logs/pod-logs.ts'
import type { ImagePreloads } from '../pods/image-preloads.ts'
import type { NodeWorkload } from '../pods/node-workload.ts'
import type { PressureWatch } from '../telemetry/pressure-watch.ts'
import type { UsageMeter } from '../telemetry/usage-meter.ts'
import type { CoreStream, FrameFromCore, FrameToCore } from './core-stream.ts'
import { toCommand, toImageOrder } from './from-wire.ts'
import { toImageReport, toLogChunk, toReportBatches, toStateParts } from './to-wire.ts'
import { UsageNews } from './usage-news.ts'

export type CoreSessionWorld = {
  readonly clock: Clock
  readonly log: Log
  readonly record: NodeRecord
  readonly workload: Pick<NodeWorkload, 'state' | 'apply'>
  readonly logs: Pick<PodLogs, 'read'>
  readonly usage: Pick<UsageMeter, 'measure'>
  readonly marks: EpochMarks
  readonly images: Pick<ImagePreloads, 'preload'>
  readonly pressure: Pick<PressureWatch, 'measure'>
}

/** The marks of all cores, as the ledger has them. */
export type EpochMarks = { list: readonly EpochMark[] }

/** What the session needs of its stream. */
export type CoreLine = Pick<CoreStream, 'isFree' | 'hasRoom' | 'write' | 'close'>

const HELLO_TIMEOUT_MS = 10_000
const HEARTBEAT_MIN_MS = 50
const LOGS_AT_ONCE_MAX = 256
/** Reports of one turn that wait for its end. */
const UNTOLD_MAX = 512

export class CoreSession implements Disposable {
  readonly #world: CoreSessionWorld
  readonly #line: CoreLine
  readonly #onAccepted: () => void
  readonly #readings = new Map<string, Cancel>()
  readonly #usageNews = new UsageNews()
  /** Written down, and about to be told. */
  #untold: NodeReport[] = []
  #firstUntold = 0
  #cancelTelling: Cancel = () => undefined
  #core: CoreHello | null = null
  /** Grows only while this agent listens: it must not take its own standing still for silence of the core. */
  #listening: ListeningTime
  #heardAtMs: number
  #hasSpoken = false
  #needsState = false
  #owesState = false
  #isMeasuring = false
  /** Nothing is said and nothing heard any more: a word after the last reports would cut these off. */
  #isOver = false
  #cancelBeat: Cancel
  #cancelUsage: Cancel = () => undefined

  constructor(world: CoreSessionWorld, line: CoreLine, onAccepted: () => void) {
    this.#world = world
    this.#line = line
    this.#onAccepted = onAccepted
    const nowMs = world.clock.nowMs()
    this.#listening = new ListeningTime(nowMs, HELLO_TIMEOUT_MS)
    this.#heardAtMs = nowMs
    this.#cancelBeat = world.clock.schedule(HELLO_TIMEOUT_MS, () => this.#noHello())
  }

  receive(frame: FrameFromCore): void {
    if (this.#isOver) return
    this.#heardAtMs = this.#listening.at(this.#world.clock.nowMs())
    switch (frame.$case) {
      case 'hello':
        this.#begin(frame.value)
        return
      case 'commands':
        this.#obey(frame.value)
        return
      case 'readLog':
        this.#readLog(frame.value)
        return
      case 'stopLog':
        this.#stopLog(frame.value.requestId)
        return
      case 'preloadImage':
        this.#preload(frame.value)
        return
      default: // A heartbeat: to be heard was all.
    }
  }

  /** The core reads again. */
  drained(): void {
    if (!this.#needsState) return
    this.#needsState = false
    this.#sendState()
  }

  /** Says what is left to say, and nothing more. */
  finish(): void {
    this.#tellNow()
    this[Symbol.dispose]()
  }

  [Symbol.dispose](): void {
    this.#isOver = true
    this.#cancelTelling()
    this.#cancelBeat()
    this.#cancelUsage()
    this.#world.record.listen(null)
    this.#world.record.watchRoom(null)
    for (const cancel of this.#readings.values()) cancel()
    this.#readings.clear()
  }

  #begin(core: CoreHello): void {
    if (this.#core !== null) return
    this.#core = core
    const { record, log } = this.#world
    log.info({ coreId: core.coreId, epoch: core.epoch }, 'the core accepts this node')
    this.#heed(core.epoch, core.epochProof)
    this.#onAccepted()
    record.watchRoom((hasRoom) => this.#roomChanged(hasRoom))
    this.#sendState()
    record.listen((firstRevision, reports) => this.#tell(firstRevision, reports))
    this.#cancelBeat()
    const intervalMs = Math.max(HEARTBEAT_MIN_MS, core.heartbeatIntervalMs)
    this.#listening = new ListeningTime(this.#heardAtMs, intervalMs)
    this.#beat(intervalMs)
    if (core.usageIntervalMs > 0) this.#measure(core.usageIntervalMs)
  }

  /** Whether this epoch of the core is to be obeyed. */
  #heed(epoch: number, proof?: string): boolean {
    const { marks, record, log } = this.#world
    const coreId = this.#core?.coreId ?? ''
    const verdict = judgeEpoch(marks.list, coreId, epoch)
    const shown = marks.list.find((mark) => mark.coreId === coreId)?.proof
    if (verdict.kind === 'refused') {
      log.error({ coreId, epoch, highestEpoch: verdict.highestEpoch }, 'refusing an older epoch of the core')
      this.#write({ $case: 'epochRefused', value: { highestEpoch: verdict.highestEpoch, proof: shown } })
      return false
    }
    // E2: of an epoch that is known, a core of before gave no proof, or one by a key that is lost.
    if (verdict.kind === 'newer' || (proof !== undefined && proof !== shown)) {
      marks.list = withMark(marks.list, { coreId, epoch, proof })
      record.put({ kind: 'putEpochMarks', marks: marks.list })
    }
    return true
  }

  #obey(batch: CommandBatch): void {
    if (this.#core === null || !this.#heed(batch.epoch)) return
    for (const wire of batch.commands) {
      const command = toCommand(wire)
      if (command === null) this.#world.log.warn('a command of the core is unknown to this agent')
      else if (command.kind === 'sendState') this.#sendState()
      else this.#world.workload.apply(command)
    }
  }

  #sendState(): void {
    const { record, workload } = this.#world
    record.flush() // The revision is that of everything that the state shows.
    this.#tellNow()
    this.#owesState = !record.hasRoom
    if (this.#owesState) return
    this.#usageNews.forget() // Of what it knew before, a core that has started anew knows nothing.
    for (const part of toStateParts(workload.state(), record.revision)) this.#write({ $case: 'state', value: part })
  }

  #roomChanged(hasRoom: boolean): void {
    const { log } = this.#world
    if (!hasRoom && !this.#owesState) {
      log.error('there is no room for the ledger: leaving the core, so that nothing new comes; free some of its disk')
      this.#line.close()
    }
    if (hasRoom && this.#owesState) this.#sendState()
  }

  #tell(firstRevision: number, reports: readonly NodeReport[]): void {
    if (this.#needsState) return
    if (!this.#line.hasRoom) {
      this.#world.log.warn('the core does not read: it gets a full state when it does')
      this.#needsState = true
      return
    }
    if (this.#untold.length === 0) {
      this.#firstUntold = firstRevision
      this.#cancelTelling = this.#world.clock.schedule(0, () => this.#tellNow())
    }
    for (const report of reports) this.#untold.push(report)
    if (this.#untold.length >= UNTOLD_MAX) this.#tellNow()
  }

  #tellNow(): void {
    this.#cancelTelling()
    if (this.#untold.length === 0) return
    const batches = toReportBatches(this.#firstUntold, this.#untold)
    this.#untold = []
    for (const value of batches) this.#write({ $case: 'reports', value })
  }

  #write(frame: FrameToCore): void {
    this.#hasSpoken = true
    this.#line.write(frame)
  }

  #noHello(): void {
    const missedMs = this.#listening.mark(this.#world.clock.nowMs())
    if (missedMs === 0) this.#line.close()
    else this.#cancelBeat = this.#world.clock.schedule(HELLO_TIMEOUT_MS, () => this.#noHello())
  }

  #beat(intervalMs: number): void {
    this.#cancelBeat = this.#world.clock.schedule(intervalMs, () => {
      const nowMs = this.#world.clock.nowMs()
      this.#listening.mark(nowMs)
      const silentMs = this.#listening.at(nowMs) - this.#heardAtMs
      if (silentMs > Math.max(this.#core?.leaseMs ?? 0, 3 * intervalMs)) {
        this.#world.log.warn({ silentMs }, 'the core is silent: connecting anew')
        return this.#line.close()
      }
      if (!this.#hasSpoken && this.#line.hasRoom) this.#line.write({ $case: 'heartbeat', value: {} })
      this.#hasSpoken = false
      this.#beat(intervalMs)
    })
  }

  #measure(intervalMs: number): void {
    this.#cancelUsage = this.#world.clock.schedule(intervalMs, () => {
      void this.#reportUsage()
      this.#measure(intervalMs)
    })
  }

  async #reportUsage(): Promise<void> {
    if (this.#isMeasuring) return
    this.#isMeasuring = true
    try {
      const { node, pods } = await this.#world.usage.measure()
      const pressure = await this.#world.pressure.measure()
      const canSay = this.#line.isFree && !this.#isOver
      const news = canSay ? this.#usageNews.of(node, pods, pressure) : null
      if (news !== null) this.#write({ $case: 'usage', value: news })
    } catch (error) {
      this.#world.log.warn({ err: error }, 'what pods use could not be measured')
    } finally {
      this.#isMeasuring = false
    }
  }

  /** Nothing waits for it: what is said while the core does not read is lost, but for how it ended. */
  #preload(wire: PreloadImage): void {
    if (this.#core === null) return
    const { versionId, ...order } = toImageOrder(wire)
    this.#world.images.preload(order, (news) => {
      if (this.#isOver || (news.phase === 'pulling' && !this.#line.isFree)) return
      this.#write({ $case: 'image', value: toImageReport(versionId, news) })
    })
  }

  #readLog(order: ReadLog): void {
    const { requestId } = order
    if (this.#readings.has(requestId)) return
    const end = (problem: string): void => {
      this.#readings.delete(requestId)
      this.#line.write({ $case: 'logChunk', value: { requestId, lines: [], isLast: true, problem, skippedLines: 0 } })
    }
    if (this.#readings.size >= LOGS_AT_ONCE_MAX) return end('too many logs of this node are being read')
    let isOver = false
    const cancel = this.#world.logs.read(order, {
      isReady: () => this.#line.isFree,
      send: (piece) => this.#line.write({ $case: 'logChunk', value: toLogChunk(requestId, piece) }),
      end: (problem) => {
        isOver = true
        end(problem)
      },
    })
    if (!isOver) this.#readings.set(requestId, cancel)
  }

  #stopLog(requestId: string): void {
    this.#readings.get(requestId)?.()
    this.#readings.delete(requestId)
  }
}
