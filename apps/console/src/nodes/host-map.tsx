'use client'
/**
 * All nodes at a glance, on one canvas. The picture is for eyes; a list box of one element lies above it for keys and
 * screen readers, and says the node that it stands on. The table shows the same, row by row.
 */
import { useLayoutEffect, useMemo, useRef, useState } from 'react'
import { heatColours } from '../canvas/heat-scale.ts'
import { cellPosition, layOut, type HostMapLayout } from '../canvas/host-map-layout.ts'
import { HostMapPainter, type HostMapColours } from '../canvas/host-map-painter.ts'
import { resolveColours } from '../canvas/resolve-colours.ts'
import { useElementSize } from '../canvas/use-element-size.ts'
import { formatCount, plural } from '../format/quantity.ts'
import type { NodeRowFragment } from '../graphql/generated/documents.ts'
import { useEffectiveTheme } from '../shell/effective-theme.ts'
import { useNow } from '../time/now.tsx'
import { tickMs } from '../time/ticker.ts'
import { HostMapCard } from './host-map-card.tsx'
import { Reach, type Marking } from './host-map-reach.tsx'
import { FILLS, type FillId } from './node-fill.ts'
import { NodeMapMemory, type NodeMapState } from './node-map-model.ts'

type Row = NodeRowFragment

export type HostMapProps = {
  readonly nodes: ReadonlyMap<string, Row>
  readonly grouping: string
  readonly fillId: FillId
  readonly selected: string | null
  /** `byKey`: whoever opened it will go on with keys. */
  readonly onSelect: (name: string, byKey: boolean) => void
  /** Where nodes can be marked, to do something with all of them. */
  readonly marking?: Marking
  /** Fixed, for a map that is part of a page; else it fills the room it is given. */
  readonly heightMax?: number
}

export function HostMap(props: HostMapProps) {
  const { nodes, grouping, fillId, selected, onSelect, marking, heightMax } = props
  const [room, measure] = useElementSize()
  const state = useNodeMap(nodes, grouping, fillId)
  const layout = useLayout(state, room, heightMax)
  const canvas = useRef<HTMLCanvasElement>(null)
  usePainting(canvas, state, layout)
  const [pointed, setPointed] = useState<number | null>(null)
  const [focused, setFocused] = useState<number | null>(null)
  const nodeAt = (index: number | null): Row | undefined =>
    index === null ? undefined : state.nodes.get(state.arrangement.ids[index] ?? '')
  const at = pointed ?? focused
  const shownNode = nodeAt(at)
  const selectedNode = selected === null ? undefined : [...state.nodes.values()].find(({ name }) => name === selected)
  const selectedIndex = selectedNode === undefined ? undefined : state.arrangement.indexOf.get(selectedNode.id)
  return (
    // On a page with other things it keeps its height, whatever there is to draw: nothing below it moves.
    <div
      ref={measure}
      style={heightMax === undefined ? undefined : { minHeight: heightMax }}
      className={`relative min-w-0 ${heightMax === undefined ? 'h-full overflow-y-auto' : ''}`}
    >
      {layout !== null && (
        <div className="relative" style={{ height: layout.height }}>
          <canvas
            ref={canvas}
            role="img"
            aria-label={summaryOf(state)}
            style={{ width: layout.width, height: layout.height }}
            className="block"
          />
          {grouping !== 'none' && <GroupTitles state={state} layout={layout} />}
          {marking !== undefined && <Marks layout={layout} state={state} ids={marking.ids} />}
          {selectedIndex !== undefined && <Frame layout={layout} index={selectedIndex} look="border-text border-2" />}
          {at !== null && shownNode !== undefined && <Frame layout={layout} index={at} look="border-ember border-2" />}
          <Reach {...{ state, layout, pointed, setPointed, focused, setFocused, onSelect, marking }} />
          {at !== null && shownNode !== undefined && (
            <HostMapCard node={shownNode} fillId={fillId} layout={layout} index={at} />
          )}
        </div>
      )}
    </div>
  )
}

/** Computes again when a node changed; when the fill is of time, each second as well. */
function useNodeMap(nodes: ReadonlyMap<string, Row>, grouping: string, fillId: FillId): NodeMapState {
  const isTimed = FILLS[fillId].isTimed === true
  const second = useNow((nowMs) => (isTimed ? Math.floor(nowMs / 1_000) : 0))
  const [memory] = useState(() => new NodeMapMemory())
  return useMemo(() => {
    const nowMs = isTimed ? second * 1_000 : tickMs()
    return memory.after({ nodes, grouping, fillId, nowMs })
  }, [memory, nodes, grouping, fillId, isTimed, second])
}

