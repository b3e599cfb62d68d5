'use client'
/** Closes the sessions that are marked, after saying how many, and of what. */
import { useMemo, useState } from 'react'
import { plural } from '../format/quantity.ts'
import { CloseSessionsDocument, type SessionRowFragment } from '../graphql/generated/documents.ts'
import { browserClient } from '../graphql/browser-client.ts'
import type { ActionOutcome } from '../ui/action.ts'
import { Button } from '../ui/button.tsx'
import { ConfirmDialog } from '../ui/confirm.tsx'
import { useRole } from '../viewer/viewer-context.tsx'
import { whyNoSessions } from '../viewer/viewer-rules.ts'

type BulkCloseProps = { readonly marked: readonly SessionRowFragment[]; readonly clear: () => void }

/** As many as the API takes at once. */
const AT_ONCE = 500

export function BulkClose({ marked, clear }: BulkCloseProps) {
  const [asked, setAsked] = useState<readonly SessionRowFragment[] | null>(null)
  const reason = whyNoSessions(useRole())
  const open = useMemo(() => marked.filter(({ phase }) => phase !== 'CLOSED' && phase !== 'CLOSING'), [marked])
  return (
    <div
      role="region"
      aria-label="Marked sessions"
      className="flex items-center gap-3 rounded-lg border border-ember/50 bg-ember-soft px-3 py-1.5"
    >
      <span className="font-medium" role="status">
        {plural(marked.length, 'session')} marked
      </span>
      <Button
        size="small"
        look="danger"
        disabledReason={reason ?? (open.length === 0 ? 'All of them are closed or closing.' : null)}
        onClick={() => setAsked(open)}
      >
        Close {plural(open.length, 'session')}…
      </Button>
      <Button size="small" look="ghost" onClick={clear}>
        Unmark all
      </Button>
      {asked !== null && (
        <ConfirmDialog
          title={`Close ${plural(asked.length, 'session')}?`}
          description={`${byApplication(asked)}. Their clients get their grace to leave; their endpoints end with them. This cannot be undone.`}
          verb={`Close ${plural(asked.length, 'session')}`}
          isDangerous
          act={async () => {
            const outcome = await closeAll(asked.map(({ id }) => id))
            if (outcome.kind === 'done') clear()
            return outcome
          }}
          onClose={() => setAsked(null)}
        />
      )}
    </div>
  )
}

/** One batch after the other; what failed is said, what was closed stays closed. */
async function closeAll(ids: readonly string[]): Promise<ActionOutcome> {
  const problems: string[] = []
  try {
    for (let first = 0; first < ids.length; first += AT_ONCE) {
      const batch = ids.slice(first, first + AT_ONCE)
      const { closeSessions } = await browserClient().request(CloseSessionsDocument, { ids: batch })
      problems.push(...closeSessions.results.flatMap(({ problem }) => (problem === null ? [] : [problem.message])))
    }
  } catch (error) {
    problems.push(error instanceof Error ? error.message : String(error))
  }
  const [first] = problems
  if (first === undefined) return { kind: 'done' }
  return { kind: 'failed', message: problems.length === 1 ? first : `${first} (and ${problems.length - 1} more)` }
}

const NAMED_MAX = 3

function byApplication(sessions: readonly SessionRowFragment[]): string {
  const counts = new Map<string, number>()
  for (const { applicationName } of sessions) counts.set(applicationName, (counts.get(applicationName) ?? 0) + 1)
  const named = [...counts].toSorted((a, b) => b[1] - a[1])
  const words = named.slice(0, NAMED_MAX).map(([name, count]) => `${count} of ${name}`)
  const more = named.length - words.length
  return more > 0 ? `${words.join(', ')} and of ${plural(more, 'other application')}` : words.join(', ')
}
