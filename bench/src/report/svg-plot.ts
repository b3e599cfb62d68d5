/**
 * Small line plots as SVG, written by hand: panels side by side over one horizontal axis, both axes logarithmic where
 * their values allow it. Colours read on light and on dark pages.
 */

export type Plot = {
  readonly title: string
  /** Under each panel. */
  readonly across: string
  readonly panels: readonly Panel[]
}

export type Panel = { readonly up: string; readonly points: readonly Point[] }

/** How far across, and how far up. */
export type Point = { readonly x: number; readonly y: number }

const PANEL = { width: 360, height: 240, left: 64, right: 28, top: 56, bottom: 48 }
const COLOURS = ['#2563eb', '#c2410c', '#15803d']
const GREY = '#6b7280'
const FONT = 'font-family="system-ui, sans-serif"'
const TEXT_SIZE = 11

export function svgPlot({ title, across, panels }: Plot): string {
  const width = panels.length * PANEL.width
  const body = panels.map((panel, index) => drawPanel(panel, { index, across }))
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${PANEL.height}" role="img" aria-label="${escaped(title)}">`,
    text(title, { x: 12, y: 20, style: `fill="${GREY}" font-weight="600"`, size: 13 }),
    ...body,
    '</svg>',
    '',
  ].join('\n')
}

function drawPanel(
  { up, points }: Panel,
  { index, across }: { readonly index: number; readonly across: string },
): string {
  const colour = COLOURS[index % COLOURS.length] ?? GREY
  const left = index * PANEL.width + PANEL.left
  const right = (index + 1) * PANEL.width - PANEL.right
  const bottom = PANEL.height - PANEL.bottom
  const x = scale(
    points.map((point) => point.x),
    { from: left, to: right, isLogarithmic: true },
  )
  const y = scale([0, ...points.map((point) => point.y)], { from: bottom, to: PANEL.top, isLogarithmic: false })
  const path = points.map((point) => `${x.at(point.x).toFixed(1)},${y.at(point.y).toFixed(1)}`).join(' ')
  return [
    text(up, { x: left, y: PANEL.top - 12, style: `fill="${colour}" font-weight="600"` }),
    text(across, { x: right, y: PANEL.height - 10, style: `fill="${GREY}" text-anchor="end"` }),
    ...y.ticks.map((tick) => horizontal(tick, { left, right, y: y.at(tick) })),
    ...points.map((point) =>
      text(short(point.x), { x: x.at(point.x), y: bottom + 18, style: `fill="${GREY}" text-anchor="middle"` }),
    ),
    `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2"/>`,
    ...points.map(
      (point) => `<circle cx="${x.at(point.x).toFixed(1)}" cy="${y.at(point.y).toFixed(1)}" r="3" fill="${colour}"/>`,
    ),
  ].join('\n')
}

function horizontal(
  tick: number,
  { left, right, y }: { readonly left: number; readonly right: number; readonly y: number },
): string {
  const line = `<line x1="${left}" x2="${right}" y1="${y.toFixed(1)}" y2="${y.toFixed(1)}" stroke="${GREY}" stroke-opacity="0.25"/>`
  return `${line}\n${text(short(tick), { x: left - 8, y: y + 4, style: `fill="${GREY}" text-anchor="end"` })}`
}

type Scale = { readonly at: (value: number) => number; readonly ticks: readonly number[] }
type Range = { readonly from: number; readonly to: number; readonly isLogarithmic: boolean }

const TICKS = 4
const STEPS = [1, 2, 2.5, 5, 10]

/** Logarithmic only above 0, and only where values differ. */
function scale(values: readonly number[], { from, to, isLogarithmic }: Range): Scale {
  const [least, most] = [Math.min(...values), Math.max(...values)]
  if (isLogarithmic && least > 0 && most > least) {
    const span = Math.log(most / least)
    return { at: (value) => from + ((to - from) * Math.log(value / least)) / span, ticks: values }
  }
  const step = niceStep((most - least || 1) / TICKS)
  const top = Math.ceil(most / step) * step || step
  const low = isLogarithmic ? least : 0
  const ticks = Array.from({ length: Math.round(top / step) + 1 }, (_, index) => index * step)
  return { at: (value) => from + ((to - from) * (value - low)) / (top - low || 1), ticks }
}

function niceStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough))
  return power * (STEPS.find((step) => step * power >= rough) ?? 10)
}

type Place = { readonly x: number; readonly y: number; readonly style: string; readonly size?: number }

function text(words: string, { x, y, style, size = TEXT_SIZE }: Place): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${FONT} font-size="${size}" ${style}>${escaped(words)}</text>`
}

function short(value: number): string {
  return value.toLocaleString('en', { maximumFractionDigits: 2 })
}

function escaped(words: string): string {
  return words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
}