function useLayout(
  state: NodeMapState,
  room: { readonly width: number; readonly height: number } | null,
  heightMax: number | undefined,
): HostMapLayout | null {
  const { groups, grouping } = state.arrangement
  const height = heightMax ?? room?.height ?? 0
  const width = room?.width ?? 0
  return useMemo(() => {
    if (width === 0) return null
    return layOut(
      groups.map(({ ids }) => ids.length),
      { width, height },
      grouping !== 'none',
    )
  }, [groups, grouping, width, height])
}

function usePainting(
  canvas: { readonly current: HTMLCanvasElement | null },
  state: NodeMapState,
  layout: HostMapLayout | null,
): void {
  const theme = useEffectiveTheme()
  const painter = useRef<HostMapPainter | null>(null)
  const colours = useRef<{ readonly theme: string; readonly value: HostMapColours } | null>(null)
  useLayoutEffect(() => {
    if (canvas.current === null || layout === null) return
    painter.current ??= new HostMapPainter(canvas.current)
    if (colours.current?.theme !== theme) colours.current = { theme, value: coloursOf(theme) }
    painter.current.paint({ layout, colours: colours.current.value, codes: state.codes }, window.devicePixelRatio)
  }, [canvas, state, layout, theme])
}

function coloursOf(theme: 'dark' | 'light'): HostMapColours {
  const names = ['--panel', '--line', '--text', '--fill-leaving', '--warn', '--danger'] as const
  const { '--panel': background, '--line': unknown, '--text': closed, ...marks } = resolveColours(names)
  return {
    heat: heatColours(theme),
    background,
    unknown,
    closed,
    leaving: marks['--fill-leaving'],
    silent: marks['--warn'],
    lost: marks['--danger'],
  }
}

function GroupTitles({ state, layout }: { readonly state: NodeMapState; readonly layout: HostMapLayout }) {
  return state.arrangement.groups.map(({ name, ids }, index) => {
    const block = layout.blocks[index]
    if (block === undefined) return null
    const width = Math.max(88, block.columns * layout.pitch)
    return (
      <div
        key={name}
        className="pointer-events-none absolute flex items-baseline gap-1.5 text-xs"
        style={{ left: block.x, top: block.y - 20, width }}
        title={name}
      >
        <span className="truncate font-medium text-soft">{name}</span>
        <span className="text-faint">{formatCount(ids.length)}</span>
      </div>
    )
  })
}

type MarksProps = { readonly layout: HostMapLayout; readonly state: NodeMapState; readonly ids: ReadonlySet<string> }

/** A frame in each marked cell, all of them one path: ten thousand are drawn as one. */
function Marks({ layout, state: { arrangement }, ids }: MarksProps) {
  const path = useMemo(() => {
    const side = layout.cell - 2
    const frames = [...ids].flatMap((id) => {
      const index = arrangement.indexOf.get(id)
      if (index === undefined) return []
      const { x, y } = cellPosition(layout, index)
      return [`M${x + 1} ${y + 1}h${side}v${side}h${-side}z`]
    })
    return frames.join('')
  }, [layout, arrangement, ids])
  if (path === '') return null
  return (
    <svg
      aria-hidden
      width={layout.width}
      height={layout.height}
      className="pointer-events-none absolute inset-0 overflow-visible text-ember"
    >
      <path d={path} fill="none" stroke="currentColor" strokeWidth={2} />
    </svg>
  )
}

function Frame({
  layout,
  index,
  look,
}: {
  readonly layout: HostMapLayout
  readonly index: number
  readonly look: string
}) {
  const { x, y } = cellPosition(layout, index)
  const side = layout.cell + 4
  return (
    <div
      aria-hidden
      className={`pointer-events-none absolute rounded-[3px] ${look}`}
      style={{ left: x - 2, top: y - 2, width: side, height: side }}
    />
  )
}

function summaryOf({ nodes, arrangement, fillId }: NodeMapState): string {
  const groups = arrangement.groups.length > 1 ? ` in ${plural(arrangement.groups.length, 'group')}` : ''
  return `${plural(nodes.size, 'node')}${groups}, filled by ${FILLS[fillId].name.toLowerCase()}; the table says the same`
}
