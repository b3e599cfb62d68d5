/** Asks a pod that is ready whether it still works, for as long as it lives. */
import { sleep, type Clock } from '@fornax/kernel/clock'
import type { Liveness } from '@fornax/node-model/application-version'
import { passes, probeWords, type Probed } from './probe.ts'

/** Who is watched. */
export type Watched = {
  /** Null while the pod must not be asked, as one that is frozen must not: what failed before is forgotten then. */
  readonly podOf: () => Probed | null
  /** How often it was put to sleep so far: what it answers, or fails to, while it sleeps says nothing. */
  readonly sleepCount: () => number
}

/** Settles with the reason, in words, once so many probes in a row have failed; rejects when aborted first. */
export async function untilUnhealthy(
  { probe, initialDelayMs, periodMs, timeoutMs, failureThreshold }: Liveness,
  { podOf, sleepCount }: Watched,
  clock: Clock,
  signal: AbortSignal,
): Promise<string> {
  if (initialDelayMs > 0) await sleep(clock, initialDelayMs, signal)
  for (let failures = 0; ;) {
    const pod = podOf()
    const sleepsBefore = sleepCount()
    const isWell = pod === null || (await passes(probe, pod, { timeoutMs, signal }))
    // It may have been put to sleep while it was asked, and may have woken again.
    const hasSlept = podOf() === null || sleepCount() !== sleepsBefore
    failures = isWell || hasSlept ? 0 : failures + 1
    if (failures >= failureThreshold) return `its ${probeWords(probe)} failed ${failures} times in a row`
    await sleep(clock, periodMs, signal)
  }
}
