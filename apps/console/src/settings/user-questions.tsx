'use client'
/** What is asked before a user is changed. */
import { useState } from 'react'
import {
  ChangeUserRoleDocument,
  RemoveUserDocument,
  ResetUserPasswordDocument,
  UsersDocument,
  type Role,
  type UsersQuery,
} from '../graphql/generated/documents.ts'
import { changedMeanwhile, runIfStill } from '../graphql/run-if-still.ts'
import { runMutation } from '../graphql/run-mutation.ts'
import type { Deed } from '../notices/notice-board.ts'
import { useNoticeBoard } from '../notices/notice-context.tsx'
import type { ActionOutcome } from '../ui/action.ts'
import { ConfirmDialog } from '../ui/confirm.tsx'
import { useRole } from '../viewer/viewer-context.tsx'
import { NO_SECRET, type Granted } from './grant-dialog.tsx'
import { RoleField } from './role-field.tsx'
import { grantablePeople } from './role-words.ts'

export type User = UsersQuery['users'][number]

type QuestionProps = { readonly user: User; readonly onClose: () => void }

/** Changes it while it is what somebody saw it to be. */
function changeRole({ id, name, role: seen }: Pick<User, 'id' | 'name' | 'role'>, role: Role): Promise<ActionOutcome> {
  const whyNot = ({ users }: UsersQuery): string | null => {
    const now = users.find((user) => user.id === id)
    if (now === undefined) return `${name} was removed meanwhile.`
    return now.role === seen ? null : changedMeanwhile(`The role of ${name}`)
  }
  return runIfStill({ document: UsersDocument, variables: {}, whyNot }, () =>
    runMutation(ChangeUserRoleDocument, { id, role }, (result) => result.changeUserRole.problem),
  )
}

/** Their logins stay ended: only the role comes back. */
function roleDeed({ id, name, role: former }: User, role: Role): Deed {
  return {
    about: `user ${id}`,
    done: `The role of ${name} is now ${role.toLowerCase()}.`,
    undone: `the role of ${name} is ${former.toLowerCase()} again.`,
    undo: () => changeRole({ id, name, role }, former),
  }
}

export function ChangeRoleDialog({ user, onClose }: QuestionProps) {
  const [role, setRole] = useState<Role>(user.role)
  const [before] = useState(user)
  const board = useNoticeBoard()
  const roles = grantablePeople(useRole())
  const act = async (): Promise<ActionOutcome> => {
    const outcome = await changeRole(before, role)
    if (outcome.kind === 'done') board.tell(roleDeed(before, role))
    return outcome
  }
  return (
    <ConfirmDialog
      title={`Change the role of ${user.name}`}
      description="Their logins end at once: they log in again with the new role."
      verb="Change role"
      disabledReason={role === user.role ? 'Choose another role first.' : null}
      act={act}
      onClose={onClose}
    >
      <div className="mt-4">
        <RoleField role={role} roles={roles} onChange={setRole} />
      </div>
    </ConfirmDialog>
  )
}

type ResetProps = QuestionProps & { readonly onReset: (granted: Granted) => void }

export function ResetPasswordDialog({ user, onClose, onReset }: ResetProps) {
  const act = async (): Promise<ActionOutcome> => {
    const outcome = await runMutation(
      ResetUserPasswordDocument,
      { id: user.id },
      (result) => result.resetUserPassword.problem,
    )
    const secret = outcome.result?.resetUserPassword.invitation ?? null
    if (outcome.kind === 'failed') return outcome
    if (secret === null) return { kind: 'failed', message: NO_SECRET }
    onReset({ name: user.name, secret })
    return outcome
  }
  return (
    <ConfirmDialog
      title={`Reset the password of ${user.name}?`}
      description="Their password is taken away and their logins end at once. They stay out until they set another one, with an invitation that you give them."
      verb="Reset password"
      isDangerous
      act={act}
      onDone={stay}
      onClose={onClose}
    />
  )
}

/** The invitation has taken the place of the question already. */
function stay(): void {
  return undefined
}

export function RemoveUserDialog({ user, onClose }: QuestionProps) {
  return (
    <ConfirmDialog
      title={`Remove ${user.name}?`}
      description="Their logins end at once, and the name is free for somebody else. What they did stays in the audit. This cannot be undone."
      verb="Remove"
      isDangerous
      typedWord={user.name}
      act={() => runMutation(RemoveUserDocument, { id: user.id }, (result) => result.removeUser.problem)}
      onClose={onClose}
    />
  )
}
