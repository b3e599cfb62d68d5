import { expect, it, vi } from 'vitest'
import { ID_KINDS, kindOfId, newId } from './ids.ts'

it('makes ids that say their kind, and never the same one twice', () => {
  const ids = new Set<string>()
  for (let round = 0; round < 2_000; round += 1)
    for (const kind of ID_KINDS) {
      const id = newId(kind)
      expect(kindOfId(id)).toBe(kind)
      ids.add(id)
    }
  expect(ids.size).toBe(2_000 * ID_KINDS.length)
})

it('takes nothing else for an id', () => {
  const id = newId('pod')
  for (const other of [
    '',
    'pod',
    id.slice(0, -1),
    `${id}0`,
    id.toUpperCase(),
    id.replace('pod', 'dop'),
    'pod-iiiiiiiiiiiiiiii',
  ])
    expect(kindOfId(other)).toBeNull()
})

it('uses every letter about as often, but for those that tell the time', () => {
  const counts = new Map<string, number>()
  for (let round = 0; round < 20_000; round += 1)
    for (const letter of newId('pod').slice(9)) counts.set(letter, (counts.get(letter) ?? 0) + 1)
  expect(counts.size).toBe(32)
  for (const count of counts.values()) expect(count).toBeGreaterThan(6_000) // 6,875 are expected.
})

it('begins alike what is made at the same time, and sorts what is made later behind it', () => {
  vi.useFakeTimers({ toFake: ['Date'], now: 1_700_000_000_000 })
  try {
    const beginnings = Array.from({ length: 4 }, (_, tick) => {
      vi.setSystemTime(1_700_000_000_000 + tick * 16)
      const made = Array.from({ length: 50 }, () => newId('ses').slice(0, 9))
      expect(new Set(made).size).toBe(1)
      return made[0] ?? ''
    })
    for (const [tick, beginning] of beginnings.entries())
      if (tick > 0) expect(beginning > (beginnings[tick - 1] ?? '')).toBe(true)
  } finally {
    vi.useRealTimers()
  }
})
