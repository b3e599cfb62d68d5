'use client'
/** Counts over time and latency, on canvas. A cell can be pointed at, reached with the arrow keys, and chosen. */
import { useId, useLayoutEffect, useMemo, useRef, useState, type KeyboardEvent, type PointerEvent } from 'react'
import { heatColours, stepOf } from '../canvas/heat-scale.ts'
import { resolveColours } from '../canvas/resolve-colours.ts'
import { useElementSize } from '../canvas/use-element-size.ts'
import { formatClock } from '../format/instant-text.ts'
import { plural } from '../format/quantity.ts'
import { useEffectiveTheme } from '../shell/effective-theme.ts'
import { instantMs } from '../time/instant.ts'
import { HEATMAP_CELLS_HEIGHT, HEATMAP_HEIGHT } from './heatmap-size.ts'
import {
  axisTicks,
  heatShareOf,
  heatViewOf,
  rowWords,
  type HeatColumn,
  type HeatRow,
  type HeatView,
} from './heatmap-view.ts'

export type HeatCell = { readonly column: HeatColumn; readonly row: HeatRow }

export type HeatmapProps = {
  readonly label: string
  readonly rows: readonly HeatRow[]
  readonly columns: readonly HeatColumn[]
  readonly stepMs: number
  readonly onChoose: (cell: HeatCell) => void
  /** What sessions should stay below, drawn as lines. */
  readonly goalsMs: readonly number[]
}

const AXIS = 64

type At = { readonly column: number; readonly row: number }

export function Heatmap({ label, rows, columns, stepMs, onChoose, goalsMs }: HeatmapProps) {
  const view = useMemo(() => heatViewOf(rows, columns), [rows, columns])
  const [size, measure] = useElementSize()
  const width = Math.max(0, (size?.width ?? 0) - AXIS)
  const canvas = useRef<HTMLCanvasElement>(null)
  usePainting(canvas, { view, columns, width, goalsMs })
  const cellWidth = columns.length === 0 ? 0 : width / columns.length
  const cellHeight = view.rows.length === 0 ? 0 : HEATMAP_CELLS_HEIGHT / view.rows.length
  return (
    <div ref={measure} className="relative" style={{ height: HEATMAP_HEIGHT }}>
      {axisTicks(view, 9).map(({ at: row, word }) => (
        <span
          key={word}
          aria-hidden
          className="absolute left-0 w-14 -translate-y-1/2 text-right text-[0.6875rem] text-faint"
          style={{ top: (row + 0.5) * cellHeight }}
        >
          {word}
        </span>
      ))}
      <div className="absolute top-0" style={{ left: AXIS, width, height: HEATMAP_CELLS_HEIGHT }}>
        <canvas
          ref={canvas}
          role="img"
          aria-label={label}
          style={{ width, height: HEATMAP_CELLS_HEIGHT }}
          className="block rounded"
        />
        <Reach {...{ label, view, columns, stepMs, onChoose, width, cellWidth, cellHeight }} />
      </div>
      <div
        aria-hidden
        className="absolute right-0 bottom-0 flex justify-between text-[0.6875rem] text-faint"
        style={{ left: AXIS }}
      >
        {[0, 0.25, 0.5, 0.75, 1].map((share) => {
          const column = columns[Math.min(columns.length - 1, Math.round(share * (columns.length - 1)))]
          return <span key={share}>{column === undefined ? '' : formatClock(instantMs(column.at)).slice(0, 5)}</span>
        })}
      </div>
    </div>
  )
}

type ReachProps = Pick<HeatmapProps, 'columns' | 'stepMs' | 'onChoose' | 'label'> & {
  readonly view: HeatView
  readonly width: number
  readonly cellWidth: number
  readonly cellHeight: number
}

/** One element above the picture that takes pointer and keys, and says which cell was reached. */
function Reach({ label, view, columns, stepMs, onChoose, width, cellWidth, cellHeight }: ReachProps) {
  const optionId = useId()
  const [pointed, setPointed] = useState<At | null>(null)
  const [focused, setFocused] = useState<At | null>(null)
  const at = pointed ?? focused
  const cell = cellOf(view, columns, at)
  const choose = (): void => {
    if (cell !== null && cell.count > 0) onChoose(cell)
  }
  const press = (event: KeyboardEvent): void => {
    const to = keyTarget(event.key, focused ?? { column: columns.length - 1, row: 0 })
    if (event.key === 'Enter') choose()
    else if (to === null) return
    else if (cellOf(view, columns, to) !== null) setFocused(to)
    event.preventDefault()
  }
  const point = (event: PointerEvent<HTMLElement>): void => {
    const { left, top } = event.currentTarget.getBoundingClientRect()
    const column = Math.floor((event.clientX - left) / cellWidth)
    const row = Math.floor((event.clientY - top) / cellHeight)
    setPointed(cellOf(view, columns, { column, row }) === null ? null : { column, row })
  }
  const middle = { column: columns.length - 1, row: Math.floor(view.rows.length / 2) }
  return (
    <>
      <div
        role="listbox"
        aria-label={`${label}, cell by cell`}
        tabIndex={0}
        aria-activedescendant={cell === null ? undefined : optionId}
        onKeyDown={press}
        onFocus={(event) => setFocused(event.currentTarget.matches(':focus-visible') ? (focused ?? middle) : null)}
        onBlur={() => setFocused(null)}
        onPointerMove={point}
        onPointerLeave={() => setPointed(null)}
        onClick={choose}
        className={`absolute inset-0 rounded ${cell !== null && cell.count > 0 ? 'cursor-pointer' : ''}`}
      >
        <div role="option" id={optionId} aria-selected={cell !== null} className="sr-only">
          {cell === null
            ? 'Arrow keys go from cell to cell'
            : `${plural(cell.count, 'session')} in ${rowWords(cell.row)}, ${spanWords(cell.column, stepMs)}`}
        </div>
      </div>
      {at !== null && cell !== null && <CellCard {...{ at, cell, stepMs, width, cellWidth, cellHeight }} />}
    </>
  )
}

