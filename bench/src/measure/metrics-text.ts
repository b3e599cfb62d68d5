/** Numbers out of what the core shows to Prometheus. */

/** The sum over all labels; 0 when there is no such metric. */
export function metricIn(text: string, name: string): number {
  const line = new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'gm')
  return [...text.matchAll(line)].reduce((sum, match) => sum + Number(match[1]), 0)
}
