import { expect, it } from 'vitest'
import { svgPlot, type Plot } from './svg-plot.ts'

const PLOT: Plot = {
  title: 'Pods & "nodes" < 3',
  across: 'pods',
  panels: [
    { up: 'µs each', points: [point(10, 5), point(100, 20), point(1_000, 0)] },
    { up: 'MiB', points: [point(7, 0)] },
  ],
}

it('is XML that a browser takes: tags are closed, and no tag says a thing twice', () => {
  const svg = svgPlot(PLOT)
  const open: string[] = []
  for (const [, slash, name, attributes = '', isEmpty] of svg.matchAll(/<(\/?)(\w+)((?: [\w-]+="[^"<]*")*)(\/?)>/g)) {
    const names = [...attributes.matchAll(/ ([\w-]+)=/g)].map((match) => match[1])
    expect(new Set(names).size).toBe(names.length)
    if (slash === '/') expect(open.pop()).toBe(name)
    else if (isEmpty !== '/') open.push(name ?? '')
  }
  expect(open).toEqual([])
  expect(svg.replaceAll(/<\/?\w+(?: [\w-]+="[^"<]*")*\/?>/g, '')).not.toContain('<')
})

it('puts every point inside its panel, also one alone and one at 0', () => {
  const circles = [...svgPlot(PLOT).matchAll(/<circle cx="([\d.-]+)" cy="([\d.-]+)"/g)]
  expect(circles).toHaveLength(4)
  for (const [index, [, x, y]] of circles.entries()) {
    const left = index < 3 ? 0 : 360
    expect(Number(x)).toBeGreaterThanOrEqual(left)
    expect(Number(x)).toBeLessThanOrEqual(left + 360)
    expect(Number(y)).toBeGreaterThanOrEqual(0)
    expect(Number(y)).toBeLessThanOrEqual(240)
  }
})

function point(x: number, y: number): { readonly x: number; readonly y: number } {
  return { x, y }
}