type CellCardProps = Pick<ReachProps, 'stepMs' | 'width' | 'cellWidth' | 'cellHeight'> & {
  readonly at: At
  readonly cell: HeatCell & { readonly count: number }
}

/** For eyes only: keys hear the same from the list box. */
function CellCard({ at, cell, stepMs, width, cellWidth, cellHeight }: CellCardProps) {
  return (
    <div
      aria-hidden
      className="pointer-events-none absolute"
      style={{ left: at.column * cellWidth, top: at.row * cellHeight }}
    >
      <div className="border border-text" style={{ width: cellWidth, height: cellHeight }} />
      <div
        className="absolute z-10 mt-1.5 rounded-md border border-line bg-raised px-2.5 py-1.5 text-xs whitespace-nowrap shadow-lg shadow-(color:--shadow)"
        style={at.column * cellWidth > width / 2 ? { right: 0 } : { left: 0 }}
      >
        <span className="font-semibold">{plural(cell.count, 'session')}</span> in {rowWords(cell.row)}
        <br />
        <span className="text-faint">{spanWords(cell.column, stepMs)}</span>
      </div>
    </div>
  )
}

function keyTarget(key: string, { column, row }: At): At | null {
  if (key === 'ArrowLeft') return { column: column - 1, row }
  if (key === 'ArrowRight') return { column: column + 1, row }
  if (key === 'ArrowUp') return { column, row: row - 1 }
  return key === 'ArrowDown' ? { column, row: row + 1 } : null
}

function cellOf(view: HeatView, columns: readonly HeatColumn[], at: At | null) {
  if (at === null) return null
  const column = columns[at.column]
  const shown = view.rows[at.row]
  if (column === undefined || shown === undefined) return null
  return { column, row: shown.row, count: column.cells[shown.index] ?? 0 }
}

function spanWords({ at }: HeatColumn, stepMs: number): string {
  const fromMs = instantMs(at)
  return `${formatClock(fromMs)} to ${formatClock(fromMs + stepMs)}`
}

type Painting = {
  readonly view: HeatView
  readonly columns: readonly HeatColumn[]
  readonly width: number
  readonly goalsMs: readonly number[]
}

function usePainting(canvas: { readonly current: HTMLCanvasElement | null }, painting: Painting): void {
  const theme = useEffectiveTheme()
  const { view, columns, width, goalsMs } = painting
  useLayoutEffect(() => {
    if (canvas.current !== null && width > 0) paint(canvas.current, { view, columns, width, goalsMs }, theme)
  }, [canvas, view, columns, width, goalsMs, theme])
}

function paint(canvas: HTMLCanvasElement, { view, columns, width, goalsMs }: Painting, theme: 'dark' | 'light'): void {
  const ratio = window.devicePixelRatio
  const context = canvas.getContext('2d', { alpha: false })
  if (context === null) return
  const colours = heatColours(theme)
  const { '--sunken': background, '--warn': goal } = resolveColours(['--sunken', '--warn'])
  Object.assign(canvas, { width: Math.round(width * ratio), height: Math.round(HEATMAP_CELLS_HEIGHT * ratio) })
  context.setTransform(ratio, 0, 0, ratio, 0, 0)
  context.fillStyle = background
  context.fillRect(0, 0, width, HEATMAP_CELLS_HEIGHT)
  const cellWidth = width / Math.max(1, columns.length)
  const cellHeight = HEATMAP_CELLS_HEIGHT / Math.max(1, view.rows.length)
  for (const [x, { cells }] of columns.entries())
    for (const [y, { index }] of view.rows.entries()) {
      const share = heatShareOf(cells[index] ?? 0, view.most)
      if (share === null) continue
      context.fillStyle = colours[stepOf(share)] ?? background
      context.fillRect(x * cellWidth, y * cellHeight, Math.max(1, cellWidth - 0.5), Math.max(1, cellHeight - 0.5))
    }
  context.strokeStyle = goal
  context.setLineDash([4, 4])
  for (const goalMs of goalsMs) {
    const y = view.rows.findIndex(({ row }) => goalMs >= row.fromMs && (row.toMs === null || goalMs < row.toMs))
    if (y < 0) continue
    context.beginPath()
    context.moveTo(0, Math.round(y * cellHeight) + 0.5)
    context.lineTo(width, Math.round(y * cellHeight) + 0.5)
    context.stroke()
  }
}
