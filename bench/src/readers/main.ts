/**
 * Readers of watches, in a process of their own:
 *
 *   ► read ◄ watching      ► stall      ► finish { perApplication } ◄ report
 */
import { z } from 'zod'
import { parseReadersJob, type ReadersJob, type ReadersReport } from './readers-job.ts'
import { WatchReader, type ReaderCounts } from './watch-reader.ts'

const finishMessage = z.object({ type: z.literal('finish'), perApplication: z.number() })

const OPENING_MAX = 32
const COMPLETE_WITHIN_MS = 20_000
const LOOK_EVERY_MS = 100
const SAMPLES_MAX = 3
const US_PER_MS = 1_000
const MS_PER_SECOND = 1_000

const counts: ReaderCounts = { messages: 0, bytes: 0, upserted: 0, laterSnapshots: 0, cutOff: 0 }
let readers: WatchReader[] = []
let stalled: WatchReader[] = []
let applications = 0
let startMs = 0
let cpuBefore = process.cpuUsage()

process.on('SIGINT', () => undefined) // A terminal sends it to everybody; the bench says when it is over.
process.on('message', (message) => {
  const job = parseReadersJob(message)
  const finish = finishMessage.safeParse(message)
  if (job !== null) run(begin(job))
  else if (finish.success) run(end(finish.data.perApplication))
  else if (isStall(message)) for (const reader of stalled) reader.stall()
  else leave()
})
process.on('disconnect', leave)
process.send?.({ type: 'ready' })

function run(work: Promise<void>): void {
  work.catch((error: unknown) => {
    console.error(error)
    process.exitCode = 1
    leave()
  })
}

async function begin(job: ReadersJob): Promise<void> {
  const { target, ofOne, ofAll, stalledEach } = job
  applications = job.applications.length
  const url = `ws://${target.host}:${target.port}/graphql`
  const make = (application: string | null): WatchReader =>
    new WatchReader({ url, token: target.token, application, counts })
  readers = [
    ...Array.from({ length: ofOne }, (_, index) => make(job.applications[index % applications] ?? '')),
    ...Array.from({ length: ofAll }, () => make(null)),
  ]
  stalled = stalledEach === 0 ? [] : readers.filter((_, index) => index % stalledEach === stalledEach - 1)
  const waiting = [...readers]
  const openNext = async (): Promise<void> => {
    for (let reader = waiting.shift(); reader; reader = waiting.shift()) await reader.open()
  }
  await Promise.all(Array.from({ length: OPENING_MAX }, openNext))
  // What came before is not part of the answer.
  Object.assign(counts, { messages: 0, bytes: 0, upserted: 0, laterSnapshots: 0, cutOff: 0 })
  startMs = performance.now()
  cpuBefore = process.cpuUsage()
  process.send?.({ type: 'watching' })
}

/** Gives every reader time to see the end, the stalled ones too. */
async function end(perApplication: number): Promise<void> {
  const { user, system } = process.cpuUsage(cpuBefore)
  const before = { ...counts, seconds: (performance.now() - startMs) / MS_PER_SECOND }
  for (const reader of stalled) reader.resume()
  const missing = (): WatchReader[] =>
    readers.filter((reader) => reader.available() !== expected(reader, perApplication))
  const endMs = performance.now() + COMPLETE_WITHIN_MS
  while (missing().length > 0 && performance.now() < endMs) await new Promise((done) => setTimeout(done, LOOK_EVERY_MS))
  const incomplete = missing()
  const report: ReadersReport = {
    type: 'report',
    complete: readers.length - incomplete.length,
    incomplete: incomplete.length,
    incompleteSamples: incomplete
      .slice(0, SAMPLES_MAX)
      .map(
        (reader) =>
          `${reader.application ?? 'everything'}: ${reader.available()} of ${expected(reader, perApplication)}`,
      ),
    stalled: stalled.length,
    ...before,
    laterSnapshots: counts.laterSnapshots,
    cutOff: counts.cutOff,
    cpuMs: (user + system) / US_PER_MS,
  }
  process.send?.(report)
}

function expected({ application }: WatchReader, perApplication: number): number {
  return application === null ? perApplication * applications : perApplication
}

function isStall(message: unknown): boolean {
  return typeof message === 'object' && message !== null && 'type' in message && message.type === 'stall'
}

function leave(): void {
  for (const reader of readers) reader.close()
  if (process.connected) process.disconnect()
}
