'use client'
/** What the colours and marks of the map mean, and how many nodes have each mark. */
import { heatColours } from '../canvas/heat-scale.ts'
import { formatCount } from '../format/quantity.ts'
import type { NodeRowFragment } from '../graphql/generated/documents.ts'
import { useEffectiveTheme } from '../shell/effective-theme.ts'
import { fillScaleOf, FILLS, type FillId } from './node-fill.ts'
import { MARKS, type Mark } from '../canvas/marks.ts'
import { markOf } from './node-map-model.ts'

type Row = NodeRowFragment
type LegendProps = { readonly fillId: FillId; readonly nodes: ReadonlyMap<string, Row> }

const MARK_WORDS = [
  { mark: MARKS.lost, word: 'lost', path: 'M1 1h8v8h-8zM1 1l8 8M9 1l-8 8', colour: 'text-danger' },
  { mark: MARKS.silent, word: 'not heard', path: 'M1 1h8v8h-8z', colour: 'text-warn' },
  { mark: MARKS.leaving, word: 'draining', path: 'M1 1h8v8h-8zM1 9l8-8', colour: 'text-leaving' },
  { mark: MARKS.closed, word: 'cordoned', path: 'M1 9l8-8', colour: 'text-text' },
] as const

export function HostMapLegend({ fillId, nodes }: LegendProps) {
  const theme = useEffectiveTheme()
  const colours = heatColours(theme)
  const fill = FILLS[fillId]
  const scale = fillScaleOf(nodes.values(), 0)
  const counts = new Map<Mark, number>()
  for (const node of nodes.values()) counts.set(markOf(node), (counts.get(markOf(node)) ?? 0) + 1)
  return (
    <div className="flex min-h-10 flex-wrap items-center gap-x-5 gap-y-1 border-t border-line px-4 py-2 text-xs text-soft">
      <span className="inline-flex items-center gap-2">
        <span>{fill.name}</span>
        <span className="text-faint">0</span>
        <span
          aria-hidden
          suppressHydrationWarning
          className="h-2.5 w-36 rounded-[3px]"
          style={{
            background: `linear-gradient(to right in oklab, ${colours.filter((_, at) => at % 7 === 0).join(', ')})`,
          }}
        />
        <span className="text-faint">{fill.full(scale)}</span>
      </span>
      <ul className="flex flex-wrap gap-x-4 gap-y-1">
        {MARK_WORDS.flatMap(({ mark, word, path, colour }) => {
          const count = counts.get(mark) ?? 0
          if (count === 0) return []
          return (
            <li key={word} className="inline-flex items-center gap-1.5">
              <svg aria-hidden viewBox="0 0 10 10" className={`size-2.5 ${colour}`} fill="none" stroke="currentColor">
                <path d={path} />
              </svg>
              {formatCount(count)} {word}
            </li>
          )
        })}
      </ul>
    </div>
  )
}
