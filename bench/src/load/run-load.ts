/** Carries out one job of the load tool. */
import { LatencyHistogram } from '../measure/latency.ts'
import type { LineAnswer } from './line.ts'
import type { LoadJob, LoadOutcome } from './load-job.ts'
import { openLines } from './open-lines.ts'
import { availableIn, closePayload, openPayload, sessionIdsIn } from './operations.ts'
import { Switchboard } from './switchboard.ts'

const ERROR_SAMPLES_MAX = 3
const ERROR_CHARACTERS_MAX = 300
/** Calls that may be on their way in an open loop, over HTTP one to a connection. */
const OPEN_LOOP_LINES = { http: 512, ws: 64 }
const MS_PER_SECOND = 1_000
const US_PER_MS = 1_000
const TELL_EVERY_MS = 5_000

/** What a run counts while it goes on. */
class Tally {
  readonly latency = new LatencyHistogram()
  readonly closeLatency = new LatencyHistogram()
  readonly lateness = new LatencyHistogram()
  readonly errorSamples: string[] = []
  opened = 0
  errors = 0
  closed = 0

  /** Each session of a batch took as long as the batch. */
  opening(answer: LineAnswer, batch: number, latencyMs: number): void {
    const available = answer.kind === 'answered' ? availableIn(answer.body) : 0
    this.opened += available
    for (let one = 0; one < available; one += 1) this.latency.record(latencyMs)
    if (available < batch) this.failed(batch - available, answer)
  }

  failed(count: number, answer: LineAnswer): void {
    this.errors += count
    if (this.errorSamples.length >= ERROR_SAMPLES_MAX) return
    const text = answer.kind === 'answered' ? answer.body : answer.why
    this.errorSamples.push(text.slice(0, ERROR_CHARACTERS_MAX))
  }
}

export type Progress = { readonly opened: number; readonly errors: number }

/** Opens its lines, runs the job, and says what came of it. The clock starts once all lines are open. */
export async function runLoad(job: LoadJob, progress: (told: Progress) => void): Promise<LoadOutcome> {
  const { target, loop, applications, batch, livesMs } = job
  const count = loop.kind === 'open' ? OPEN_LOOP_LINES[target.transport] : linesFor(job, loop.concurrency)
  const board = new Switchboard(await openLines(target, count))
  try {
    const prepared = applications.map((application) => board.prepare(openPayload(application, batch)))
    const tally = new Tally()
    const run = { job, board, prepared, tally, startMs: performance.now() }
    const cpuBefore = process.cpuUsage()
    const told = setInterval(() => progress({ opened: tally.opened, errors: tally.errors }), TELL_EVERY_MS)
    await (loop.kind === 'open' ? openLoop(run, loop.callsPerSecond) : closedLoop(run, loop.concurrency))
    clearInterval(told)
    const seconds = (performance.now() - run.startMs) / MS_PER_SECOND
    const { user, system } = process.cpuUsage(cpuBefore)
    return {
      type: 'outcome',
      opened: tally.opened,
      errors: tally.errors,
      errorSamples: tally.errorSamples,
      seconds,
      latencyMs: tally.latency.summary(),
      closed: tally.closed,
      closeLatencyMs: livesMs === null ? null : tally.closeLatency.summary(),
      latenessMsP99: tally.lateness.summary().p99,
      cpuMs: (user + system) / US_PER_MS,
    }
  } finally {
    board.close()
  }
}

type Run = {
  readonly job: LoadJob
  readonly board: Switchboard
  /** One call for each application. */
  readonly prepared: readonly string[]
  readonly tally: Tally
  readonly startMs: number
}

/** Over HTTP each call that can be on its way has a connection; over WebSocket an application has a socket. */
function linesFor({ target, applications }: LoadJob, concurrency: number): number {
  return target.transport === 'http' ? applications.length * concurrency : applications.length
}

async function closedLoop(run: Run, concurrency: number): Promise<void> {
  const { job, prepared } = run
  const callsOfEach = Math.ceil(job.calls / prepared.length)
  await Promise.all(prepared.map((call) => applicationLoop(run, call, { concurrency, calls: callsOfEach })))
}

/** As the reference's load tool does it: so many at once, and the next ones when all of them are there. */
async function applicationLoop(
  run: Run,
  call: string,
  { concurrency, calls }: { readonly concurrency: number; readonly calls: number },
): Promise<void> {
  for (let left = calls; left > 0; left -= concurrency) {
    const startMs = performance.now()
    if (startMs - run.startMs > run.job.longestMs) return
    const some = Math.min(concurrency, left)
    await new Promise<void>((resolve) => {
      let missing = some
      for (let one = 0; one < some; one += 1)
        openOne(run, call, startMs, () => {
          missing -= 1
          if (missing === 0) resolve()
        })
    })
  }
}

/** Latency counts from when a call should have left, so that a server that stalls cannot hide it. */
async function openLoop(run: Run, callsPerSecond: number): Promise<void> {
  const { job, prepared, tally, startMs } = run
  const intervalMs = MS_PER_SECOND / callsPerSecond
  const calls = Math.min(job.calls, Math.ceil(job.longestMs / intervalMs))
  let sent = 0
  let missing = calls
  await new Promise<void>((resolve) => {
    const sendDue = (): void => {
      const nowMs = performance.now()
      for (; sent < calls && startMs + sent * intervalMs <= nowMs; sent += 1) {
        const intendedMs = startMs + sent * intervalMs
        tally.lateness.record(nowMs - intendedMs)
        openOne(run, prepared[sent % prepared.length] ?? '', intendedMs, () => {
          missing -= 1
          if (missing === 0) resolve()
        })
      }
      if (sent < calls) setTimeout(sendDue, 1)
    }
    sendDue()
  })
}

/** One call, and with a lifetime the close of what it opened; `done` follows the last of them. */
function openOne({ job, board, tally }: Run, call: string, intendedMs: number, done: () => void): void {
  board.send(call, (answer) => {
    tally.opening(answer, job.batch, performance.now() - intendedMs)
    if (job.livesMs === null || answer.kind === 'failed') return done()
    const ids = sessionIdsIn(answer.body)
    if (ids.length === 0) return done()
    const dueMs = performance.now() + job.livesMs
    setTimeout(() => {
      let missing = ids.length
      for (const id of ids)
        board.send(board.prepare(closePayload(id)), (closing) => {
          if (closing.kind === 'answered' && closing.body.includes('"problem":null')) tally.closed += 1
          else tally.failed(1, closing)
          tally.closeLatency.record(performance.now() - dueMs)
          missing -= 1
          if (missing === 0) done()
        })
    }, job.livesMs)
  })
}
