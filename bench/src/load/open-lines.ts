import { openHttpLine } from './http-line.ts'
import type { Line } from './line.ts'
import type { LoadTarget } from './load-job.ts'
import { openSocketLine } from './socket-line.ts'

const OPENING_MAX = 64

/** So many lines, opened a few at a time. */
export async function openLines(target: LoadTarget, count: number): Promise<Line[]> {
  const lines: Line[] = []
  while (lines.length < count) {
    const some = Math.min(OPENING_MAX, count - lines.length)
    lines.push(...(await Promise.all(Array.from({ length: some }, () => openLine(target)))))
  }
  return lines
}

function openLine(target: LoadTarget): Promise<Line> {
  return target.transport === 'http' ? openHttpLine(target) : openSocketLine(target)
}
