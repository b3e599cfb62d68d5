'use client'
/** Rolls out a new version of an application. */
import { useMemo, useState } from 'react'
import {
  PublishVersionDocument,
  type ApplicationRowFragment,
  type ApplicationVersionInput,
} from '../graphql/generated/documents.ts'
import { runMutation } from '../graphql/run-mutation.ts'
import { useNoticeBoard } from '../notices/notice-context.tsx'
import { Button } from '../ui/button.tsx'
import { Dialog, DialogActions } from '../ui/dialog.tsx'
import { FormProblem } from '../ui/form.tsx'
import { versionDeed } from './application-deeds.ts'
import { VersionFields, versionFieldOf } from './version-fields.tsx'
import { toVersionInput, typedVersionOf, type VersionProblems } from './version-input.ts'

type VersionDialogProps = { readonly application: ApplicationRowFragment; readonly close: () => void }

const NO_PROBLEMS: VersionProblems = {}

export function VersionDialog({ application, close }: VersionDialogProps) {
  const { name, version } = application
  const [before] = useState(application)
  const board = useNoticeBoard()
  const [typed, setTyped] = useState(() => typedVersionOf(version))
  const [isTried, setTried] = useState(false)
  const [refused, setRefused] = useState<{ readonly message: string; readonly field?: string } | null>(null)
  const [isBusy, setBusy] = useState(false)
  const verdict = useMemo(() => toVersionInput(typed), [typed])
  const refusedField = refused?.field === undefined ? null : versionFieldOf(refused.field)
  const ownProblems = isTried && verdict.kind === 'problems' ? verdict.problems : NO_PROBLEMS
  const problems = refusedField === null ? ownProblems : { ...ownProblems, [refusedField]: refused?.message }
  const publish = async (input: ApplicationVersionInput): Promise<void> => {
    setBusy(true)
    const outcome = await runMutation(
      PublishVersionDocument,
      { input: { application: name, revision: before.revision, version: input } },
      (result) => result.publishApplicationVersion.problem,
    )
    setBusy(false)
    if (outcome.kind === 'failed') return setRefused(outcome)
    const after = outcome.result?.publishApplicationVersion.application ?? null
    if (after !== null) board.tell(versionDeed(before, after))
    close()
  }
  return (
    <Dialog
      isOpen
      onOpenChange={close}
      isWide
      title={`Roll out v${version.number + 1} of ${name}`}
      description={`It starts from v${version.number}. Pods of v${version.number} stay until one of the new version is ready; open sessions end on the version they began on.`}
    >
      <form
        className="mt-4"
        onSubmit={(event) => {
          event.preventDefault()
          setTried(true)
          if (verdict.kind === 'input' && !isBusy) void publish(verdict.input)
        }}
      >
        <VersionFields
          typed={typed}
          problems={problems}
          onType={(change) => {
            setTyped({ ...typed, ...change })
            setRefused(null)
          }}
        />
        {refused !== null && refusedField === null && <FormProblem>{refused.message}</FormProblem>}
        <DialogActions>
          <Button onClick={close}>Cancel</Button>
          <Button type="submit" look="primary" isBusy={isBusy}>
            Roll out
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  )
}
