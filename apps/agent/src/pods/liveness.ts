/** Asks a pod that is ready whether it still works, for as long as it lives. */
import { sleep, type Clock } from '@fornax/kernel/clock'
import type { Liveness } from '@fornax/node-model/application-version'
import { passes, probeWords, type Probed } from './probe.ts'

/**
 * Settles with the reason, in words, once so many probes in a row have failed; rejects when aborted first. `podOf` is
 * null while the pod must not be asked, as one that is frozen must not: what failed before is forgotten then.
 */
export async function untilUnhealthy(
  { probe, initialDelayMs, periodMs, timeoutMs, failureThreshold }: Liveness,
  podOf: () => Probed | null,
  clock: Clock,
  signal: AbortSignal,
): Promise<string> {
  if (initialDelayMs > 0) await sleep(clock, initialDelayMs, signal)
  for (let failures = 0; ;) {
    const pod = podOf()
    const isWell = pod === null || (await passes(probe, pod, { timeoutMs, signal }))
    // It may have been put to sleep while it was asked.
    failures = isWell || podOf() === null ? 0 : failures + 1
    if (failures >= failureThreshold) return `its ${probeWords(probe)} failed ${failures} times in a row`
    await sleep(clock, periodMs, signal)
  }
}
