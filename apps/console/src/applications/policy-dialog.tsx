'use client'
/** Edits a scaling policy, and shows what it would have done in the last hour before it is saved. */
import { useMemo, useState } from 'react'
import { formatBytes, formatCount, formatShare, plural } from '../format/quantity.ts'
import {
  PolicyPreviewDocument,
  UpdatePolicyDocument,
  type ApplicationRowFragment,
  type PolicyFactsFragment,
  type ScalingPolicyInput,
} from '../graphql/generated/documents.ts'
import { runMutation } from '../graphql/run-mutation.ts'
import { surfaceOf, useLiveQuery } from '../live/use-live-query.ts'
import { useNoticeBoard } from '../notices/notice-context.tsx'
import { Button } from '../ui/button.tsx'
import { Dialog, DialogActions } from '../ui/dialog.tsx'
import { FormProblem } from '../ui/form.tsx'
import { RowsSkeleton } from '../ui/skeleton.tsx'
import { Surface } from '../ui/surface.tsx'
import { policyDeed } from './application-deeds.ts'
import { PolicyFields } from './policy-fields.tsx'
import { policyFieldOf, toPolicyInput, typedPolicyOf, type PolicyProblems } from './policy-input.ts'

type PolicyDialogProps = { readonly application: ApplicationRowFragment; readonly close: () => void }

const NO_PROBLEMS: PolicyProblems = {}

export function PolicyDialog({ application, close }: PolicyDialogProps) {
  const [typed, setTyped] = useState(() => typedPolicyOf(application.scalingPolicy))
  const { refused, setRefused, isBusy, save } = useSaving(application, close)
  const verdict = useMemo(() => toPolicyInput(typed), [typed])
  const refusedField = refused?.field === undefined ? null : policyFieldOf(refused.field)
  const ownProblems = verdict.kind === 'problems' ? verdict.problems : NO_PROBLEMS
  const problems = refusedField === null ? ownProblems : { ...ownProblems, [refusedField]: refused?.message }
  return (
    <Dialog isOpen onOpenChange={close} title={`Scaling policy of ${application.name}`} isWide>
      <form
        className="mt-4 grid gap-5 sm:grid-cols-[1fr_15rem]"
        onSubmit={(event) => {
          event.preventDefault()
          if (verdict.kind === 'input' && !isBusy) void save(verdict.input)
        }}
      >
        <PolicyFields
          typed={typed}
          problems={problems}
          onType={(change) => {
            setTyped({ ...typed, ...change })
            setRefused(null)
          }}
        />
        <section aria-label="In the last hour" className="rounded-lg border border-line bg-sunken">
          {verdict.kind === 'input' ? (
            <Preview application={application.name} scalingPolicy={verdict.input} />
          ) : (
            <p className="p-3 text-soft">The preview comes when every field is right.</p>
          )}
        </section>
        <div className="sm:col-span-2">
          {refused !== null && refusedField === null && <FormProblem>{refused.message}</FormProblem>}
          <DialogActions>
            <Button onClick={close}>Cancel</Button>
            <Button
              type="submit"
              look="primary"
              isBusy={isBusy}
              disabledReason={verdict.kind === 'input' ? null : 'Some fields are not right yet.'}
            >
              Save policy
            </Button>
          </DialogActions>
        </div>
      </form>
    </Dialog>
  )
}

type Refusal = { readonly message: string; readonly field?: string }

/** Saves a policy, and offers to take it back; or tells why it was refused. */
function useSaving(application: ApplicationRowFragment, close: () => void) {
  const [refused, setRefused] = useState<Refusal | null>(null)
  const [isBusy, setBusy] = useState(false)
  const board = useNoticeBoard()
  // What it was edited from: somebody else's change in between is refused, not overwritten.
  const [before] = useState(application)
  const save = async (scalingPolicy: ScalingPolicyInput): Promise<void> => {
    setBusy(true)
    const input = { application: before.name, revision: before.revision, scalingPolicy }
    const outcome = await runMutation(UpdatePolicyDocument, { input }, (result) => result.updateScalingPolicy.problem)
    setBusy(false)
    if (outcome.kind === 'failed') return setRefused(outcome)
    const revision = outcome.result?.updateScalingPolicy.application?.revision
    if (revision !== undefined) board.tell(policyDeed(before, revision))
    close()
  }
  return { refused, setRefused, isBusy, save }
}

type PreviewProps = { readonly application: string; readonly scalingPolicy: ScalingPolicyInput }

/** The demand of the last hour, replayed with both policies. */
function Preview({ application, scalingPolicy }: PreviewProps) {
  const answer = useLiveQuery(PolicyPreviewDocument, { application, scalingPolicy }, { paceMs: 10_000 })
  return (
    <Surface
      state={surfaceOf(answer)}
      what="The preview"
      skeleton={<RowsSkeleton rows={4} />}
      isEmpty={({ scalingPolicyPreview: preview }) => preview === null || preview.proposed === null}
      empty={
        <p className="p-3 text-soft">
          {wordsOf(answer.value?.scalingPolicyPreview?.problem) ?? 'The application is gone.'}
        </p>
      }
    >
      {({ scalingPolicyPreview: preview }) =>
        preview !== null &&
        preview.proposed !== null && (
          <>
            <p className="border-b border-line px-3 py-2 text-xs text-soft">
              The last hour once more: {plural(preview.sessionCount, 'session')}
            </p>
            <table className="w-full text-xs" aria-label="What the policy would have done">
              <thead className="text-faint">
                <tr>
                  <th scope="col" className="px-3 py-1.5 text-left font-medium">
                    <span className="sr-only">What</span>
                  </th>
                  <th scope="col" className="px-2 py-1.5 text-right font-medium">
                    now
                  </th>
                  <th scope="col" className="px-3 py-1.5 text-right font-medium">
                    then
                  </th>
                </tr>
              </thead>
              <tbody>
                {OUTCOMES.map(([name, say]) => (
                  <tr key={name} className="border-t border-line/60">
                    <th scope="row" className="px-3 py-1.5 text-left font-normal text-soft">
                      {name}
                    </th>
                    <td className="px-2 py-1.5 text-right text-soft">
                      {preview.current === null ? '–' : say(preview.current)}
                    </td>
                    <td className="px-3 py-1.5 text-right font-medium">
                      {preview.proposed === null ? '–' : say(preview.proposed)}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </>
        )
      }
    </Surface>
  )
}

function wordsOf(problem: { readonly message: string } | null | undefined): string | undefined {
  return problem?.message
}

const OUTCOMES: readonly (readonly [string, (outcome: PolicyFactsFragment) => string])[] = [
  ['Served warm', ({ hitRate }) => (hitRate === null ? '–' : (formatShare(hitRate, 1) ?? '–'))],
  ['Cold starts', ({ coldStarts }) => formatCount(coldStarts)],
  ['Most waiting', ({ waitingMax }) => formatCount(waitingMax)],
  ['Most pods', ({ podsMax }) => formatCount(podsMax)],
  ['Standby, mean', ({ standbyMean }) => String(Number(standbyMean.toFixed(1)))],
  ['Idle memory', ({ idleMemoryBytes }) => formatBytes(idleMemoryBytes)],
]
