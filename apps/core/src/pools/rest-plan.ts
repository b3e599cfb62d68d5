/** How many idle pods of an application may sleep, and how many that sleep must wake. Pure. */
import type { ScalingPolicy } from '../applications/application.ts'

export type RestView = {
  readonly policy: Pick<ScalingPolicy, 'keepHot' | 'hibernateAfterMs'>
  /** Standby pods that nobody has asked to sleep. */
  readonly hot: number
  /** Hibernated pods that were asked to wake. */
  readonly waking: number
  readonly asleep: number
}

export type RestPlan = {
  /** Of the hot ones, how many may sleep once each has been idle for long enough (W13). */
  readonly maySleep: number
  /** How many to wake (W14). */
  readonly wake: number
}

/** What to do now. Carried out, it leads to an empty plan: who was woken is not put to sleep for it. */
export function planRest({ policy, hot, waking, asleep }: RestView): RestPlan {
  const { keepHot, hibernateAfterMs } = policy
  if (hibernateAfterMs === null) return { maySleep: 0, wake: asleep }
  const awake = hot + waking
  return {
    maySleep: Math.max(0, Math.min(hot, awake - keepHot)),
    wake: Math.max(0, Math.min(asleep, keepHot - awake)),
  }
}

/** When a pod has been idle for long enough to sleep. */
export function sleepsAtMs(
  pod: { readonly phaseSinceMs: number; readonly noSleepBeforeMs: number },
  hibernateAfterMs: number,
): number {
  return Math.max(pod.phaseSinceMs + hibernateAfterMs, pod.noSleepBeforeMs)
}
