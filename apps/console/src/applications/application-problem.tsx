'use client'
/** What keeps an application from being as it was asked to be, with the last words of its pods. */
import { plural } from '../format/quantity.ts'
import { sentence } from '../format/sentence.ts'
import type { ApplicationRowFragment } from '../graphql/generated/documents.ts'
import { instantMs } from '../time/instant.ts'
import { useNow } from '../time/now.tsx'
import { RelativeTime } from '../time/relative-time.tsx'
import { Icon } from '../ui/icon.tsx'
import { LogLines } from '../ui/log-lines.tsx'

type ProblemProps = { readonly problem: NonNullable<ApplicationRowFragment['problem']> }

export function ApplicationProblem({ problem }: ProblemProps) {
  return (
    <section aria-label="Problem" className="rounded-xl border border-danger/40 bg-danger-soft/60 p-4">
      <div className="flex items-start gap-2.5">
        <Icon name="warning" className="mt-0.5 text-danger" />
        <div className="min-w-0 flex-1">
          <p className="font-semibold [overflow-wrap:anywhere]">{sentence(problem.message)}</p>
          <p className="text-soft">
            Since <RelativeTime at={problem.since} />
            {problem.failureCount > 0 && <>, {plural(problem.failureCount, 'failure')} in a row</>}
            {problem.isRollOutHalted && ', the roll-out is halted'}.{' '}
            {problem.retryAt === null ? (
              'The next attempt waits for a change of the application.'
            ) : (
              <NextAttempt at={problem.retryAt} />
            )}
          </p>
        </div>
      </div>
      {problem.lastLogLines.length > 0 && (
        <div className="mt-3">
          <p className="mb-1 text-xs font-medium text-soft">The last lines its pod wrote</p>
          <LogLines
            label="Last lines of the failed pod"
            lines={problem.lastLogLines.map((text) => ({ text, isError: false }))}
          />
        </div>
      )}
    </section>
  )
}

function NextAttempt({ at }: { readonly at: string }) {
  const atMs = instantMs(at)
  const isDue = useNow((nowMs) => nowMs >= atMs)
  if (isDue) return 'The next attempt is due.'
  return (
    <>
      Next attempt <RelativeTime at={at} />.
    </>
  )
}
