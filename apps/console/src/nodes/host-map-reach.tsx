'use client'
/**
 * One element above the picture of the map that takes pointer and keys, and says which node the keys have reached.
 * A click opens a node; with shift or Ctrl it marks one, and a drag marks all that it goes over.
 */
import { useId, useRef, useState, type KeyboardEvent, type MouseEvent, type PointerEvent } from 'react'
import { cellAt, cellsIn, neighbourOf, type Box, type HostMapLayout } from '../canvas/host-map-layout.ts'
import type { NodeRowFragment } from '../graphql/generated/documents.ts'
import { FILLS } from './node-fill.ts'
import type { NodeMapState } from './node-map-model.ts'
import { wordsOfNode } from './node-words.ts'
import { withToggled } from './use-marked-nodes.ts'

type Row = NodeRowFragment

export type Marking = {
  readonly ids: ReadonlySet<string>
  readonly mark: (ids: ReadonlySet<string>) => void
}

export type ReachProps = {
  readonly state: NodeMapState
  readonly layout: HostMapLayout
  readonly pointed: number | null
  readonly setPointed: (index: number | null) => void
  readonly focused: number | null
  readonly setFocused: (index: number | null) => void
  /** `byKey`: whoever opened it will go on with keys. */
  readonly onSelect: (name: string, byKey: boolean) => void
  /** Where nodes can be marked. */
  readonly marking: Marking | undefined
}

export function Reach({ state, layout, pointed, setPointed, focused, setFocused, onSelect, marking }: ReachProps) {
  const optionId = useId()
  const { ids } = state.arrangement
  const node = state.nodes.get(ids[focused ?? -1] ?? '')
  const drag = useDrag(layout, ids, marking)
  const press = (event: KeyboardEvent): void => {
    const to = keyTarget(event.key, layout, focused ?? 0, ids.length)
    if (to !== null) {
      if (event.shiftKey && marking !== undefined) marking.mark(new Set([...marking.ids, ...idsAt(ids, [focused, to])]))
      setFocused(to)
    } else if ((event.key === 'Enter' || event.key === ' ') && node !== undefined) onSelect(node.name, true)
    else if (marking === undefined || !markByKey(event, ids, { marking, focused })) return
    event.preventDefault()
  }
  const click = (event: MouseEvent<HTMLElement>): void => {
    const { x, y } = pointIn(event) // What was pointed at last may not be rendered yet.
    const id = ids[cellAt(layout, x, y) ?? -1]
    const clicked = id === undefined ? undefined : state.nodes.get(id)
    if (id === undefined || clicked === undefined || drag.hasJustEnded()) return
    const isMark = event.shiftKey || event.ctrlKey || event.metaKey
    if (isMark && marking !== undefined) marking.mark(withToggled(marking.ids, id))
    else onSelect(clicked.name, false)
  }
  if (ids.length === 0) return null
  return (
    <div
      role="listbox"
      aria-label="Nodes on the map"
      aria-multiselectable={marking !== undefined}
      tabIndex={0}
      aria-activedescendant={node === undefined ? undefined : optionId}
      onKeyDown={press}
      // A click gives focus too, but whoever clicks does not look for where the keys are.
      onFocus={(event) => setFocused(event.currentTarget.matches(':focus-visible') ? (focused ?? 0) : null)}
      onBlur={() => setFocused(null)}
      onPointerDown={drag.begin}
      onPointerMove={(event) => {
        const { x, y } = pointIn(event)
        setPointed(cellAt(layout, x, y))
        drag.move(event)
      }}
      onPointerUp={drag.end}
      onPointerCancel={drag.cancel}
      onPointerLeave={() => setPointed(null)}
      onClick={click}
      className={`absolute inset-0 rounded-md select-none ${pointed === null ? '' : 'cursor-pointer'}`}
    >
      <div
        role="option"
        id={optionId}
        aria-selected={marking === undefined ? node !== undefined : marking.ids.has(ids[focused ?? -1] ?? '')}
        aria-setsize={ids.length}
        aria-posinset={(focused ?? 0) + 1}
        className="sr-only"
      >
        {node === undefined ? 'Arrow keys go from node to node' : spokenNode(node, state)}
      </div>
      {drag.box !== null && <Rubber box={drag.box} />}
    </div>
  )
}

