import { describe, expect, it } from 'vitest'
import fc from 'fast-check'
import type { SessionStep } from '../graphql/generated/documents.ts'
import { timelineGroups, type TimelineEntry } from './timeline-groups.ts'

describe('timelineGroups', () => {
  it('gives opening, serving and closing scales of their own', () => {
    const groups = timelineGroups(
      entries([
        ['ASKED', 0],
        ['POD_TAKEN', 1],
        ['AVAILABLE', 5],
        ['ATTACHED', 1_005],
        ['IDLE', 61_005],
        ['CLOSING', 90_000],
        ['CLOSED', 90_010],
      ]),
    )
    expect(groups.map(({ kind, lengthMs, bars }) => [kind, lengthMs, bars.map(({ step }) => step)])).toEqual([
      ['opening', 5, ['ASKED', 'POD_TAKEN', 'AVAILABLE']],
      ['serving', 61_000, ['ATTACHED', 'IDLE']],
      ['closing', 10, ['CLOSING', 'CLOSED']],
    ])
    expect(groups[0]?.bars.map(({ tookMs, startShare, widthShare }) => [tookMs, startShare, widthShare])).toEqual([
      [0, 0, 0],
      [1, 0, 0.2],
      [4, 0.2, 0.8],
    ])
    expect(groups[2]?.bars.map(({ tookMs }) => tookMs)).toEqual([0, 10])
  })

  it('shows a session that closed before it was available', () => {
    const groups = timelineGroups(
      entries([
        ['ASKED', 0],
        ['CLOSED', 10_000],
      ]),
    )
    expect(groups.map(({ kind }) => kind)).toEqual(['opening', 'closing'])
  })

  it('shows every step once, in order, and never draws outside of the scale', () => {
    const steps = fc.constantFrom<SessionStep>(
      'ASKED',
      'POD_TAKEN',
      'STARTED',
      'AVAILABLE',
      'ATTACHED',
      'CLOSING',
      'CLOSED',
    )
    const timeline = fc.array(fc.tuple(steps, fc.double({ min: 0, max: 1e9, noNaN: true })), { maxLength: 20 })
    fc.assert(
      fc.property(timeline, (pairs) => {
        const given = entries(pairs.toSorted((a, b) => a[1] - b[1]))
        const bars = timelineGroups(given).flatMap((group) => group.bars)
        expect(bars.map(({ step }) => step)).toEqual(given.map(({ step }) => step))
        for (const { tookMs, startShare, widthShare } of bars) {
          expect(tookMs).toBeGreaterThanOrEqual(0)
          expect(startShare + widthShare).toBeLessThanOrEqual(1.000_001)
        }
      }),
    )
  })
})

function entries(pairs: readonly (readonly [SessionStep, number])[]): readonly TimelineEntry[] {
  return pairs.map(([step, sinceAskedMs]) => ({ step, sinceAskedMs, at: '2026-11-21T12:00:00.000Z' }))
}
