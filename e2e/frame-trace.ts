/** How long scripts run in each frame, from a trace of the browser. */
import type { Browser, Page } from '@playwright/test'

type TraceEvent = {
  readonly name: string
  readonly ph: string
  readonly pid: number
  readonly tid: number
  readonly ts: number
  readonly dur?: number
  /** Of which the thread ran: the rest it waited for a core of the machine. */
  readonly tdur?: number
  readonly args?: { readonly data?: { readonly frame?: string }; readonly name?: string }
}

export type FrameCost = {
  readonly frames: number
  readonly seconds: number
  /** Of script, in the frames that ran any and in those that did not. */
  readonly scriptMs: Percentiles
  /** The same, without what others on the same cores took in between. */
  readonly cpuMs: Percentiles
}

type Percentiles = { readonly p50: number; readonly p95: number; readonly p99: number; readonly max: number }

/** What the browser calls running a script. Style, layout and paint are not ours to count. */
const SCRIPT = new Set([
  'FunctionCall',
  'EvaluateScript',
  'FireAnimationFrame',
  'TimerFire',
  'RunMicrotasks',
  'v8.callFunction',
])
const FRAME_US = 1_000_000 / 60

/** Traces a page while `during` runs. */
export async function traceFrames(browser: Browser, page: Page, during: () => Promise<void>): Promise<FrameCost> {
  await browser.startTracing(page, {
    categories: ['-*', 'devtools.timeline', 'v8.execute', 'disabled-by-default-devtools.timeline', '__metadata'],
  })
  await during()
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString()) as { traceEvents: TraceEvent[] }
  return frameCostOf(traceEvents)
}

/** The thread of the page is the one with the most script. Nested calls are counted once. */
export function frameCostOf(events: readonly TraceEvent[]): FrameCost {
  const byThread = new Map<string, Span[]>()
  for (const { name, ph, pid, tid, ts, dur = 0, tdur = dur } of events) {
    if (ph !== 'X' || !SCRIPT.has(name)) continue
    const key = `${pid} ${tid}`
    const spans = byThread.get(key) ?? []
    spans.push({ start: ts, end: ts + dur, cpu: tdur })
    byThread.set(key, spans)
  }
  const threads = [...byThread.values()].map(merged)
  const busiest = threads.toSorted((a, b) => totalOf(b) - totalOf(a))[0] ?? []
  const first = busiest[0]?.start ?? 0
  const last = busiest.at(-1)?.end ?? 0
  const count = Math.max(1, Math.ceil((last - first) / FRAME_US))
  const perFrame = (costOf: (span: Span) => number): number[] => {
    const frames = Array.from({ length: count }, () => 0)
    // A script that runs on over the end of its frame delays that frame: all of it belongs to where it began.
    for (const span of busiest) {
      const index = Math.floor((span.start - first) / FRAME_US)
      frames[index] = (frames[index] ?? 0) + costOf(span) / 1_000
    }
    return frames
  }
  return {
    frames: count,
    seconds: (last - first) / 1_000_000,
    scriptMs: percentilesOf(perFrame(({ start, end }) => end - start)),
    cpuMs: percentilesOf(perFrame(({ cpu }) => cpu)),
  }
}

function percentilesOf(values: readonly number[]): Percentiles {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99), max: sorted.at(-1) ?? 0 }
}

type Span = { start: number; end: number; cpu: number }

function merged(spans: readonly Span[]): Span[] {
  const result: Span[] = []
  for (const span of spans.toSorted((a, b) => a.start - b.start || b.end - a.end)) {
    const last = result.at(-1)
    if (last !== undefined && span.start < last.end) last.end = Math.max(last.end, span.end)
    else result.push({ ...span })
  }
  return result
}

function totalOf(spans: readonly Span[]): number {
  return spans.reduce((sum, { start, end }) => sum + end - start, 0)
}
