/** One tick a second for everything on the page that says how long ago something was. */
import { systemClock, type Cancel } from '@fornax/kernel/clock'

const TICK_MS = 1_000
const listeners = new Set<() => void>()
let cancel: Cancel | null = null
let nowMs = systemClock.nowMs()

/** Listens for ticks; time stands still while nobody does. */
export function onTick(listener: () => void): () => void {
  listeners.add(listener)
  if (cancel === null) tick()
  return () => {
    listeners.delete(listener)
    if (listeners.size > 0) return
    cancel?.()
    cancel = null
  }
}

/** The time of the last tick, so that everything on a page speaks of the same moment. */
export function tickMs(): number {
  return cancel === null ? systemClock.nowMs() : nowMs
}

function tick(): void {
  nowMs = systemClock.nowMs()
  cancel = systemClock.schedule(TICK_MS, tick)
  for (const listener of listeners) listener()
}
