import fc from 'fast-check'
import { expect, it } from 'vitest'
import { cellAt, cellPosition, cellsIn, layOut, neighbourOf, type HostMapLayout } from './host-map-layout.ts'

const ROOM = { width: 1_160, height: 560 }
const counts = fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 30 })

it('finds each cell again where it put it, and overlaps none', () => {
  fc.assert(
    fc.property(counts, (groups) => {
      const layout = layOut(groups, ROOM, true)
      const seen = new Set<string>()
      for (let index = 0; index < totalOf(groups); index += 1) {
        const { x, y } = cellPosition(layout, index)
        expect(cellAt(layout, x + layout.cell / 2, y + layout.cell / 2)).toBe(index)
        expect(x + layout.cell).toBeLessThanOrEqual(ROOM.width)
        seen.add(`${x} ${y}`)
      }
      expect(seen.size).toBe(totalOf(groups))
    }),
    { numRuns: 60 },
  )
})

it('makes cells as large as the room allows: a few are easy to hit, ten thousand fit without scrolling', () => {
  expect(layOut([1], ROOM, false).pitch).toBe(44)
  expect(layOut([200], ROOM, false).height).toBeLessThanOrEqual(ROOM.height)
  const many = layOut([10_000], ROOM, false)
  expect(many.height).toBeLessThanOrEqual(ROOM.height)
  expect(many.cell).toBeGreaterThanOrEqual(6)
})

it('grows taller than the room rather than make cells that nobody can hit', () => {
  const layout = layOut([50_000], ROOM, false)
  expect(layout.cell).toBe(6)
  expect(layout.height).toBeGreaterThan(ROOM.height)
})

it('keeps the keys inside the map, and comes back from where it went', () => {
  fc.assert(
    fc.property(counts, fc.nat(), (groups, seed) => {
      const layout = layOut(groups, ROOM, true)
      const index = seed % totalOf(groups)
      for (const direction of ['left', 'right', 'up', 'down'] as const) {
        const next = neighbourOf(layout, index, direction)
        expect(next).toBeGreaterThanOrEqual(0)
        expect(next).toBeLessThan(totalOf(groups))
      }
      expect(yOf(layout, neighbourOf(layout, index, 'down'))).toBeGreaterThanOrEqual(yOf(layout, index))
      expect(yOf(layout, neighbourOf(layout, index, 'up'))).toBeLessThanOrEqual(yOf(layout, index))
    }),
    { numRuns: 200 },
  )
})

it('has a layout for nothing', () => {
  const layout = layOut([], ROOM, true)
  expect(layout.height).toBe(0)
  expect(cellAt(layout, 5, 5)).toBeNull()
})

function yOf(layout: HostMapLayout, index: number): number {
  return cellPosition(layout, index).y
}

function totalOf(groups: readonly number[]): number {
  return groups.reduce((sum, count) => sum + count, 0)
}

it('finds in a box exactly the cells that touch it', () => {
  const corner = fc.record({ x: fc.integer({ min: -20, max: 1_200 }), y: fc.integer({ min: -20, max: 700 }) })
  fc.assert(
    fc.property(counts, corner, corner, (groups, from, to) => {
      const layout = layOut(groups, ROOM, true)
      const [left, right] = [Math.min(from.x, to.x), Math.max(from.x, to.x)]
      const [top, bottom] = [Math.min(from.y, to.y), Math.max(from.y, to.y)]
      const touched = Array.from({ length: totalOf(groups) }, (_, index) => index).filter((index) => {
        const { x, y } = cellPosition(layout, index)
        return x <= right && x + layout.cell >= left && y <= bottom && y + layout.cell >= top
      })
      const box = { fromX: from.x, fromY: from.y, toX: to.x, toY: to.y }
      expect(cellsIn(layout, box).toSorted((a, b) => a - b)).toEqual(touched)
    }),
    { numRuns: 60 },
  )
})
