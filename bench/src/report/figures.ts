/** Numbers for people: as many digits as mean something. */

const ABSENT = '–'
const BYTES_PER_MIB = 1_024 * 1_024

export function rate(value: number | null): string {
  return value === null ? ABSENT : Math.round(value).toLocaleString('en')
}

export function milliseconds(value: number | undefined): string {
  if (value === undefined) return ABSENT
  if (value < 0.1) return value.toPrecision(2)
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2)
}

export function microseconds(ms: number | null): string {
  return ms === null ? ABSENT : `${(ms * 1_000).toFixed(ms < 0.01 ? 1 : 0)} µs`
}

export function mebibytes(size: number | null): string {
  return size === null ? ABSENT : `${(size / BYTES_PER_MIB).toFixed(0)} MiB`
}

export function bytes(value: number | null): string {
  return value === null ? ABSENT : `${Math.round(value).toLocaleString('en')} B`
}

export function shapeInWords(shape: Readonly<Record<string, string | number>>): string {
  return Object.entries(shape)
    .map(([name, value]) => `${name} ${typeof value === 'number' ? value.toLocaleString('en') : value}`)
    .join(', ')
}
