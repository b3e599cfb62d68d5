import { expect, it } from 'vitest'
import { actionWords, changeLines } from './audit-words.ts'

it('says an action as people do', () => {
  expect(actionWords('drainNode')).toBe('Drain node')
  expect(actionWords('createApiToken')).toBe('Create api token')
})

it('says only what has changed, however deep it stands', () => {
  const before = JSON.stringify({ name: 'a', policy: { low: 1, high: 2 }, ports: [] })
  const after = JSON.stringify({ name: 'a', policy: { low: 3, high: 2 }, ports: [{ name: 'web' }] })
  expect(changeLines(before, after)).toEqual(['policy.low: 1 → 3', 'ports: [] → nothing', 'ports.0.name: "web"'])
})

it('says all of what is new, and copes with what is no JSON', () => {
  expect(changeLines(null, JSON.stringify({ name: 'a' }))).toEqual(['name: "a"'])
  expect(changeLines(null, 'not json')).toEqual(['value: not json'])
  expect(changeLines(null, null)).toEqual([])
})
