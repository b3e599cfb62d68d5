'use client'
/**
 * Lines over time, on uPlot. Colours are the theme's; the words above say the values under the pointer, or the newest.
 * For those who cannot see it, it says its newest values; the numbers themselves are in tables elsewhere on the page.
 */
import uPlot, { type AlignedData, type Options, type Scale, type Series } from 'uplot'
// Its own styles place what lies above the canvas.
// oxlint-disable-next-line import/no-unassigned-import
import 'uplot/dist/uPlot.min.css'
import { useEffect, useMemo, useRef, useState } from 'react'
import { resolveColours } from '../canvas/resolve-colours.ts'
import { useElementSize } from '../canvas/use-element-size.ts'
import { formatClock } from '../format/instant-text.ts'
import { useEffectiveTheme } from '../shell/effective-theme.ts'

export type ChartSeries = {
  readonly name: string
  readonly colour: `--${string}`
  readonly values: readonly (number | null)[]
  /** How it is drawn; default: a line. */
  readonly look?: 'line' | 'area' | 'step' | 'dash'
}

export type TimeChartProps = {
  /** What it shows, as in `Pods over time`. */
  readonly label: string
  /** Milliseconds since the epoch, rising. */
  readonly times: readonly number[]
  readonly series: readonly ChartSeries[]
  readonly format: (value: number) => string
  readonly height?: number
  /** For values of which the largest are thousands of times the smallest. */
  readonly isLog?: boolean
  /** What the values should stay below, drawn as a line. */
  readonly goal?: number
}

export function TimeChart(props: TimeChartProps) {
  const { label, times, series, format, height = 180 } = props
  const [size, measure] = useElementSize()
  const [pointed, setPointed] = useState<number | null>(null)
  const host = useChart(props, size?.width ?? 0, setPointed)
  const at = pointed === null || pointed >= times.length ? times.length - 1 : pointed
  const atMs = times[at]
  const words = series.map(({ name, values }) => `${name} ${valueText(values[at], format)}`).join(', ')
  return (
    <figure className="flex min-w-0 flex-col gap-2" aria-label={label}>
      <figcaption className="flex min-h-5 flex-wrap gap-x-4 gap-y-1 text-xs text-soft">
        {series.map(({ name, colour, look, values }) => (
          <span key={name} className="inline-flex items-center gap-1.5">
            <span
              aria-hidden
              className={`w-3 ${look === 'dash' ? 'h-0 border-t-2 border-dashed' : 'h-2.5 rounded-[3px]'}`}
              style={look === 'dash' ? { borderColor: `var(${colour})` } : { background: `var(${colour})` }}
            />
            {name}
            <span className="min-w-8 font-medium text-text">{valueText(values[at], format)}</span>
          </span>
        ))}
        <span className="ml-auto text-faint" suppressHydrationWarning>
          {atMs === undefined ? '' : formatClock(atMs)}
        </span>
      </figcaption>
      <div ref={measure} role="img" aria-label={`${label}: ${words}`} style={{ height }} className="min-w-0">
        <div ref={host} />
      </div>
    </figure>
  )
}

/** The chart lives outside React: data are set, and only another shape makes another chart. */
function useChart(
  { times, series, format, height = 180, isLog = false, goal }: TimeChartProps,
  width: number,
  onPoint: (index: number | null) => void,
) {
  const theme = useEffectiveTheme()
  const host = useRef<HTMLDivElement>(null)
  const chart = useRef<uPlot | null>(null)
  const data = useMemo(() => toData(times, series, goal), [times, series, goal])
  const latest = useRef({ data, format, onPoint })
  useEffect(() => {
    latest.current = { data, format, onPoint }
  })
  const shape = JSON.stringify([
    series.map(({ name, colour, look }) => [name, colour, look]),
    isLog,
    goal === undefined,
  ])
  const isReady = width > 0
  useEffect(() => {
    if (host.current === null || !isReady) return undefined
    const look = { series, isLog, hasGoal: goal !== undefined }
    const options = optionsOf(look, {
      format: (value) => latest.current.format(value),
      onPoint: (index) => latest.current.onPoint(index),
    })
    const made = new uPlot({ ...options, width, height }, latest.current.data, host.current)
    chart.current = made
    return () => {
      chart.current = null
      made.destroy()
    }
    // Other values of the same shape are set below, and a width as well.
    // oxlint-disable-next-line react/exhaustive-deps
  }, [shape, theme, isReady, height])
  useEffect(() => chart.current?.setData(data), [data])
  useEffect(() => {
    if (width > 0) chart.current?.setSize({ width, height })
  }, [width, height])
  return host
}

