import { expect, it } from 'vitest'
import { markWords, withoutGone, withToggled } from './use-marked-nodes.ts'

it('forgets the marks of nodes that are gone, so that one which joins anew is not marked by itself', () => {
  const there = new Map([['a', 1]])
  const kept = withoutGone(new Set(['a', 'b']), there)
  expect([...kept]).toEqual(['a'])
  expect([...withoutGone(kept, new Map([...there, ['b', 1]]))]).toEqual(['a'])
})

it('keeps the very same marks while all of their nodes are there', () => {
  const ids = new Set(['a'])
  expect(withoutGone(ids, new Map([['a', 1]]))).toBe(ids)
})

it('marks a node that is not, and unmarks one that is, and leaves the set that it was given', () => {
  const ids = new Set(['a'])
  expect([...withToggled(ids, 'b')]).toEqual(['a', 'b'])
  expect([...withToggled(ids, 'a')]).toEqual([])
  expect([...ids]).toEqual(['a'])
})

it('says how many are marked, and how many of them a filter hides', () => {
  expect(markWords({ nodes: [], hiddenCount: 0 })).toBe('')
  expect(markWords({ nodes: [], hiddenCount: 1 })).toBe('0 nodes marked, 1 more is not shown')
  expect(markWords({ nodes: [], hiddenCount: 2 })).toBe('0 nodes marked, 2 more are not shown')
})
