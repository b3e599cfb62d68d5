import { expect, it } from 'vitest'
import { activityOf, MARKS_MAX, type AuditMark } from './audit-activity.ts'

const NOW_MS = 1_700_000_012_345
const HOUR_MS = 3_600_000
const ANY = { action: null, actorId: null, object: null, outcome: null }

it('counts each record in its bin, and none from before the span', () => {
  const marks = [mark(NOW_MS), mark(NOW_MS - 61_000, { outcome: 'refused' }), mark(NOW_MS - 2 * HOUR_MS)]
  const { bins, countedSinceMs } = activityOf(marks, { ...ANY, spanMs: HOUR_MS, nowMs: NOW_MS })
  expect(bins).toHaveLength(60)
  expect(bins.at(-1)).toMatchObject({ done: 1, refused: 0 })
  expect(bins.reduce((sum, { done, refused, failed }) => sum + done + refused + failed, 0)).toBe(2)
  expect(countedSinceMs).toBeNull()
})

it('leaves no time between two bins, and the last one has the present in it', () => {
  const { bins } = activityOf([], { ...ANY, spanMs: HOUR_MS, nowMs: NOW_MS })
  for (const [index, bin] of bins.entries()) if (index > 0) expect(bin.fromMs).toBe(bins[index - 1]?.untilMs)
  expect(bins.at(-1)?.fromMs).toBeLessThanOrEqual(NOW_MS)
  expect(bins.at(-1)?.untilMs).toBeGreaterThan(NOW_MS)
})

it.each([{ action: 'drainNode' }, { actorId: 'tok-1' }, { object: 'node/n-1' }, { outcome: 'failed' as const }])(
  'counts what the filter means, and nothing else: %o',
  (wanted) => {
    const { bins } = activityOf([mark(NOW_MS), mark(NOW_MS, wanted)], {
      ...ANY,
      ...wanted,
      spanMs: HOUR_MS,
      nowMs: NOW_MS,
    })
    expect(bins.reduce((sum, { done, refused, failed }) => sum + done + refused + failed, 0)).toBe(1)
  },
)

it('says from when on it has counted when there are more records than it looks at', () => {
  const marks = Array.from({ length: MARKS_MAX }, (_, index) => mark(NOW_MS - index))
  const { countedSinceMs } = activityOf(marks, { ...ANY, spanMs: HOUR_MS, nowMs: NOW_MS })
  expect(countedSinceMs).toBe(NOW_MS - MARKS_MAX + 1)
})

function mark(atMs: number, other: Partial<AuditMark> = {}): AuditMark {
  return { atMs, action: 'createTenant', actorId: 'tok-9', object: 'tenant/a', outcome: 'done', ...other }
}
