/** What the core used over a while. */
import type { CoreProcess } from '../world/core-process.ts'

export type CoreUse = {
  readonly cpuMs: number
  readonly rssBytes: number
  readonly profiled: { readonly pid: number; readonly window: ProfileWindow }
}

/** On the clock of CPU profiles. */
export type ProfileWindow = { readonly fromUs: number; readonly untilUs: number }

const NS_PER_US = 1_000n

/** Starts measuring; the result ends it. */
export function watchCore(core: CoreProcess): () => CoreUse {
  const before = core.use()
  const fromUs = monotonicUs()
  return () => {
    const { cpuMs, rssBytes } = core.use()
    const profiled = { pid: core.pid, window: { fromUs, untilUs: monotonicUs() } }
    return { cpuMs: cpuMs - before.cpuMs, rssBytes, profiled }
  }
}

function monotonicUs(): number {
  return Number(process.hrtime.bigint() / NS_PER_US)
}
