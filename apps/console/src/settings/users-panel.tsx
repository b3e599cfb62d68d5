'use client'
/** The people who log in with a password. */
import dynamic from 'next/dynamic'
import { useState } from 'react'
import { UsersDocument } from '../graphql/generated/documents.ts'
import { surfaceOf, useLiveQuery } from '../live/use-live-query.ts'
import { instantMs } from '../time/instant.ts'
import { useNow } from '../time/now.tsx'
import { RelativeTime } from '../time/relative-time.tsx'
import { useUndoCount } from '../notices/notice-context.tsx'
import { Button } from '../ui/button.tsx'
import type { Column } from '../ui/column.ts'
import { Panel } from '../ui/page.tsx'
import { PhaseMark } from '../ui/phase-mark.tsx'
import { PlainTable } from '../ui/plain-table.tsx'
import { RowsSkeleton } from '../ui/skeleton.tsx'
import { Surface } from '../ui/surface.tsx'
import { useRole } from '../viewer/viewer-context.tsx'
import { whyNoUsers } from '../viewer/viewer-rules.ts'
import type { Granted } from './grant-dialog.tsx'
import type { User } from './user-questions.tsx'

const ActionMenu = dynamic(() => import('../ui/menu.tsx').then((module) => module.ActionMenu), { ssr: false })
const UserWindows = dynamic(() => import('./user-windows.tsx').then((module) => module.UserWindows), { ssr: false })

/** What stands over the page. */
export type UserWindow =
  | { readonly kind: 'inviting' }
  | { readonly kind: 'invited'; readonly granted: Granted }
  | { readonly kind: 'role'; readonly user: User }
  | { readonly kind: 'reset'; readonly user: User }
  | { readonly kind: 'remove'; readonly user: User }

const PACE_MS = 10_000

export function UsersPanel() {
  const reason = whyNoUsers(useRole())
  if (reason !== null)
    return (
      <Panel title="Users">
        <p className="px-4 py-3 text-soft">{reason}</p>
      </Panel>
    )
  return <Users />
}

function Users() {
  const answer = useLiveQuery(UsersDocument, {}, { paceMs: PACE_MS, on: useUndoCount() })
  const [shown, setShown] = useState<UserWindow | null>(null)
  const show = (next: UserWindow | null): void => {
    setShown(next)
    answer.refreshSoon()
  }
  return (
    <Panel
      title="Users"
      aside={
        <Button size="small" icon="plus" onClick={() => show({ kind: 'inviting' })}>
          Invite user
        </Button>
      }
    >
      <Surface
        state={surfaceOf(answer)}
        what="Users"
        skeleton={<RowsSkeleton rows={2} />}
        isEmpty={({ users }) => users.length === 0}
        empty={
          <p className="px-4 py-3 text-soft">Nobody logs in with a password. People may use tokens, or an issuer.</p>
        }
      >
        {({ users }) => (
          <PlainTable label="Users" columns={columnsOf(show)} rows={users} rowId={({ id }) => id} minWidth={44} />
        )}
      </Surface>
      {shown !== null && <UserWindows shown={shown} show={show} />}
    </Panel>
  )
}

function columnsOf(show: (next: UserWindow) => void): readonly Column<User>[] {
  return [
    {
      id: 'name',
      header: 'Name',
      cell: ({ name }) => (
        <span className="font-medium" title={name}>
          {name}
        </span>
      ),
    },
    { id: 'role', header: 'Role', width: 7, cell: ({ role }) => role.toLowerCase() },
    { id: 'tenant', header: 'Tenant', width: 7, cell: ({ tenant }) => <span title={tenant}>{tenant}</span> },
    { id: 'state', header: 'State', width: 10, cell: (user) => <StateOf user={user} /> },
    {
      id: 'login',
      header: 'Last login',
      width: 7,
      cell: ({ lastLoginAt }) =>
        lastLoginAt === null ? <span className="text-faint">never</span> : <RelativeTime at={lastLoginAt} />,
    },
    {
      id: 'actions',
      header: '',
      width: 3.5,
      align: 'end',
      cell: (user) => (
        <ActionMenu
          label={`Actions for ${user.name}`}
          actions={[
            { label: 'Change role…', onSelect: () => show({ kind: 'role', user }) },
            { label: 'Reset password…', onSelect: () => show({ kind: 'reset', user }) },
            { label: 'Remove…', onSelect: () => show({ kind: 'remove', user }), isDangerous: true },
          ]}
        />
      ),
    },
  ]
}

/** An invitation that has ended lets nobody in. */
function StateOf({ user: { hasRegistered, invitationExpiresAt } }: { readonly user: User }) {
  const endsAtMs = invitationExpiresAt === null ? 0 : instantMs(invitationExpiresAt)
  const isOver = useNow((nowMs) => endsAtMs <= nowMs)
  if (hasRegistered) return <PhaseMark word="Has a password" tone="ready" />
  if (invitationExpiresAt === null || isOver) return <PhaseMark word="Invitation ended" tone="warn" />
  return (
    <span>
      Invited, ends <RelativeTime at={invitationExpiresAt} />
    </span>
  )
}
