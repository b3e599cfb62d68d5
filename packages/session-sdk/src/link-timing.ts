/**
 * When to speak, and what to think of an agent that says nothing. Decisions over
 * plain numbers; the loop that follows them is in agent-link.ts.
 */

const HEARTBEAT_MIN_MS = 200
const HEARTBEAT_MAX_MS = 60_000
const HEARTBEAT_DEFAULT_MS = 5_000

/** An agent that beats may miss this many beats before its connection is given up. */
const SILENT_BEATS = 4

/** The interval to beat at, of the one that the agent asked for. */
export function heartbeatIntervalMs(askedMs: number): number {
  if (askedMs === 0) return HEARTBEAT_DEFAULT_MS
  return Math.min(HEARTBEAT_MAX_MS, Math.max(HEARTBEAT_MIN_MS, askedMs))
}

/** What was seen of a connection when its timer fired. */
export type Pulse = {
  readonly nowMs: number
  readonly lastTickMs: number
  readonly intervalMs: number
  readonly lastHeardMs: number
  /** Whether this agent has ever sent a heartbeat; one that never does is not missed. */
  readonly agentBeats: boolean
}

/**
 * `clockJumped`: this process was frozen or the machine's clock was set, so
 * silence proves nothing and every deadline begins anew.
 */
export function judgePulse(pulse: Pulse): 'alive' | 'silent' | 'clockJumped' {
  const sinceTickMs = pulse.nowMs - pulse.lastTickMs
  if (sinceTickMs < 0 || sinceTickMs > pulse.intervalMs * 2) return 'clockJumped'
  const silentMs = pulse.nowMs - pulse.lastHeardMs
  return pulse.agentBeats && silentMs > pulse.intervalMs * SILENT_BEATS ? 'silent' : 'alive'
}
