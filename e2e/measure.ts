/** What tests of large fleets measure alike, and how they say it. */
import type { Page } from '@playwright/test'
import type { FrameCost } from './frame-trace.ts'

/** What is left after the browser has cleaned up. */
export async function heapBytes(page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page)
  await session.send('HeapProfiler.collectGarbage')
  const { usedSize } = await session.send('Runtime.getHeapUsage')
  await session.detach()
  return usedSize
}

export function tell(what: string, { frames, seconds, scriptMs, cpuMs }: FrameCost): void {
  const say = ({ p50, p95, p99, max }: FrameCost['cpuMs']): string =>
    [p50, p95, p99, max].map((ms) => ms.toFixed(1)).join(' / ')
  console.log(
    `${what}: script per frame p50 / p95 / p99 / max ${say(scriptMs)} ms, of which it ran ${say(cpuMs)} ms, ${frames} frames in ${seconds.toFixed(0)} s`,
  )
}

export function mib(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`
}

/** What is measured is measured over time. */
export function pass(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms))
}
