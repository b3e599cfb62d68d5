/**
 * What a pod books on its node. Running, or about to: its full request. Asleep: what it was measured to keep, and no
 * CPU. Between the two it always books the larger, so that nothing is ever given away twice (P8).
 */
import { holdsBooking } from './pod-state.ts'
import type { Pod } from './pod.ts'

export type Booking = { readonly cpuMillis: number; readonly memoryBytes: number }

/** Of its request, what a pod is taken to keep that was put to sleep and not measured. */
const KEPT_UNTIL_MEASURED = 0.1

/** Null: it holds no booking. */
export function bookingOf(pod: Pick<Pod, 'phase' | 'rest' | 'version' | 'hibernation' | 'keptBytes'>): Booking | null {
  const { phase, rest, version } = pod
  if (!holdsBooking(phase)) return null
  return rest === 'asleep' ? { cpuMillis: 0, memoryBytes: keptBytes(pod) } : version.spec
}

/** What a pod that sleeps needs beside what it has booked, to wake. */
export function toWake(pod: Pick<Pod, 'rest' | 'version' | 'hibernation' | 'keptBytes'>): Booking {
  const { cpuMillis, memoryBytes } = pod.version.spec
  if (pod.rest !== 'asleep') return { cpuMillis: 0, memoryBytes: 0 }
  return { cpuMillis, memoryBytes: memoryBytes - keptBytes(pod) }
}

function keptBytes({ version, hibernation, keptBytes: kept }: Pick<Pod, 'version' | 'hibernation' | 'keptBytes'>) {
  const { memoryBytes } = version.spec
  if (kept !== null) return Math.min(memoryBytes, kept)
  // One that is only frozen keeps all that it has.
  return hibernation?.depth === 'frozen' ? memoryBytes : Math.ceil(memoryBytes * KEPT_UNTIL_MEASURED)
}
