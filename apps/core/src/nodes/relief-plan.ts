/** Which pods a node that is short of something gives up next. */
import type { NodePressure } from './node-pressure.ts'

/** What of a pod matters here. */
export type IdleCandidate = {
  readonly phase: string
  readonly phaseSinceMs: number
  readonly sessionIds: ReadonlySet<string>
}

/** Of all idle pods, as many at once; at least one. */
const SHARE = 1 / 8
/** For so long those that are on their way out are waited for: what they give back is not known before. */
const PATIENCE_MS = 10_000

/**
 * Those that serve nobody, the longest idle first: of a node that is short of memory first those that are awake, which
 * keep the most of it; otherwise first those that sleep. None while others have yet to end.
 */
export function relievingPods<Pod extends IdleCandidate>(
  pods: readonly Pod[],
  { memory }: Pick<NodePressure, 'memory'>,
  nowMs: number,
): readonly Pod[] {
  if (pods.some((pod) => isLeaving(pod, nowMs))) return []
  const first = memory ? 'standby' : 'hibernated'
  const idle = pods.filter(({ phase, sessionIds }) => isIdle(phase) && sessionIds.size === 0)
  const inOrder = idle.toSorted(
    (a, b) => Number(b.phase === first) - Number(a.phase === first) || a.phaseSinceMs - b.phaseSinceMs,
  )
  return inOrder.slice(0, Math.ceil(idle.length * SHARE))
}

function isLeaving({ phase, phaseSinceMs }: IdleCandidate, nowMs: number): boolean {
  return phase === 'terminating' && nowMs < phaseSinceMs + PATIENCE_MS
}

function isIdle(phase: string): boolean {
  return phase === 'hibernated' || phase === 'standby'
}
