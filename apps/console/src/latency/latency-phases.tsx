/** In which phase of a start the time goes. */
import { formatMs } from '../format/duration.ts'
import { formatCount, formatShare } from '../format/quantity.ts'
import type { LatencyHistoryQuery, LatencyPhaseKind } from '../graphql/generated/documents.ts'

type Phase = LatencyHistoryQuery['latencyHistory']['phases'][number]

const WORDS: Readonly<
  Record<LatencyPhaseKind, { readonly word: string; readonly hint: string; readonly fill: string }>
> = {
  QUEUE: { word: 'Queue', hint: 'others came before', fill: 'bg-fill-waiting' },
  PLACE: { word: 'Place', hint: 'until a node had room', fill: 'bg-fill-leaving' },
  CREATE: { word: 'Create', hint: 'the pod was made', fill: 'bg-fill-starting' },
  COMMAND: { word: 'Command', hint: 'on its way to the node', fill: 'bg-fill-asleep' },
  WAKE: { word: 'Wake', hint: 'the pod slept', fill: 'bg-ember' },
  READY: { word: 'Ready', hint: 'the application took the session', fill: 'bg-fill-ready' },
}

export function LatencyPhases({ phases }: { readonly phases: readonly Phase[] }) {
  if (phases.length === 0) return <p className="px-4 py-3 text-soft">Nothing was measured.</p>
  return (
    <div className="flex flex-col gap-4 p-4">
      <div className="flex h-4 gap-px overflow-hidden rounded" aria-hidden>
        {phases.map(({ phase, share }) => (
          <span key={phase} className={WORDS[phase].fill} style={{ flexGrow: share, minWidth: share > 0 ? 2 : 0 }} />
        ))}
      </div>
      <table aria-label="Phases of a start" className="w-full">
        <thead className="text-xs text-faint">
          <tr>
            <th scope="col" className="pb-1 text-left font-medium">
              Phase
            </th>
            {['Share', 'p50', 'p99', 'Sessions'].map((header) => (
              <th key={header} scope="col" className="pb-1 pl-3 text-right font-medium">
                {header}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {phases.map(({ phase, share, percentiles }) => (
            <tr key={phase} className="border-t border-line/60">
              <th scope="row" className="py-1.5 text-left font-medium">
                <span className="inline-flex items-center gap-2">
                  <span aria-hidden className={`size-2.5 rounded-[3px] ${WORDS[phase].fill}`} />
                  {WORDS[phase].word}
                  <span className="font-normal text-faint max-sm:hidden">{WORDS[phase].hint}</span>
                </span>
              </th>
              <td className="pl-3 text-right">{formatShare(share, 1)}</td>
              <td className="pl-3 text-right">{msText(percentiles.p50Ms)}</td>
              <td className="pl-3 text-right">{msText(percentiles.p99Ms)}</td>
              <td className="pl-3 text-right text-soft">{formatCount(percentiles.count)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function msText(ms: number | null): string {
  return ms === null ? '–' : formatMs(ms)
}
