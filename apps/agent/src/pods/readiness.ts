/** Asks a starting pod whether it is ready, again and again. */
import { sleep, type Clock } from '@fornax/kernel/clock'
import type { Readiness } from '@fornax/node-model/application-version'
import { passes, type Probed } from './probe.ts'

const PROBE_TIMEOUT_MS = 1_000
/** A command is a process more, on a machine that may be slow because of them. */
const EXEC_TIMEOUT_MS = 5_000
/** A pod that is about to be ready is asked often, because somebody may wait for it. */
const FIRST_PERIOD_MS = 10
const PERIOD_MIN_MS = 10
const PERIOD_DEFAULT_MS = 250

/** Settles once a probe has passed; rejects when aborted first. `podOf` is null while there is nobody to ask. */
export async function untilReady(
  readiness: Readiness,
  podOf: () => Probed | null,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  const { probe } = readiness
  if (probe.kind === 'none') return
  if (readiness.initialDelayMs > 0) await sleep(clock, readiness.initialDelayMs, signal)
  const periodMs = Math.max(PERIOD_MIN_MS, readiness.periodMs === 0 ? PERIOD_DEFAULT_MS : readiness.periodMs)
  const timeoutMs = probe.kind === 'exec' ? EXEC_TIMEOUT_MS : PROBE_TIMEOUT_MS
  let waitMs = Math.min(FIRST_PERIOD_MS, periodMs)
  for (;;) {
    const pod = podOf()
    if (pod !== null && (await passes(probe, pod, { timeoutMs, signal }))) return
    await sleep(clock, waitMs, signal)
    waitMs = Math.min(periodMs, waitMs * 1.5)
  }
}
