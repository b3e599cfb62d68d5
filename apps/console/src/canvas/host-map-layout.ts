/**
 * Where each cell of a host map lies: groups are blocks of square cells, set side by side on shelves, as large as
 * the room allows. Pure arithmetic, both ways: no object per cell, so ten thousand cost what ten do.
 *
 *     zone-a 6        zone-b 4
 *     ▪ ▪ ▪ ▪         ▪ ▪ ▪
 *     ▪ ▪             ▪
 */

export type Block = {
  /** Of its first cell, in CSS pixels. */
  readonly x: number
  readonly y: number
  readonly columns: number
  readonly count: number
  /** How many cells stand in the blocks before it. */
  readonly first: number
}

export type HostMapLayout = {
  /** From one cell to the next. */
  readonly pitch: number
  /** The side of a cell; the rest of the pitch is the gap. */
  readonly cell: number
  readonly width: number
  readonly height: number
  readonly blocks: readonly Block[]
}

export type Room = { readonly width: number; readonly height: number }

/** From the largest that looks like a cell to the smallest that can be hit. */
const LARGEST = 44
const SMALLEST = 7
export const TITLE_HEIGHT = 22
const SHELF_GAP = 14
const BLOCK_GAP = 20
/** A block is at least as wide as a short title. */
const BLOCK_WIDTH_MIN = 96

/** The layout with the largest cells that fit; with the smallest, and taller than the room, when none do. */
export function layOut(counts: readonly number[], room: Room, hasTitles: boolean): HostMapLayout {
  const width = Math.max(SMALLEST, Math.floor(room.width))
  for (let pitch = LARGEST; pitch > SMALLEST; pitch -= 1) {
    const layout = pack(counts, width, pitch, hasTitles)
    if (layout.height <= room.height) return layout
  }
  return pack(counts, width, SMALLEST, hasTitles)
}

function pack(counts: readonly number[], width: number, pitch: number, hasTitles: boolean): HostMapLayout {
  const title = hasTitles ? TITLE_HEIGHT : 0
  const columnsMax = Math.max(1, Math.floor(width / pitch))
  const blocks: Block[] = []
  let x = 0
  let y = 0
  let shelfHeight = 0
  let first = 0
  for (const count of counts) {
    const columns = columnsFor(count, counts.length === 1, columnsMax, pitch)
    const blockWidth = Math.max(columns * pitch, hasTitles ? BLOCK_WIDTH_MIN : 0)
    if (x > 0 && x + blockWidth > width) {
      y += shelfHeight + SHELF_GAP
      x = 0
      shelfHeight = 0
    }
    blocks.push({ x, y: y + title, columns, count, first })
    shelfHeight = Math.max(shelfHeight, title + Math.ceil(count / columns) * pitch)
    x += blockWidth + BLOCK_GAP
    first += count
  }
  return { pitch, cell: pitch - gapOf(pitch), width, height: y + shelfHeight, blocks }
}

/** About twice as wide as high; one block alone takes the whole width. */
function columnsFor(count: number, isAlone: boolean, columnsMax: number, pitch: number): number {
  if (isAlone) return columnsMax
  const least = Math.ceil(BLOCK_WIDTH_MIN / pitch)
  return Math.min(columnsMax, Math.max(least, Math.ceil(Math.sqrt(count * 2))))
}

function gapOf(pitch: number): number {
  if (pitch >= 24) return 4
  if (pitch >= 16) return 3
  return pitch >= 10 ? 2 : 1
}

/** Where a cell lies, by its number from 0. */
export function cellPosition(layout: HostMapLayout, index: number): { readonly x: number; readonly y: number } {
  const block = blockOf(layout, index)
  if (block === undefined) return { x: 0, y: 0 }
  const within = index - block.first
  return {
    x: block.x + (within % block.columns) * layout.pitch,
    y: block.y + Math.floor(within / block.columns) * layout.pitch,
  }
}

/** The cell at a point, its gap included; null between blocks and past the end. */
export function cellAt(layout: HostMapLayout, x: number, y: number): number | null {
  for (const block of layout.blocks) {
    const column = Math.floor((x - block.x) / layout.pitch)
    const row = Math.floor((y - block.y) / layout.pitch)
    if (column < 0 || column >= block.columns || row < 0) continue
    const within = row * block.columns + column
    if (within < block.count) return block.first + within
  }
  return null
}

/** Two corners, in any order. */
export type Box = { readonly fromX: number; readonly fromY: number; readonly toX: number; readonly toY: number }

/** The cells that a box touches, in their order. */
export function cellsIn(layout: HostMapLayout, box: Box): readonly number[] {
  const [left, right] = [Math.min(box.fromX, box.toX), Math.max(box.fromX, box.toX)]
  const [top, bottom] = [Math.min(box.fromY, box.toY), Math.max(box.fromY, box.toY)]
  const { pitch, cell } = layout
  return layout.blocks.flatMap(({ x, y, columns, count, first }) => {
    const rows = range(
      Math.max(0, Math.ceil((top - y - cell) / pitch)),
      Math.min(Math.ceil(count / columns) - 1, Math.floor((bottom - y) / pitch)),
    )
    const across = range(
      Math.max(0, Math.ceil((left - x - cell) / pitch)),
      Math.min(columns - 1, Math.floor((right - x) / pitch)),
    )
    const within = rows.flatMap((row) => across.map((column) => row * columns + column))
    return within.filter((index) => index < count).map((index) => first + index)
  })
}

/** Both ends included; nothing where the last is before the first. */
function range(from: number, to: number): readonly number[] {
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => from + index)
}

export type Direction = 'left' | 'right' | 'up' | 'down'

/** The next cell that way; the same one at the edge of the map. */
export function neighbourOf(layout: HostMapLayout, index: number, direction: Direction): number {
  const last = layout.blocks.at(-1)
  const total = last === undefined ? 0 : last.first + last.count
  if (direction === 'left') return Math.max(0, index - 1)
  if (direction === 'right') return Math.min(total - 1, index + 1)
  const block = blockOf(layout, index)
  if (block === undefined) return index
  const within = index - block.first
  const target = direction === 'down' ? within + block.columns : within - block.columns
  if (target >= 0 && target < block.count) return block.first + target
  return acrossBlocks(layout, index, direction)
}

/** The nearest cell of another block above or below. */
function acrossBlocks(layout: HostMapLayout, index: number, direction: 'up' | 'down'): number {
  const from = cellPosition(layout, index)
  let best = index
  let bestDistance = Number.POSITIVE_INFINITY
  for (const block of layout.blocks) {
    if (block.count === 0) continue
    const column = Math.min(block.columns - 1, Math.max(0, Math.round((from.x - block.x) / layout.pitch)))
    const rows = Math.ceil(block.count / block.columns)
    const row = direction === 'down' ? 0 : rows - 1
    const within = Math.min(block.count - 1, row * block.columns + column)
    const to = cellPosition(layout, block.first + within)
    const isThatWay = direction === 'down' ? to.y > from.y : to.y < from.y
    const distance = Math.abs(to.y - from.y) * 2 + Math.abs(to.x - from.x)
    if (!isThatWay || blockOf(layout, index) === block || distance >= bestDistance) continue
    best = block.first + within
    bestDistance = distance
  }
  return best
}

function blockOf({ blocks }: HostMapLayout, index: number): Block | undefined {
  let low = 0
  let high = blocks.length - 1
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if ((blocks[middle]?.first ?? 0) <= index) low = middle
    else high = middle - 1
  }
  return blocks[low]
}