function toData(times: readonly number[], series: readonly ChartSeries[], goal: number | undefined): AlignedData {
  const lines = series.map(({ values }) => [...values])
  const goals = goal === undefined ? [] : [times.map(() => goal)]
  return [times.map((ms) => ms / 1_000), ...lines, ...goals]
}

type Look = { readonly series: readonly ChartSeries[]; readonly isLog: boolean; readonly hasGoal: boolean }
type Hooks = {
  readonly format: (value: number) => string
  readonly onPoint: (index: number | null) => void
}

// Its enum exists for the compiler only.
// oxlint-disable-next-line typescript/no-unsafe-enum-assignment
const LOGARITHMIC: Scale = { distr: 3 }

const OWN_COLOURS = ['--line', '--text-faint', '--line-strong'] as const

function optionsOf({ series, isLog, hasGoal }: Look, { format, onPoint }: Hooks): Omit<Options, 'width' | 'height'> {
  const colours: Readonly<Record<string, string>> = resolveColours([
    ...OWN_COLOURS,
    ...series.map(({ colour }) => colour),
  ])
  const of = (name: string): string => colours[name] ?? ''
  const axis = { stroke: of('--text-faint'), font: '11px "Inter Variable", sans-serif', ticks: { show: false } }
  const grid = { stroke: of('--line'), width: 1 }
  const goalLine: Series = { stroke: of('--line-strong'), width: 1, dash: [2, 4], points: { show: false } }
  return {
    legend: { show: false },
    padding: [8, 8, 0, 0],
    cursor: { y: false, points: { size: 6 }, sync: { key: 'fornax' } },
    scales: { x: { time: true }, y: isLog ? LOGARITHMIC : { range: (_chart, _low, high) => [0, niceTop(high)] } },
    axes: [
      { ...axis, grid: { show: false }, size: 26, values: (_chart, ticks) => clocks(ticks) },
      {
        ...axis,
        grid: isLog
          ? { ...grid, filter: (_chart, ticks) => ticks.map((tick) => (isDecade(tick) ? tick : null)) }
          : grid,
        size: 56,
        values: (_chart, ticks) => ticks.map((tick) => (tick === null ? '' : format(tick))),
      },
    ],
    series: [{}, ...series.map((one) => lineOf(one, of(one.colour))), ...(hasGoal ? [goalLine] : [])],
    hooks: { setCursor: [({ cursor }) => onPoint(cursor.idx ?? null)] },
  }
}

function lineOf({ name, look = 'line' }: ChartSeries, stroke: string): Series {
  const isStep = look === 'step' || look === 'area'
  const paths = isStep ? uPlot.paths.stepped?.({ align: 1 }) : undefined
  return {
    label: name,
    stroke,
    width: look === 'dash' ? 1 : 1.5,
    points: isStep || look === 'dash' ? { show: false } : { show: true, size: 4, fill: stroke, filter: lonePoints },
    ...(paths === undefined ? {} : { paths }),
    ...(look === 'dash' ? { dash: [4, 4] } : {}),
    ...(look === 'area' ? { fill: stroke.replace(/\)$/, ' / 0.16)') } : {}),
  }
}

/** A value between two steps without one is no line: it is drawn as a point. */
function lonePoints(chart: uPlot, series: number): number[] {
  const values = chart.data[series] ?? []
  return [...values.keys()].filter((at) => isKnown(values[at]) && !isKnown(values[at - 1]) && !isKnown(values[at + 1]))
}

function isKnown(value: number | null | undefined): boolean {
  return value !== null && value !== undefined
}

/** Seconds are said only where ticks are less than a minute apart. */
function clocks(ticks: readonly number[]): string[] {
  const [first = 0, second = 60] = ticks
  const length = second - first < 60 ? 8 : 5
  return ticks.map((tick) => formatClock(tick * 1_000).slice(0, length))
}

function isDecade(value: number): boolean {
  return Number.isInteger(Math.round(Math.log10(value) * 1e6) / 1e6)
}

/** An empty chart still has a scale. */
function niceTop(high: number | null): number {
  return high === null || high <= 0 ? 1 : high * 1.08
}

function valueText(value: number | null | undefined, format: (value: number) => string): string {
  return value === null || value === undefined ? '–' : format(value)
}
