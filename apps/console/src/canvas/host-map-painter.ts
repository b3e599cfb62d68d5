/**
 * Draws a host map, and after that only the cells that changed. A cell is a number: its step of colour, and a mark
 * that says what is unusual about it in a shape, because a colour alone is not enough for everybody.
 */
import { cellPosition, type HostMapLayout } from './host-map-layout.ts'
import { STEPS } from './heat-scale.ts'
import { MARK_SHIFT, MARKS, STEP_BITS } from './marks.ts'

/** How a map is to look. Another object means that everything is drawn anew. */
export type HostMapColours = {
  readonly heat: readonly string[]
  readonly unknown: string
  readonly background: string
  readonly closed: string
  readonly leaving: string
  readonly silent: string
  readonly lost: string
}

export type HostMapPicture = {
  readonly layout: HostMapLayout
  readonly colours: HostMapColours
  /** One for each cell, in the order of the layout. */
  readonly codes: Uint16Array
}

export class HostMapPainter {
  readonly #canvas: HTMLCanvasElement
  #last: HostMapPicture | null = null
  #ratio = 0

  constructor(canvas: HTMLCanvasElement) {
    this.#canvas = canvas
  }

  /** Returns how many cells were drawn. */
  paint(picture: HostMapPicture, ratio: number): number {
    const last = this.#last
    this.#last = picture
    const isSame =
      last !== null &&
      ratio === this.#ratio &&
      last.layout === picture.layout &&
      last.colours === picture.colours &&
      last.codes.length === picture.codes.length
    this.#ratio = ratio
    return isSame ? this.#paintChanged(last, picture) : this.#paintAll(picture)
  }

  #paintAll(picture: HostMapPicture): number {
    const { layout, colours, codes } = picture
    const width = Math.round(layout.width * this.#ratio)
    const height = Math.max(1, Math.round(layout.height * this.#ratio))
    if (this.#canvas.width !== width) this.#canvas.width = width
    if (this.#canvas.height !== height) this.#canvas.height = height
    const context = this.#context()
    context.fillStyle = colours.background
    context.fillRect(0, 0, layout.width, layout.height)
    // Changing the colour costs more than a rectangle: all cells of one colour come one after the other.
    for (const [step, cells] of bySteps(picture)) {
      context.fillStyle = colourOf(colours, step)
      for (const index of cells) {
        const { x, y } = cellPosition(layout, index)
        context.fillRect(x, y, layout.cell, layout.cell)
      }
    }
    for (let index = 0; index < codes.length; index += 1) {
      const mark = (codes[index] ?? 0) >> MARK_SHIFT
      if (mark !== MARKS.none) this.#paintMark(context, picture, index, mark)
    }
    return codes.length
  }

  #paintChanged(before: HostMapPicture, picture: HostMapPicture): number {
    const { layout, colours, codes } = picture
    let painted = 0
    let context: CanvasRenderingContext2D | null = null
    for (let index = 0; index < codes.length; index += 1) {
      const code = codes[index] ?? 0
      if (code === before.codes[index]) continue
      context ??= this.#context()
      painted += 1
      const { x, y } = cellPosition(layout, index)
      context.fillStyle = colours.background
      context.fillRect(x - 1, y - 1, layout.cell + 2, layout.cell + 2)
      context.fillStyle = colourOf(colours, code & STEP_BITS)
      context.fillRect(x, y, layout.cell, layout.cell)
      this.#paintMark(context, picture, index, code >> MARK_SHIFT)
    }
    return painted
  }

  #paintMark(context: CanvasRenderingContext2D, picture: HostMapPicture, index: number, mark: number): void {
    if (mark === MARKS.none) return
    const { layout, colours } = picture
    const { x, y } = cellPosition(layout, index)
    const { cell } = layout
    if (mark === MARKS.lost) {
      context.fillStyle = colours.background
      context.fillRect(x, y, cell, cell)
    }
    context.strokeStyle = [colours.closed, colours.closed, colours.leaving, colours.silent, colours.lost][mark] ?? ''
    const inset = Math.max(1, cell / 12)
    context.lineWidth = Math.max(1, Math.min(2, cell / 8))
    context.beginPath()
    // Lost: a cross. Silent: a frame. Drained: both halves of a stroke. Cordoned: one stroke.
    if (mark === MARKS.lost || mark === MARKS.leaving || mark === MARKS.closed) {
      context.moveTo(x + inset, y + cell - inset)
      context.lineTo(x + cell - inset, y + inset)
    }
    if (mark === MARKS.lost) {
      context.moveTo(x + inset, y + inset)
      context.lineTo(x + cell - inset, y + cell - inset)
    }
    if (mark === MARKS.silent || mark === MARKS.leaving || mark === MARKS.lost)
      context.rect(x + 0.5, y + 0.5, cell - 1, cell - 1)
    context.stroke()
  }

  #context(): CanvasRenderingContext2D {
    const context = this.#canvas.getContext('2d', { alpha: false })
    if (context === null) throw new Error('this browser has no canvas')
    context.setTransform(this.#ratio, 0, 0, this.#ratio, 0, 0)
    return context
  }
}

function colourOf({ heat, unknown }: HostMapColours, step: number): string {
  return heat[step] ?? unknown
}

/** The cells of each step, in two passes over typed arrays. */
function* bySteps({ codes }: HostMapPicture): Generator<readonly [number, Uint32Array]> {
  const counts = new Uint32Array(STEPS + 1)
  for (const code of codes) counts[bucketOf(code)] = (counts[bucketOf(code)] ?? 0) + 1
  const cells = [...counts].map((count) => new Uint32Array(count))
  counts.fill(0)
  codes.forEach((code, index) => {
    const bucket = bucketOf(code)
    const at = counts[bucket] ?? 0
    const list = cells[bucket]
    if (list !== undefined) list[at] = index
    counts[bucket] = at + 1
  })
  for (const [step, list] of cells.entries()) if (list.length > 0) yield [step, list]
}

/** What is not known comes after all steps. */
function bucketOf(code: number): number {
  return Math.min(STEPS, code & STEP_BITS)
}
