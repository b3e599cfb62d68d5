/** Numbers of things. */

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const

/** `512 B`, `1.5 KiB`, `128 MiB`, `23.4 GiB`. */
export function formatBytes(bytes: number): string {
  let value = bytes
  let unit = 0
  while (value >= 1_024 && unit < UNITS.length - 1) {
    value /= 1_024
    unit += 1
  }
  return `${unit === 0 ? value : trimmed(value)} ${UNITS[unit]}`
}

/** Thousandths of a CPU as CPUs: `0.25`, `2`, `31.5`. */
export function formatCpus(millis: number): string {
  return trimmed(millis / 1_000, 2)
}

/** `12`, `1,204`, `1.2 M`: exact for as long as a person would count. */
export function formatCount(count: number): string {
  return count >= 1_000_000 ? COMPACT.format(count) : WHOLE.format(count)
}

/** A share of a whole as a percentage: `0 %`, `7 %`, `100 %`; null when there is no whole. */
export function formatShare(part: number, whole: number): string | null {
  return whole > 0 ? `${Math.round((part / whole) * 100)} %` : null
}

/** `1 session`, `2 sessions`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`
}

const WHOLE = new Intl.NumberFormat('en')
const COMPACT = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 })

function trimmed(value: number, digits = 1): string {
  return String(Number(value.toFixed(value >= 100 ? 0 : digits)))
}
