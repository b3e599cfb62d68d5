/** Spans of time as people read them in tables. */

const SECOND_MS = 1_000
const MINUTE_MS = 60 * SECOND_MS
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS
const YEAR_MS = 365 * DAY_MS

/** Each row: up to here, whole units of this, and of that beside it when it says something. */
const STEPS = [
  { belowMs: 2 * MINUTE_MS, unitMs: SECOND_MS, unit: 's' },
  { belowMs: 10 * MINUTE_MS, unitMs: MINUTE_MS, unit: 'm', restMs: SECOND_MS, rest: 's' },
  { belowMs: 3 * HOUR_MS, unitMs: MINUTE_MS, unit: 'm' },
  { belowMs: 8 * HOUR_MS, unitMs: HOUR_MS, unit: 'h', restMs: MINUTE_MS, rest: 'm' },
  { belowMs: 2 * DAY_MS, unitMs: HOUR_MS, unit: 'h' },
  { belowMs: 8 * DAY_MS, unitMs: DAY_MS, unit: 'd', restMs: HOUR_MS, rest: 'h' },
  { belowMs: 2 * YEAR_MS, unitMs: DAY_MS, unit: 'd' },
  { belowMs: Infinity, unitMs: YEAR_MS, unit: 'y', restMs: DAY_MS, rest: 'd' },
] as const

/** A span in the steps of kubectl: `45s`, `3m20s`, `57m`, `5h12m`, `3d4h`. Nothing is older than now. */
export function formatAge(spanMs: number): string {
  const ms = Math.max(0, spanMs)
  for (const step of STEPS) {
    if (ms >= step.belowMs) continue
    const whole = `${Math.floor(ms / step.unitMs)}${step.unit}`
    if (!('restMs' in step)) return whole
    const rest = Math.floor((ms % step.unitMs) / step.restMs)
    return rest === 0 ? whole : `${whole}${rest}${step.rest}`
  }
  return '-'
}

/** How long ago an instant of the API was. */
export function ageOf(instant: string | null, nowMs: number): string {
  return instant === null ? '-' : formatAge(nowMs - Date.parse(instant))
}

/** Short spans, as latencies are: `0.4 ms`, `12.3 ms`, `1.20 s`. */
export function formatMs(ms: number): string {
  if (ms < 1_000) return `${ms.toFixed(ms < 100 ? 1 : 0)} ms`
  return ms < MINUTE_MS ? `${(ms / SECOND_MS).toFixed(2)} s` : formatAge(ms)
}

/** A span that somebody chose, as they would write it: `500ms`, `30s`, `5m`. */
export function formatDuration(ms: number): string {
  const unit = (['h', 'm', 's'] as const).find((one) => ms % UNIT_MS[one] === 0) ?? 'ms'
  return ms === 0 ? '0s' : `${ms / UNIT_MS[unit]}${unit}`
}

const DURATION = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/
const UNIT_MS = { ms: 1, s: SECOND_MS, m: MINUTE_MS, h: HOUR_MS } as const

/** Milliseconds of `500ms`, `10s`, `2m`, `1h` or `0`; null for anything else. */
export function parseDuration(text: string): number | null {
  if (text === '0') return 0
  const [, amount, unit] = DURATION.exec(text) ?? []
  if (amount === undefined || !isUnit(unit)) return null
  return Math.round(Number(amount) * UNIT_MS[unit])
}

function isUnit(unit: string | undefined): unit is keyof typeof UNIT_MS {
  return unit !== undefined && unit in UNIT_MS
}
