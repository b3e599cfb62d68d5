import { expect, it } from 'vitest'
import { sparklinePath } from './sparkline.tsx'

it('goes from edge to edge, higher for more', () => {
  const path = sparklinePath([
    { x: 10, y: 0 },
    { x: 20, y: 5 },
    { x: 30, y: 10 },
  ])
  expect(path).toBe('M0.0 26.0 L50.0 14.0 L100.0 2.0')
})

it('draws nothing of fewer than two moments', () => {
  expect(sparklinePath([])).toBe('')
  expect(sparklinePath([{ x: 1, y: 1 }])).toBe('')
})
