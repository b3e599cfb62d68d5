import { expect, it } from 'vitest'
import { EPOCH_MARKS_MAX, judgeEpoch, withMark, type EpochMark } from './epoch-rules.ts'
import { ISOLATIONS, meetsIsolation } from './isolation-rules.ts'

const marks: readonly EpochMark[] = [
  { coreId: 'a', epoch: 4 },
  { coreId: 'b', epoch: 90 },
]

it.each([
  ['a', 4, { kind: 'current' }],
  ['a', 5, { kind: 'newer', mark: { coreId: 'a', epoch: 5 } }],
  ['a', 3, { kind: 'refused', highestEpoch: 4 }],
  ['c', 1, { kind: 'newer', mark: { coreId: 'c', epoch: 1 } }],
] as const)('E1: core %s with epoch %i', (coreId, epoch, verdict) => {
  expect(judgeEpoch(marks, coreId, epoch)).toEqual(verdict)
})

it('E2: a mark never goes back', () => {
  expect(withMark(marks, { coreId: 'a', epoch: 2 })).toContainEqual({ coreId: 'a', epoch: 4 })
  expect(withMark(marks, { coreId: 'a', epoch: 7 })).toContainEqual({ coreId: 'a', epoch: 7 })
})

it('E2: a mark keeps the proof of its epoch', () => {
  const proven = withMark(marks, { coreId: 'a', epoch: 5, proof: 'p' })
  expect(withMark(proven, { coreId: 'a', epoch: 5 })).toContainEqual({ coreId: 'a', epoch: 5, proof: 'p' })
  expect(withMark(proven, { coreId: 'a', epoch: 6 })).toContainEqual({ coreId: 'a', epoch: 6 })
  expect(withMark(marks, { coreId: 'a', epoch: 4, proof: 'p' })).toContainEqual({ coreId: 'a', epoch: 4, proof: 'p' })
})

it('E2: the core heard of longest ago is forgotten first', () => {
  const many = Array.from({ length: EPOCH_MARKS_MAX + 1 }, (_, index) => ({ coreId: `c${index}`, epoch: 1 }))
  const kept = many.reduce<readonly EpochMark[]>(withMark, [])
  expect(kept).toHaveLength(EPOCH_MARKS_MAX)
  expect(kept.some((mark) => mark.coreId === 'c0')).toBe(false)
})

it('an isolation meets itself and everything weaker', () => {
  for (const [index, offered] of ISOLATIONS.entries())
    expect(ISOLATIONS.filter((minimum) => meetsIsolation(offered, minimum))).toEqual(ISOLATIONS.slice(0, index + 1))
})
