/** Which pods a node that is short of something gives up next. */

/** What of a pod matters here. */
export type IdleCandidate = {
  readonly phase: string
  readonly phaseSinceMs: number
  readonly sessionIds: ReadonlySet<string>
}

/** Of all idle pods, as many at once; at least one. */
const SHARE = 1 / 8

/** Those that serve nobody: the sleeping ones first, then those that have been idle for longest. */
export function relievingPods<Pod extends IdleCandidate>(pods: readonly Pod[]): readonly Pod[] {
  const idle = pods.filter(({ phase, sessionIds }) => isIdle(phase) && sessionIds.size === 0)
  const inOrder = idle.toSorted((a, b) => rank(a) - rank(b) || a.phaseSinceMs - b.phaseSinceMs)
  return inOrder.slice(0, Math.ceil(idle.length * SHARE))
}

function isIdle(phase: string): boolean {
  return phase === 'hibernated' || phase === 'standby'
}

function rank({ phase }: IdleCandidate): number {
  return phase === 'hibernated' ? 0 : 1
}