/** Further than this it is no click. */
const DRAG_FROM_PX = 5

/** Dragging with a mouse; a finger scrolls. */
function useDrag(layout: HostMapLayout, ids: readonly string[], marking: Marking | undefined) {
  const start = useRef<{ readonly x: number; readonly y: number } | null>(null)
  const isClickSpent = useRef(false)
  const [box, setBox] = useState<Box | null>(null)
  const cancel = (): void => {
    start.current = null
    setBox(null)
  }
  return {
    box,
    cancel,
    begin: (event: PointerEvent<HTMLElement>): void => {
      isClickSpent.current = false
      if (marking !== undefined && event.button === 0 && event.pointerType === 'mouse') start.current = pointIn(event)
    },
    move: (event: PointerEvent<HTMLElement>): void => {
      const from = start.current
      if (from === null) return
      if (event.buttons === 0) return cancel() // It was let go where we do not hear of it.
      const to = pointIn(event)
      if (box === null && Math.hypot(to.x - from.x, to.y - from.y) < DRAG_FROM_PX) return
      if (box === null) event.currentTarget.setPointerCapture(event.pointerId)
      setBox({ fromX: from.x, fromY: from.y, toX: to.x, toY: to.y })
    },
    end: (event: PointerEvent<HTMLElement>): void => {
      if (box !== null && marking !== undefined) {
        const isMore = event.shiftKey || event.ctrlKey || event.metaKey
        marking.mark(new Set([...(isMore ? marking.ids : []), ...idsAt(ids, cellsIn(layout, box))]))
        isClickSpent.current = true
      }
      cancel()
    },
    hasJustEnded: () => isClickSpent.current,
  }
}

function Rubber({ box: { fromX, fromY, toX, toY } }: { readonly box: Box }) {
  return (
    <div
      aria-hidden
      className="pointer-events-none absolute rounded-[3px] border border-ember bg-ember/15"
      style={{
        left: Math.min(fromX, toX),
        top: Math.min(fromY, toY),
        width: Math.abs(toX - fromX),
        height: Math.abs(toY - fromY),
      }}
    />
  )
}

type KeyMarking = { readonly marking: Marking; readonly focused: number | null }

/** `x` marks the node, Ctrl-A all, Escape none. False for any other key. */
function markByKey(event: KeyboardEvent, ids: readonly string[], { marking, focused }: KeyMarking): boolean {
  const id = ids[focused ?? -1]
  const isChord = event.ctrlKey || event.metaKey || event.altKey
  if (event.key === 'x' && !isChord && id !== undefined) marking.mark(withToggled(marking.ids, id))
  else if (event.key === 'a' && (event.ctrlKey || event.metaKey)) marking.mark(new Set(ids))
  else if (event.key === 'Escape' && marking.ids.size > 0) marking.mark(new Set())
  else return false
  return true
}

function idsAt(ids: readonly string[], indexes: readonly (number | null)[]): readonly string[] {
  return indexes.flatMap((index) => ids[index ?? -1] ?? [])
}

function pointIn(event: MouseEvent<HTMLElement>): { readonly x: number; readonly y: number } {
  const { left, top } = event.currentTarget.getBoundingClientRect()
  return { x: event.clientX - left, y: event.clientY - top }
}

function keyTarget(key: string, layout: HostMapLayout, from: number, count: number): number | null {
  if (key === 'ArrowLeft') return neighbourOf(layout, from, 'left')
  if (key === 'ArrowRight') return neighbourOf(layout, from, 'right')
  if (key === 'ArrowUp') return neighbourOf(layout, from, 'up')
  if (key === 'ArrowDown') return neighbourOf(layout, from, 'down')
  if (key === 'Home') return 0
  return key === 'End' ? count - 1 : null
}

function spokenNode(node: Row, { fillId, scale }: NodeMapState): string {
  const { name, describe } = FILLS[fillId]
  return `${node.name}, ${wordsOfNode(node).word}, ${name} ${describe(node, scale.nowMs)}`
}
