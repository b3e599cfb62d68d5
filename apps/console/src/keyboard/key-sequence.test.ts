import { expect, it } from 'vitest'
import { keyPressed, NOTHING_TYPED } from './key-sequence.ts'
import { SHORTCUTS } from './shortcuts.ts'

const SEQUENCES = SHORTCUTS.map(({ keys }) => keys)

it('hears sequences and single keys, one after the other, without losing any', () => {
  expect(hear('g', 'n', 'g', 'a', '/', 'g', 'g', 's', '?', 'y', 'j')).toEqual(['g n', 'g a', '/', 'g s', '?', 'j'])
})

it('begins anew for who waits too long', () => {
  const begun = keyPressed(NOTHING_TYPED, 'g', 1_000, SEQUENCES)
  const typed = begun.kind === 'begun' ? begun.typed : NOTHING_TYPED
  expect(keyPressed(typed, 'n', 2_001, SEQUENCES)).toEqual({ kind: 'nothing' })
  expect(keyPressed(typed, 'n', 2_000, SEQUENCES)).toEqual({ kind: 'matched', keys: 'g n' })
})

it('has no shortcut that another one swallows', () => {
  for (const keys of SEQUENCES) {
    expect(SEQUENCES.filter((other) => other !== keys && other.startsWith(`${keys} `))).toEqual([])
    expect(SEQUENCES.filter((other) => other === keys)).toHaveLength(1)
  }
})

function hear(...keys: readonly string[]): readonly string[] {
  const heard: string[] = []
  let typed = NOTHING_TYPED
  for (const key of keys) {
    const verdict = keyPressed(typed, key, 0, SEQUENCES)
    typed = verdict.kind === 'begun' ? verdict.typed : NOTHING_TYPED
    if (verdict.kind === 'matched') heard.push(verdict.keys)
  }
  return heard
}
