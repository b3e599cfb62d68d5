/** A session's life as a waterfall: each step, when it happened, and what it took. */
import { formatMs } from '../format/duration.ts'
import { formatExact } from '../format/instant-text.ts'
import { STEPS } from './session-words.ts'
import { timelineGroups, type TimelineEntry, type TimelineGroup } from './timeline-groups.ts'

const GROUP_WORDS = { opening: 'Opening', serving: 'In service', closing: 'Closing' } as const
const FILLS = { opening: 'bg-fill-ready', serving: 'bg-fill-busy', closing: 'bg-fill-leaving' } as const

export function SessionTimeline({ entries }: { readonly entries: readonly TimelineEntry[] }) {
  return (
    <div className="flex flex-col gap-5 p-4">
      {timelineGroups(entries).map((group) => (
        <Group key={group.kind} group={group} />
      ))}
    </div>
  )
}

function Group({ group }: { readonly group: TimelineGroup }) {
  const name = GROUP_WORDS[group.kind]
  return (
    <table aria-label={`${name}, step by step`} className="w-full table-fixed">
      <caption className="mb-1.5 text-left">
        <span className="font-medium">{name}</span>
        {group.lengthMs > 0 && <span className="ml-2 text-faint">{formatMs(group.lengthMs)}</span>}
      </caption>
      <thead className="sr-only">
        <tr>
          <th scope="col">Step</th>
          <th scope="col">When</th>
          <th scope="col">Took</th>
          <th scope="col">Since asked</th>
        </tr>
      </thead>
      <colgroup>
        <col className="w-36" />
        <col />
        <col className="w-24" />
        <col className="w-28" />
      </colgroup>
      <tbody>
        {group.bars.map((bar, index) => (
          // A step may come more than once.
          // oxlint-disable-next-line react/no-array-index-key
          <tr key={index} title={formatExact(bar.at)} className="h-7 hover:bg-hover">
            <th scope="row" className="truncate text-left font-normal text-soft">
              {STEPS[bar.step]}
            </th>
            <td>
              <div className="relative h-3 rounded-sm bg-sunken" aria-hidden>
                <div
                  className={`absolute h-full min-w-0.5 rounded-sm ${FILLS[group.kind]}`}
                  style={{
                    left: `min(${(bar.startShare * 100).toFixed(2)}%, calc(100% - 2px))`,
                    width: `${(bar.widthShare * 100).toFixed(2)}%`,
                  }}
                />
              </div>
            </td>
            <td className="pl-3 text-right font-medium whitespace-nowrap">
              {bar.tookMs === 0 && index === 0 ? '' : `+${formatMs(bar.tookMs)}`}
            </td>
            <td className="pl-3 text-right whitespace-nowrap text-faint">{formatMs(bar.sinceAskedMs)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
