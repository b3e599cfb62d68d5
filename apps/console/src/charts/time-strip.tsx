'use client'
/** A span of time as a strip of bins. A bin is a button; dragging chooses a part of the span. */
import { useEffect, useState } from 'react'
import { formatClock } from '../format/instant-text.ts'
import { plural } from '../format/quantity.ts'

export type TimeSpan = { readonly fromMs: number; readonly untilMs: number }

/** What there was in a part of the span, by how grave it is. */
export type TimeBin = TimeSpan & { readonly info: number; readonly warning: number; readonly error: number }

export type TimeStripProps = {
  readonly label: string
  /** One of what is counted, as in `event`; and one of the grave ones. */
  readonly what: string
  readonly grave: string
  readonly bins: readonly TimeBin[]
  readonly chosen: TimeSpan | null
  readonly onChoose: (span: TimeSpan | null) => void
}

const HEIGHT = 44

export function TimeStrip({ label, what, grave, bins, chosen, onChoose }: TimeStripProps) {
  const { from, to, setTo, begin, finish } = useDrag()
  const most = Math.max(1, ...bins.map(totalOf))
  const release = (index: number): void => {
    const start = bins[Math.min(from ?? index, index)]
    const end = bins[Math.max(from ?? index, index)]
    if (start !== undefined && end !== undefined) onChoose({ fromMs: start.fromMs, untilMs: end.untilMs })
    finish()
  }
  const isLit = (bin: TimeBin, index: number): boolean => {
    if (from !== null && to !== null) return index >= Math.min(from, to) && index <= Math.max(from, to)
    return chosen !== null && bin.fromMs >= chosen.fromMs && bin.untilMs <= chosen.untilMs
  }
  return (
    <div role="group" aria-label={label} className="select-none">
      <div className="flex items-end gap-px" style={{ height: HEIGHT }}>
        {bins.map((bin, index) => (
          <button
            key={bin.fromMs}
            type="button"
            aria-pressed={isLit(bin, index)}
            aria-label={`${formatClock(bin.fromMs)}: ${plural(totalOf(bin), what)}`}
            title={`${formatClock(bin.fromMs)}: ${plural(totalOf(bin), what)}, ${plural(bin.error, grave)}`}
            onPointerDown={(event) => event.button === 0 && begin(index)}
            onPointerEnter={() => setTo(index)}
            onPointerUp={() => from !== null && release(index)}
            // By keys or a screen reader; a pointer has chosen already when it clicks.
            onClick={(event) => event.detail === 0 && release(index)}
            className={`flex h-full min-w-0 flex-1 flex-col justify-end rounded-[2px] ${isLit(bin, index) ? 'bg-ember-soft' : 'hover:bg-hover'}`}
          >
            <span className="bg-danger" style={{ height: heightOf(bin.error, most) }} />
            <span className="bg-fill-starting" style={{ height: heightOf(bin.warning, most) }} />
            <span className="bg-fill-ready" style={{ height: heightOf(bin.info, most) }} />
            <span className="h-px bg-line-strong" />
          </button>
        ))}
      </div>
      <div aria-hidden className="mt-1 flex justify-between text-xs text-faint" suppressHydrationWarning>
        <span>{formatClock(bins[0]?.fromMs ?? 0)}</span>
        <span>{formatClock(bins.at(-1)?.untilMs ?? 0)}</span>
      </div>
    </div>
  )
}

/** From where to where it is dragged. Wherever the pointer is let go, it is over. */
function useDrag() {
  const [from, setFrom] = useState<number | null>(null)
  const [to, setTo] = useState<number | null>(null)
  const isDragging = from !== null
  useEffect(() => {
    if (!isDragging) return undefined
    const over = new AbortController()
    for (const name of ['pointerup', 'pointercancel'])
      window.addEventListener(name, () => setFrom(null), { signal: over.signal })
    return () => over.abort()
  }, [isDragging])
  const begin = (index: number): void => {
    setFrom(index)
    setTo(index)
  }
  return { from, to, setTo, begin, finish: () => setFrom(null) }
}

function totalOf({ info, warning, error }: TimeBin): number {
  return info + warning + error
}

/** One event is seen, however many there are beside it. */
function heightOf(count: number, most: number): number {
  return count === 0 ? 0 : Math.max(2, Math.round((count / most) * (HEIGHT - 4)))
}
