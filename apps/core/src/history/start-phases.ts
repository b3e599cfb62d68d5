/** Where the time of a start went: from what a session's timeline and its pod say. Pure. */
import type { Pod } from '../pods/pod.ts'
import type { Session } from '../sessions/session.ts'
import { LATENCY_PARTS } from './latency-series.ts'

/** Milliseconds by part, in the order of `LATENCY_PARTS`; -1 for a phase that the start did not have. */
export type StartPhases = number[]

const TOTAL = LATENCY_PARTS.indexOf('total')
const QUEUE = LATENCY_PARTS.indexOf('queue')
const PLACE = LATENCY_PARTS.indexOf('place')
const CREATE = LATENCY_PARTS.indexOf('create')
const WAKE = LATENCY_PARTS.indexOf('wake')
const COMMAND = LATENCY_PARTS.indexOf('command')
const READY = LATENCY_PARTS.indexOf('ready')

/** What of a pod tells where time went. */
type Made = Pick<Pod, 'createdAtMs' | 'placedAtMs' | 'readyAtMs' | 'hibernation'>

/** Fills in `phases`, so that a start needs no new one. */
export function startPhases(session: Session, pod: Made | null, phases: StartPhases): void {
  const askedAtMs = session.createdAtMs
  const availableAtMs = session.availableAtMs ?? askedAtMs
  let takenAtMs = availableAtMs
  let sentAtMs = -1
  let startedAtMs = -1
  let slept = false
  for (const { step, atMs, pod: origin } of session.timeline) {
    if (step === 'podTaken') takenAtMs = atMs
    if (step === 'podTaken') slept = origin?.kind === 'hibernated'
    if (step === 'commandSent') sentAtMs = atMs
    if (step === 'started') startedAtMs = atMs
  }
  if (sentAtMs < 0) sentAtMs = takenAtMs
  const wakeMs = slept ? wakeOf(pod, availableAtMs - sentAtMs, startedAtMs - sentAtMs) : -1
  phases[TOTAL] = availableAtMs - askedAtMs
  phases[COMMAND] = Math.max(0, sentAtMs - takenAtMs)
  phases[WAKE] = wakeMs
  phases[READY] = Math.max(0, availableAtMs - sentAtMs - Math.max(0, wakeMs))
  waiting(session.start === 'cold' ? pod : null, { askedAtMs, takenAtMs }, phases)
}

/** As its node measured it; where that is not said yet, until the node said that the session starts. */
function wakeOf(pod: Made | null, readyMs: number, startedMs: number): number {
  const wakeUs = pod?.hibernation?.wakeUs ?? null
  const wakeMs = wakeUs === null ? startedMs : Math.round(wakeUs / 1_000)
  return Math.max(0, Math.min(wakeMs, readyMs))
}

/** What came before the pod was taken. A pod may have been asked for, placed and made in part before the session. */
function waiting(
  pod: Made | null,
  { askedAtMs, takenAtMs }: { readonly askedAtMs: number; readonly takenAtMs: number },
  phases: StartPhases,
): void {
  const waitedMs = takenAtMs - askedAtMs
  const placedAtMs = pod?.placedAtMs ?? null
  const readyAtMs = pod?.readyAtMs ?? null
  phases[PLACE] = -1
  phases[CREATE] = -1
  phases[QUEUE] = waitedMs > 0 ? waitedMs : -1
  if (pod === null || placedAtMs === null || readyAtMs === null) return
  const within = (fromMs: number, toMs: number): number =>
    Math.max(0, Math.min(toMs, takenAtMs) - Math.max(fromMs, askedAtMs))
  const placeMs = within(pod.createdAtMs, placedAtMs)
  const createMs = within(placedAtMs, readyAtMs)
  phases[PLACE] = placeMs
  phases[CREATE] = createMs
  phases[QUEUE] = Math.max(0, waitedMs - placeMs - createMs)
}
