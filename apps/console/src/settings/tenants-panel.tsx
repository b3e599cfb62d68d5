'use client'
/** The tenants of the platform. */
import { useState } from 'react'
import { CreateTenantDocument, SettingsDocument, type SettingsQuery } from '../graphql/generated/documents.ts'
import { runMutation } from '../graphql/run-mutation.ts'
import { surfaceOf, useLiveQuery } from '../live/use-live-query.ts'
import { RelativeTime } from '../time/relative-time.tsx'
import { Button } from '../ui/button.tsx'
import type { Column } from '../ui/column.ts'
import { ConfirmDialog } from '../ui/confirm-dialog.tsx'
import { TextField } from '../ui/form.tsx'
import { Panel } from '../ui/page.tsx'
import { PlainTable } from '../ui/plain-table.tsx'
import { RowsSkeleton } from '../ui/skeleton.tsx'
import { Surface } from '../ui/surface.tsx'
import { useRole } from '../viewer/viewer-context.tsx'
import { whyNoTenants } from '../viewer/viewer-rules.ts'

type Tenant = SettingsQuery['tenants'][number]

const PACE_MS = 10_000

export function TenantsPanel() {
  const answer = useLiveQuery(SettingsDocument, {}, { paceMs: PACE_MS })
  const [isCreating, setCreating] = useState(false)
  const [name, setName] = useState('')
  const reason = whyNoTenants(useRole())
  const close = (): void => {
    setCreating(false)
    answer.refreshSoon()
  }
  return (
    <Panel
      title="Tenants"
      aside={
        <Button size="small" icon="plus" disabledReason={reason} onClick={() => setCreating(true)}>
          New tenant
        </Button>
      }
    >
      <Surface
        state={surfaceOf(answer)}
        what="Tenants"
        skeleton={<RowsSkeleton rows={2} />}
        isEmpty={({ tenants }) => tenants.length === 0}
        empty={<p className="px-4 py-3 text-soft">There is no tenant.</p>}
      >
        {({ tenants }) => (
          <PlainTable label="Tenants" columns={COLUMNS} rows={tenants} rowId={({ id }) => id} minWidth={30} />
        )}
      </Surface>
      {isCreating && (
        <ConfirmDialog
          title="New tenant"
          description="Nothing of one tenant is ever visible to another. Make a token for its administrator next."
          verb="Create tenant"
          act={() => runMutation(CreateTenantDocument, { name: name.trim() }, (result) => result.createTenant.problem)}
          onClose={close}
        >
          <div className="mt-4">
            <TextField
              label="Name"
              hint="Lower-case letters, digits and dashes; at most 63."
              autoComplete="off"
              value={name}
              onChange={(event) => setName(event.target.value)}
            />
          </div>
        </ConfirmDialog>
      )}
    </Panel>
  )
}

const COLUMNS: readonly Column<Tenant>[] = [
  { id: 'name', header: 'Name', cell: ({ name }) => <span className="font-medium">{name}</span> },
  { id: 'created', header: 'Made', width: 8, cell: ({ createdAt }) => <RelativeTime at={createdAt} /> },
]
