'use client'
/** The windows over the list of users, loaded when the first is opened. */
import { unreachable } from '@fornax/kernel/assert'
import { InviteUserDialog } from './invite-user-dialog.tsx'
import { SecretDialog } from './secret-dialog.tsx'
import { ChangeRoleDialog, RemoveUserDialog, ResetPasswordDialog } from './user-questions.tsx'
import type { UserWindow } from './users-panel.tsx'

type WindowsProps = { readonly shown: UserWindow; readonly show: (next: UserWindow | null) => void }

export function UserWindows({ shown, show }: WindowsProps) {
  const close = (): void => show(null)
  switch (shown.kind) {
    case 'inviting':
      return <InviteUserDialog onMade={(granted) => show({ kind: 'invited', granted })} onClose={close} />
    case 'invited':
      return (
        <SecretDialog title={`Invitation for ${shown.granted.name}`} secret={shown.granted.secret} onClose={close}>
          Give it to them now: it is shown this once. They set a password with it on the page /register, within seven
          days.
        </SecretDialog>
      )
    case 'role':
      return <ChangeRoleDialog user={shown.user} onClose={close} />
    case 'reset':
      return (
        <ResetPasswordDialog
          user={shown.user}
          onReset={(granted) => show({ kind: 'invited', granted })}
          onClose={close}
        />
      )
    case 'remove':
      return <RemoveUserDialog user={shown.user} onClose={close} />
    default:
      return unreachable(shown)
  }
}
