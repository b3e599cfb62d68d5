/** What became of the link between a node and the core: connected, a gap, everything told again. */
import { formatExact } from '../format/instant-text.ts'
import type { NodeLinkKind, NodeStoryFragment } from '../graphql/generated/documents.ts'
import { RelativeTime } from '../time/relative-time.tsx'
import { Glyph, type Tone } from '../ui/phase-mark.tsx'

const WORDS: Readonly<Record<NodeLinkKind, { readonly word: string; readonly tone: Tone; readonly hint: string }>> = {
  CONNECTED: { word: 'Connected', tone: 'starting', hint: 'its full state is on the way' },
  READY: { word: 'Ready', tone: 'ready', hint: 'its full state was taken over' },
  GAP: { word: 'Gap', tone: 'warn', hint: 'a report was missing; its full state was asked for' },
  RESYNCED: { word: 'In step again', tone: 'ready', hint: 'its full state was taken over after a gap' },
  DISCONNECTED: { word: 'Disconnected', tone: 'warn', hint: 'its pods go on; its lease runs' },
  LOST: { word: 'Lost', tone: 'danger', hint: 'not heard for longer than its lease' },
}

export function LinkTimeline({ entries }: { readonly entries: NodeStoryFragment['linkTimeline'] }) {
  if (entries.length === 0)
    return <p className="px-4 py-3 text-soft">Nothing was heard of it since the core started.</p>
  return (
    <ol className="flex max-h-72 flex-col overflow-y-auto px-4 py-2" aria-label="Link, newest first">
      {entries.toReversed().map(({ at, kind }, index) => {
        const { word, tone, hint } = WORDS[kind]
        return (
          // Two things may become of a link in the same millisecond.
          // oxlint-disable-next-line react/no-array-index-key
          <li key={`${at} ${index}`} className="relative flex gap-3 pb-3 last:pb-1">
            {index < entries.length - 1 && (
              <span aria-hidden className="absolute top-4 bottom-0 left-[5.5px] w-px bg-line" />
            )}
            <span className="mt-1">
              <Glyph tone={tone} />
            </span>
            <span className="min-w-0 flex-1">
              <span className="font-medium">{word}</span> <span className="text-soft">{hint}</span>
            </span>
            <span className="whitespace-nowrap text-faint" title={formatExact(at)}>
              <RelativeTime at={at} />
            </span>
          </li>
        )
      })}
    </ol>
  )
}
