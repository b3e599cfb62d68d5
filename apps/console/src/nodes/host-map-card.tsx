'use client'
/** What the map says of the node that is pointed at. */
import { cellPosition, type HostMapLayout } from '../canvas/host-map-layout.ts'
import { formatBytes, formatCount, formatCpus } from '../format/quantity.ts'
import type { NodeRowFragment } from '../graphql/generated/documents.ts'
import { useNow } from '../time/now.tsx'
import { PhaseMark } from '../ui/phase-mark.tsx'
import { FILLS, type FillId } from './node-fill.ts'
import { wordsOfNode } from './node-words.ts'

export type HostMapCardProps = {
  readonly node: NodeRowFragment
  readonly fillId: FillId
  readonly layout: HostMapLayout
  readonly index: number
}

const WIDTH = 248

/** Beside the cell, on the side where there is room. For eyes only: keys hear the same from the list box. */
export function HostMapCard({ node, fillId, layout, index }: HostMapCardProps) {
  const { x, y } = cellPosition(layout, index)
  const fill = FILLS[fillId]
  const filled = useNow((nowMs) => fill.describe(node, nowMs))
  const heard = useNow((nowMs) => FILLS.heard.describe(node, nowMs))
  const { tone, word } = wordsOfNode(node)
  const isRight = x + layout.pitch + WIDTH + 12 <= layout.width
  const left = isRight ? x + layout.pitch + 8 : Math.max(0, x - WIDTH - 8)
  const facts = [
    ['CPU', `${formatCpus(node.booked.cpuMillis)} of ${formatCpus(node.capacity.cpuMillis)} booked`],
    ['Memory', `${formatBytes(node.booked.memoryBytes)} of ${formatBytes(node.capacity.memoryBytes)} booked`],
    ['Pods', `${formatCount(node.podCount)} of ${formatCount(node.capacity.pods)}`],
    ['Sessions', formatCount(node.sessionCount)],
    ['Last heard', heard],
  ] as const
  return (
    <div
      aria-hidden
      className="pointer-events-none absolute z-20 rounded-lg border border-line bg-raised p-3 shadow-xl shadow-(color:--shadow)"
      style={{ left, top: Math.max(0, y - 8), width: WIDTH }}
    >
      <div className="flex items-center justify-between gap-3">
        <span className="truncate font-semibold">{node.name}</span>
        <PhaseMark tone={tone} word={word} />
      </div>
      <p className="mt-1.5 text-soft">
        {fill.name}: <span className="font-medium text-text">{filled}</span>
      </p>
      <dl className="mt-1.5 grid grid-cols-[auto_1fr] gap-x-4 text-xs">
        {facts.map(([name, value]) => (
          <div key={name} className="contents">
            <dt className="text-faint">{name}</dt>
            <dd className="truncate text-right">{value}</dd>
          </div>
        ))}
      </dl>
    </div>
  )
}
