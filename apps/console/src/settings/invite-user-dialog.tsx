'use client'
/** Adds a person who logs in with a password, which they set by an invitation. */
import { InviteUserDocument } from '../graphql/generated/documents.ts'
import { runMutation } from '../graphql/run-mutation.ts'
import { useRole } from '../viewer/viewer-context.tsx'
import { GrantDialog, type Grant, type GrantDialogProps } from './grant-dialog.tsx'
import { grantablePeople } from './role-words.ts'

export function InviteUserDialog(asked: Pick<GrantDialogProps, 'onMade' | 'onClose'>) {
  return (
    <GrantDialog
      {...asked}
      title="Invite user"
      description="They set a password with an invitation, and log in by name and password from then on."
      nameHint="What they log in with: a name or an address of mail."
      roles={grantablePeople(useRole())}
      verb="Invite"
      act={invite}
    />
  )
}

async function invite(input: Grant) {
  const outcome = await runMutation(InviteUserDocument, { input }, (result) => result.inviteUser.problem)
  return { ...outcome, secret: outcome.result?.inviteUser.invitation ?? null }
}
