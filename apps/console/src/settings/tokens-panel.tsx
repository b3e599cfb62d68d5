'use client'
/** The tokens that let people and programs in. */
import dynamic from 'next/dynamic'
import { useState } from 'react'
import { ApiTokensDocument, RevokeApiTokenDocument, type ApiTokensQuery } from '../graphql/generated/documents.ts'
import { runMutation } from '../graphql/run-mutation.ts'
import { surfaceOf, useLiveQuery } from '../live/use-live-query.ts'
import { RelativeTime } from '../time/relative-time.tsx'
import { Button } from '../ui/button.tsx'
import type { Column } from '../ui/column.ts'
import { ConfirmDialog } from '../ui/confirm.tsx'
import { Panel } from '../ui/page.tsx'
import { PlainTable } from '../ui/plain-table.tsx'
import { RowsSkeleton } from '../ui/skeleton.tsx'
import { Surface } from '../ui/surface.tsx'
import { useRole } from '../viewer/viewer-context.tsx'
import { whyNoTokens } from '../viewer/viewer-rules.ts'
import type { Granted } from './grant-dialog.tsx'

const CreateTokenDialog = dynamic(
  () => import('./create-token-dialog.tsx').then((module) => module.CreateTokenDialog),
  {
    ssr: false,
  },
)
const SecretDialog = dynamic(() => import('./secret-dialog.tsx').then((module) => module.SecretDialog), { ssr: false })

type Token = ApiTokensQuery['apiTokens'][number]
type Shown =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'creating' }
  | { readonly kind: 'secret'; readonly made: Granted }
  | { readonly kind: 'revoking'; readonly token: Token }

const PACE_MS = 10_000

export function TokensPanel() {
  const reason = whyNoTokens(useRole())
  if (reason !== null)
    return (
      <Panel title="Tokens">
        <p className="px-4 py-3 text-soft">{reason}</p>
      </Panel>
    )
  return <Tokens />
}

function Tokens() {
  const answer = useLiveQuery(ApiTokensDocument, {}, { paceMs: PACE_MS })
  const [shown, setShown] = useState<Shown>({ kind: 'nothing' })
  const hide = (): void => {
    setShown({ kind: 'nothing' })
    answer.refreshSoon()
  }
  return (
    <Panel
      title="Tokens"
      aside={
        <Button size="small" icon="plus" onClick={() => setShown({ kind: 'creating' })}>
          New token
        </Button>
      }
    >
      <Surface
        state={surfaceOf(answer)}
        what="Tokens"
        skeleton={<RowsSkeleton rows={3} />}
        isEmpty={({ apiTokens }) => apiTokens.length === 0}
        empty={<p className="px-4 py-3 text-soft">There is no token but the first administrator’s.</p>}
      >
        {({ apiTokens }) => (
          <PlainTable
            label="Tokens"
            columns={columnsOf((token) => setShown({ kind: 'revoking', token }))}
            rows={apiTokens}
            rowId={({ id }) => id}
            minWidth={44}
          />
        )}
      </Surface>
      {shown.kind === 'creating' && (
        <CreateTokenDialog
          onMade={(made) => setShown({ kind: 'secret', made })}
          onClose={() => setShown({ kind: 'nothing' })}
        />
      )}
      {shown.kind === 'secret' && (
        <SecretDialog title={`Token ${shown.made.name}`} secret={shown.made.secret} onClose={hide}>
          Copy it now: it is shown this once, and the core keeps only its fingerprint.
        </SecretDialog>
      )}
      {shown.kind === 'revoking' && (
        <ConfirmDialog
          title={`Revoke ${shown.token.name}?`}
          description="Whoever uses it is cut off at once. This cannot be undone."
          verb="Revoke"
          isDangerous
          typedWord={shown.token.name}
          act={() =>
            runMutation(RevokeApiTokenDocument, { id: shown.token.id }, (result) => result.revokeApiToken.problem)
          }
          onClose={hide}
        />
      )}
    </Panel>
  )
}

function columnsOf(revoke: (token: Token) => void): readonly Column<Token>[] {
  return [
    { id: 'name', header: 'Name', cell: ({ name }) => <span className="font-medium">{name}</span> },
    { id: 'role', header: 'Role', width: 8, cell: ({ role }) => role.toLowerCase() },
    { id: 'tenant', header: 'Tenant', width: 8, cell: ({ tenant }) => tenant },
    {
      id: 'used',
      header: 'Last used',
      width: 7,
      cell: ({ lastUsedAt }) =>
        lastUsedAt === null ? <span className="text-faint">never</span> : <RelativeTime at={lastUsedAt} />,
    },
    {
      id: 'ends',
      header: 'Ends',
      width: 7,
      cell: ({ expiresAt }) =>
        expiresAt === null ? <span className="text-faint">never</span> : <RelativeTime at={expiresAt} />,
    },
    {
      id: 'actions',
      header: '',
      width: 6,
      align: 'end',
      cell: (token) => (
        <Button size="small" look="ghost" aria-label={`Revoke ${token.name}`} onClick={() => revoke(token)}>
          Revoke…
        </Button>
      ),
    },
  ]
}
