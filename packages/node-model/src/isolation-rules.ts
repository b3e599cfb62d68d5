/** How well a pod is kept apart from its node and its neighbours, from worst to best. */
export const ISOLATIONS = ['none', 'simulated', 'namespace', 'container', 'sandbox'] as const

export type Isolation = (typeof ISOLATIONS)[number]

/** Whether a runtime is isolated enough for an application. */
export function meetsIsolation(offered: Isolation, minimum: Isolation): boolean {
  return ISOLATIONS.indexOf(offered) >= ISOLATIONS.indexOf(minimum)
}
