/**
 * How many sandboxes to keep ready: enough for a few seconds of pods at the rate at which pods have been made
 * lately. Pure.
 */

export type StockBounds = {
  /** Ready also when no pod was made for long. */
  readonly least: number
  readonly most: number
}

/** Never more ready than the most. */
export function stockBounds(least: number, most: number): StockBounds {
  return { least: Math.min(least, most), most }
}

/** How fast pods are made, as a mean that forgets; begins with `NO_DEMAND`. */
export type Demand = { readonly perSecond: number; readonly atMs: number }

export const NO_DEMAND: Demand = { perSecond: 0, atMs: 0 }

/** The mean is over about this long. */
const MEMORY_S = 10
/** For so long pods of the present rate find a sandbox, while none is made. */
const COVERED_S = 3

/** What is left of a demand now. */
export function demandAt({ perSecond, atMs }: Demand, nowMs: number): number {
  return perSecond * Math.exp(-Math.max(0, nowMs - atMs) / 1_000 / MEMORY_S)
}

/** One more pod is made. */
export function withPod(demand: Demand, nowMs: number): Demand {
  return { perSecond: demandAt(demand, nowMs) + 1 / MEMORY_S, atMs: nowMs }
}

/** How many sandboxes there should be. */
export function stockTarget(demand: Demand, { least, most }: StockBounds, nowMs: number): number {
  return Math.min(most, Math.max(least, Math.ceil(demandAt(demand, nowMs) * COVERED_S - NEGLIGIBLE)))
}

/** Whether nothing is left of it that would matter. */
export function isForgotten(demand: Demand, nowMs: number): boolean {
  return demandAt(demand, nowMs) * COVERED_S < NEGLIGIBLE
}

/** A demand that is nearly forgotten keeps nothing. */
const NEGLIGIBLE = 0.05
