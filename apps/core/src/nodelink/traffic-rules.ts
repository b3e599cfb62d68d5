/**
 * What a node may send. An agent of ours stays far below all of it; whoever does not is cut off, and may come again.
 * Everything is counted in windows of a minute, and costs a few additions for each frame.
 */

/** What one connection has done in the window. */
export type NodeTraffic = {
  windowEndsAtMs: number
  frames: number
  reports: number
  gaps: number
  states: number
  foreign: number
}

export type TrafficKind = 'frames' | 'reports' | 'gaps' | 'states' | 'foreign'

const WINDOW_MS = 60_000

/**
 * For each kind, how many in a minute. Frames: an agent sends at most one for each turn of its event loop and one for
 * each piece of a log. Reports: a node of 1,000 pods that starts and ends each of them every second sends 6,000 a
 * second. Gaps: each costs a full state; a broken line makes one. Foreign: pods of other nodes, of which an agent that
 * was given another name may tell while it lets go of them.
 */
export const TRAFFIC_MAX: Readonly<Record<TrafficKind, number>> = {
  frames: 300_000,
  reports: 1_200_000,
  gaps: 30,
  states: 60 * 2_000,
  foreign: 200,
}

export const TRAFFIC_WORDS: Readonly<Record<TrafficKind, string>> = {
  frames: 'the node floods its stream with frames',
  reports: 'the node floods its stream with reports',
  gaps: 'the revisions of the node make no sense',
  states: 'the node floods its stream with states',
  foreign: 'the node speaks of pods of other nodes',
}

export function noTraffic(nowMs: number): NodeTraffic {
  return { windowEndsAtMs: nowMs + WINDOW_MS, frames: 0, reports: 0, gaps: 0, states: 0, foreign: 0 }
}

/** Counts, in place; true: that is too much. */
export function isTooMuch(traffic: NodeTraffic, kind: TrafficKind, count: number, nowMs: number): boolean {
  if (nowMs >= traffic.windowEndsAtMs) Object.assign(traffic, noTraffic(nowMs))
  traffic[kind] += count
  return traffic[kind] > TRAFFIC_MAX[kind]
}
