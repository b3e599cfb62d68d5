'use client'
/** Deletes an application, after its name was typed: nothing brings it back. */
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { plural } from '../format/quantity.ts'
import { DeleteApplicationDocument, type ApplicationRowFragment } from '../graphql/generated/documents.ts'
import { runMutation } from '../graphql/run-mutation.ts'
import { paths } from '../path-builder.ts'
import { ConfirmDialog } from '../ui/confirm-dialog.tsx'

type DeleteProps = { readonly application: ApplicationRowFragment; readonly close: () => void }

export function DeleteApplicationDialog({ application, close }: DeleteProps) {
  const { name, revision, sessionCount, pool } = application
  const [seen] = useState(revision)
  const router = useRouter()
  const act = async () => {
    const input = { application: name, revision: seen }
    const outcome = await runMutation(
      DeleteApplicationDocument,
      { input },
      (result) => result.deleteApplication.problem,
    )
    if (outcome.kind === 'done') router.push(paths.applications())
    return outcome
  }
  return (
    <ConfirmDialog
      title={`Delete ${name}?`}
      description={`${plural(sessionCount, 'session')} will be closed, ${plural(pool.total, 'pod')} will end, and its versions are forgotten. This cannot be undone.`}
      verb="Delete"
      isDangerous
      typedWord={name}
      act={act}
      onClose={close}
    />
  )
}
