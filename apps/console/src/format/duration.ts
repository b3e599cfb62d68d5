/** Durations, short enough for a table and exact enough to compare. */

/** `0.42 ms`, `8.1 ms`, `230 ms`, `1.24 s`, `2 min 05 s`, `3 h 12 min`, `4 d 02 h`. */
export function formatMs(ms: number): string {
  // What was measured in whole milliseconds gets no decimals that nobody measured.
  if (ms < 10 && Number.isInteger(ms)) return `${ms} ms`
  if (ms < 1) return `${ms.toFixed(2)} ms`
  if (ms < 10) return `${ms.toFixed(1)} ms`
  if (ms < 1_000) return `${Math.round(ms)} ms`
  if (ms < 10_000) return `${(ms / 1_000).toFixed(2)} s`
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`
  return formatLongMs(ms)
}

/** What somebody has chosen, to the last millisecond: `no time`, `250 ms`, `1.25 s`, `5 min`, `1 h 30 min`. */
export function formatChosenMs(ms: number): string {
  if (ms < 1_000) return ms === 0 ? 'no time' : `${ms} ms`
  const parts = [
    [Math.floor(ms / 86_400_000), 'd'],
    [Math.floor(ms / 3_600_000) % 24, 'h'],
    [Math.floor(ms / 60_000) % 60, 'min'],
    [(ms % 60_000) / 1_000, 's'],
  ] as const
  return parts.flatMap(([count, unit]) => (count === 0 ? [] : [`${count} ${unit}`])).join(' ')
}

/** Time that has passed or remains, in one unit that people think in. */
export function formatRoughMs(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000))
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min`
  if (seconds < 86_400) return `${Math.floor(seconds / 3_600)} h`
  return `${Math.floor(seconds / 86_400)} d`
}

function formatLongMs(ms: number): string {
  const seconds = Math.floor(ms / 1_000)
  const minutes = Math.floor(seconds / 60)
  const hours = Math.floor(minutes / 60)
  if (hours >= 24) return `${Math.floor(hours / 24)} d ${twoDigits(hours % 24)} h`
  if (hours > 0) return `${hours} h ${twoDigits(minutes % 60)} min`
  return `${minutes} min ${twoDigits(seconds % 60)} s`
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0')
}
