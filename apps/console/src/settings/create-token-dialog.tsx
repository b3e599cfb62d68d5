'use client'
/** Makes a token: for whom, and for what. */
import { CreateApiTokenDocument } from '../graphql/generated/documents.ts'
import { runMutation } from '../graphql/run-mutation.ts'
import { useRole } from '../viewer/viewer-context.tsx'
import { GrantDialog, type Grant, type GrantDialogProps } from './grant-dialog.tsx'
import { grantableRoles } from './role-words.ts'

export function CreateTokenDialog(asked: Pick<GrantDialogProps, 'onMade' | 'onClose'>) {
  return (
    <GrantDialog
      {...asked}
      title="New token"
      description="Whoever has it can do what its role may do."
      nameHint="For people, to tell tokens apart."
      roles={grantableRoles(useRole())}
      verb="Make token"
      act={makeToken}
    />
  )
}

async function makeToken(input: Grant) {
  const outcome = await runMutation(CreateApiTokenDocument, { input }, (result) => result.createApiToken.problem)
  return { ...outcome, secret: outcome.result?.createApiToken.secret ?? null }
}
