/** Where the time until the command of a pod ran went. */
import type { StartPhases } from '@fornax/node-model/pod-state'
import type { StartTook } from '../runtime/runtime.ts'

/** An image is waited for like a turn. */
export function phasesOf(waitMs: number, { imageMs, ...took }: StartTook): Omit<StartPhases, 'readyMs'> {
  return { waitMs: waitMs + imageMs, ...took }
}
