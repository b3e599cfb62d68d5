'use client'
/** What the list of sessions is narrowed to, each of which can be taken away again. */
import type { ReactNode } from 'react'
import { formatMs } from '../format/duration.ts'
import { formatClock } from '../format/instant-text.ts'
import type { CloseReason, SessionPhase } from '../graphql/generated/documents.ts'
import { Icon } from '../ui/icon.tsx'
import { ListFilter } from '../ui/list-filter.tsx'
import { Glyph } from '../ui/phase-mark.tsx'
import { Pick } from '../ui/segmented.tsx'
import type { ListView } from '../ui/use-list-view.ts'
import { CLOSE_REASONS, PHASES_IN_ORDER, REASONS_IN_ORDER, SESSION_PHASES } from './session-words.ts'
import type { SessionsWhere } from './sessions-where.ts'

/** Null takes it away. */
export type WhereChange = {
  readonly application?: null
  readonly node?: null
  readonly phase?: SessionPhase[] | null
  readonly reason?: CloseReason | null
  readonly start?: 'WARM' | 'COLD' | null
  readonly from?: null
  readonly until?: null
  readonly fromMs?: null
  readonly belowMs?: null
}

export type SessionFiltersProps = {
  readonly where: SessionsWhere
  readonly view: ListView
  readonly set: (next: WhereChange) => void
}

export function SessionFilters({ where, view, set }: SessionFiltersProps) {
  const { application, node, phases, reason, start } = where
  const cell = cellWords(where)
  return (
    <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
      <PhaseFilter phases={phases} onChange={(next) => set({ phase: next.length === 0 ? null : [...next] })} />
      <Pick
        label="Start"
        value={start ?? ''}
        options={STARTS}
        onChange={(id) => set({ start: id === 'WARM' || id === 'COLD' ? id : null })}
      />
      <Pick
        label="Ended"
        value={reason ?? ''}
        options={[
          { id: '', name: 'for any reason' },
          ...REASONS_IN_ORDER.map((id) => ({ id, name: CLOSE_REASONS[id] })),
        ]}
        onChange={(id) => set({ reason: REASONS_IN_ORDER.find((one) => one === id) ?? null })}
      />
      {application !== null && (
        <Chip
          label={`Show sessions of all applications, not only ${application}`}
          clear={() => set({ application: null })}
        >
          {application}
        </Chip>
      )}
      {node !== null && (
        <Chip label={`Show sessions on all nodes, not only ${node}`} clear={() => set({ node: null })}>
          on {node}
        </Chip>
      )}
      {cell !== null && (
        <Chip
          label="Show sessions of any latency"
          clear={() => set({ from: null, until: null, fromMs: null, belowMs: null })}
        >
          {cell}
        </Chip>
      )}
      <div className="ml-auto">
        <ListFilter view={view} what="sessions" />
      </div>
    </div>
  )
}

const STARTS = [
  { id: '', name: 'any' },
  { id: 'WARM', name: 'warm' },
  { id: 'COLD', name: 'cold' },
] as const

/** `opened in 50 ms to 60 ms, 14:02:10 to 14:02:20`. */
function cellWords({ from, until, fromMs, belowMs }: SessionsWhere): string | null {
  if (from === null && fromMs === null && until === null && belowMs === null) return null
  const latency =
    belowMs === null
      ? `opened in ${formatMs(fromMs ?? 0)} or more`
      : `opened in ${formatMs(fromMs ?? 0)} to ${formatMs(belowMs)}`
  const span = from === null || until === null ? '' : `, ${formatClock(from)} to ${formatClock(until)}`
  return `${latency}${span}`
}

type PhaseFilterProps = {
  readonly phases: readonly SessionPhase[]
  readonly onChange: (phases: readonly SessionPhase[]) => void
}

function PhaseFilter({ phases, onChange }: PhaseFilterProps) {
  return (
    <div role="group" aria-label="Phases" className="flex flex-wrap gap-1.5">
      {PHASES_IN_ORDER.map((phase) => {
        const isOn = phases.includes(phase)
        const { tone, word } = SESSION_PHASES[phase]
        return (
          <button
            key={phase}
            type="button"
            aria-pressed={isOn}
            onClick={() => onChange(isOn ? phases.filter((other) => other !== phase) : [...phases, phase])}
            className={`inline-flex h-7 items-center gap-1.5 rounded-full border px-2.5 text-xs font-medium transition-colors ${isOn ? 'border-line-strong bg-hover text-text' : 'border-line text-soft hover:bg-hover'}`}
          >
            <Glyph tone={tone} />
            {word}
          </button>
        )
      })}
    </div>
  )
}

type ChipProps = { readonly label: string; readonly clear: () => void; readonly children: ReactNode }

function Chip({ label, clear, children }: ChipProps) {
  return (
    <button
      type="button"
      onClick={clear}
      aria-label={label}
      className="inline-flex h-7 max-w-80 items-center gap-1.5 rounded-full border border-ember/50 bg-ember-soft px-2.5 text-xs font-medium text-ember"
    >
      <span className="truncate">{children}</span>
      <Icon name="close" className="!size-3" />
    </button>
  )
}
