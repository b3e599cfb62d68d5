/** What is kept of a pool, second by second and then by steps. Pure, but for the numbers that it is given to write. */
import type { ScalingPolicy } from '../applications/application.ts'
import type { PoolCounts } from '../fleet/views.ts'

/** The order is that of the numbers; rows of the database rely on it. */
const POOL_FIELDS = [
  ...(['samples', 'standby', 'hibernated', 'claimed', 'creating', 'pending', 'waiting', 'open'] as const),
  ...(['standbyMin', 'waitingMax', 'low', 'high', 'asked', 'warm', 'cold'] as const),
] as const

export type PoolField = (typeof POOL_FIELDS)[number]

export const POOL_WIDTH = POOL_FIELDS.length

export const POOL: Readonly<Record<PoolField, number>> = {
  samples: 0,
  standby: 1,
  hibernated: 2,
  claimed: 3,
  creating: 4,
  pending: 5,
  waiting: 6,
  open: 7,
  standbyMin: 8,
  waitingMax: 9,
  low: 10,
  high: 11,
  asked: 12,
  warm: 13,
  cold: 14,
}

/** A pool at one second, and what happened in it since the second before. */
export type PoolSample = {
  readonly counts: PoolCounts
  readonly policy: ScalingPolicy
  readonly waiting: number
  readonly open: number
  readonly since: { readonly asked: number; readonly warm: number; readonly cold: number }
}

/** Adds a second to a step. */
export function addSample(step: Uint32Array, { counts, policy, waiting, open, since }: PoolSample): void {
  const samples = step[POOL.samples] ?? 0
  const idle = idleRange(policy, counts)
  add(step, POOL.standby, counts.standby)
  add(step, POOL.hibernated, counts.hibernated)
  add(step, POOL.claimed, counts.active)
  add(step, POOL.creating, counts.creating)
  add(step, POOL.pending, counts.pending)
  add(step, POOL.waiting, waiting)
  add(step, POOL.open, open)
  add(step, POOL.asked, since.asked)
  add(step, POOL.warm, since.warm)
  add(step, POOL.cold, since.cold)
  step[POOL.standbyMin] = samples === 0 ? counts.standby : Math.min(step[POOL.standbyMin] ?? 0, counts.standby)
  step[POOL.waitingMax] = Math.max(step[POOL.waitingMax] ?? 0, waiting)
  step[POOL.low] = idle.low
  step[POOL.high] = idle.high
  step[POOL.samples] = samples + 1
}

/** Adds a step to a longer one that ends with it. */
export function mergeSteps(into: number[], step: ArrayLike<number>): void {
  const isEmpty = at(into, POOL.samples) === 0
  const [min, max] = [at(into, POOL.standbyMin), at(into, POOL.waitingMax)]
  addNumbers(into, step)
  into[POOL.standbyMin] = isEmpty ? at(step, POOL.standbyMin) : Math.min(min, at(step, POOL.standbyMin))
  into[POOL.waitingMax] = Math.max(max, at(step, POOL.waitingMax))
  into[POOL.low] = at(step, POOL.low)
  into[POOL.high] = at(step, POOL.high)
}

/** Adds the same step of another pool. */
export function joinPools(into: number[], step: ArrayLike<number>): void {
  const samples = Math.max(at(into, POOL.samples), at(step, POOL.samples))
  addNumbers(into, step)
  into[POOL.samples] = samples
}

function addNumbers(into: number[], step: ArrayLike<number>): void {
  for (let field = 0; field < POOL_WIDTH; field += 1) into[field] = at(into, field) + at(step, field)
}

function at(step: ArrayLike<number>, field: number): number {
  return step[field] ?? 0
}

export function emptyStep(): number[] {
  return Array.from({ length: POOL_WIDTH }, () => 0)
}

/** How many idle pods the policy wants, in pods. */
export function idleRange({ target }: ScalingPolicy, counts: PoolCounts): { low: number; high: number } {
  if (target.kind === 'idleCount') return { low: target.low, high: target.high }
  const total = counts.pending + counts.creating + counts.standby + counts.hibernated + counts.active
  return { low: Math.ceil((target.low * total) / 100), high: Math.floor((target.high * total) / 100) }
}

function add(step: Uint32Array, field: number, value: number): void {
  step[field] = (step[field] ?? 0) + value
}
