'use client'
/** The tenants of the platform: what each has, of what it may have. */
import dynamic from 'next/dynamic'
import { useState, type ReactNode } from 'react'
import { formatBytes, formatCount, formatCpus } from '../format/quantity.ts'
import {
  CreateTenantDocument,
  TenantsDocument,
  type TenantPhase,
  type TenantsQuery,
} from '../graphql/generated/documents.ts'
import { runMutation } from '../graphql/run-mutation.ts'
import { surfaceOf, useLiveQuery } from '../live/use-live-query.ts'
import { useNoticeBoard, useUndoCount } from '../notices/notice-context.tsx'
import { Button } from '../ui/button.tsx'
import type { Column } from '../ui/column.ts'
import { ConfirmDialog } from '../ui/confirm.tsx'
import { TextField } from '../ui/form.tsx'
import { Panel } from '../ui/page.tsx'
import { PhaseMark, type Tone } from '../ui/phase-mark.tsx'
import { PlainTable } from '../ui/plain-table.tsx'
import { RowsSkeleton } from '../ui/skeleton.tsx'
import { Surface } from '../ui/surface.tsx'
import { useRole } from '../viewer/viewer-context.tsx'
import { whyNoTenants } from '../viewer/viewer-rules.ts'
import { resume, resumeDeed, suspend, suspendDeed } from './tenant-deeds.ts'

/** Menus are heavy, and the table can be read without them. */
const ActionMenu = dynamic(() => import('../ui/menu.tsx').then((module) => module.ActionMenu), { ssr: false })

const QuotaDialog = dynamic(() => import('./quota-dialog.tsx').then((module) => module.QuotaDialog), { ssr: false })

type Tenant = TenantsQuery['tenants'][number]
type Asking = { readonly kind: 'quotas' | 'suspend' | 'resume'; readonly tenant: Tenant } | { readonly kind: 'create' }

const PACE_MS = 5_000

export function TenantsPanel() {
  const answer = useLiveQuery(TenantsDocument, {}, { paceMs: PACE_MS, on: useUndoCount() })
  const [asking, setAsking] = useState<Asking | null>(null)
  const reason = whyNoTenants(useRole())
  const close = (): void => {
    setAsking(null)
    answer.refreshSoon()
  }
  return (
    <Panel
      title="Tenants"
      aside={
        <Button size="small" icon="plus" disabledReason={reason} onClick={() => setAsking({ kind: 'create' })}>
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
          <PlainTable
            label="Tenants"
            columns={columnsOf(reason, setAsking)}
            rows={tenants}
            rowId={({ id }) => id}
            minWidth={46}
          />
        )}
      </Surface>
      {asking !== null && <Question asking={asking} close={close} />}
    </Panel>
  )
}

function Question({ asking, close }: { readonly asking: Asking; readonly close: () => void }) {
  const board = useNoticeBoard()
  /** Does it, and offers to take it back. */
  const actWith = (act: typeof suspend, deedOf: typeof suspendDeed, name: string) => async () => {
    const outcome = await act(name)
    if (outcome.isOurs) board.tell(deedOf(name))
    return outcome
  }
  if (asking.kind === 'create') return <CreateTenant close={close} />
  const { kind, tenant } = asking
  if (kind === 'quotas') return <QuotaDialog tenant={tenant} onClose={close} />
  if (kind === 'suspend')
    return (
      <ConfirmDialog
        title={`Suspend ${tenant.name}?`}
        description="It opens no sessions until it is resumed. Those that are open go on."
        verb="Suspend"
        isDangerous
        act={actWith(suspend, suspendDeed, tenant.name)}
        onClose={close}
      />
    )
  return (
    <ConfirmDialog
      title={`Resume ${tenant.name}?`}
      description="It may open sessions again."
      verb="Resume"
      act={actWith(resume, resumeDeed, tenant.name)}
      onClose={close}
    />
  )
}

function CreateTenant({ close }: { readonly close: () => void }) {
  const [name, setName] = useState('')
  return (
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
  )
}

const PHASES: Readonly<Record<TenantPhase, { readonly word: string; readonly tone: Tone }>> = {
  ACTIVE: { word: 'Active', tone: 'ready' },
  SUSPENDED: { word: 'Suspended', tone: 'warn' },
  DELETING: { word: 'Deleting', tone: 'leaving' },
}

function columnsOf(reason: string | null, ask: (asking: Asking) => void): readonly Column<Tenant>[] {
  const used = (header: string, width: number, of: (tenant: Tenant) => ReactNode): Column<Tenant> => {
    return { id: header, header, width, align: 'end', cell: of }
  }
  return [
    { id: 'name', header: 'Name', cell: ({ name }) => <span className="font-medium">{name}</span> },
    { id: 'phase', header: 'Phase', width: 7.5, cell: ({ phase }) => <PhaseMark {...PHASES[phase]} /> },
    used('Sessions', 7, ({ usage, quotas }) => (
      <Of used={usage.sessions} most={quotas.sessions} format={formatCount} />
    )),
    used('Pods', 7, ({ usage, quotas }) => <Of used={usage.pods} most={quotas.pods} format={formatCount} />),
    used('CPU', 6.5, ({ usage, quotas }) => <Of used={usage.cpuMillis} most={quotas.cpuMillis} format={formatCpus} />),
    used('Memory', 9, ({ usage, quotas }) => (
      <Of used={usage.memoryBytes} most={quotas.memoryBytes} format={formatBytes} />
    )),
    {
      id: 'actions',
      header: '',
      width: 3.5,
      align: 'end',
      cell: (tenant) => (
        <ActionMenu
          label={`Actions for ${tenant.name}`}
          actions={[
            { label: 'Quotas…', onSelect: () => ask({ kind: 'quotas', tenant }), disabledReason: reason },
            tenant.phase === 'SUSPENDED'
              ? { label: 'Resume…', onSelect: () => ask({ kind: 'resume', tenant }), disabledReason: reason }
              : {
                  label: 'Suspend…',
                  onSelect: () => ask({ kind: 'suspend', tenant }),
                  disabledReason: reason ?? (tenant.phase === 'DELETING' ? 'It is being deleted.' : null),
                  isDangerous: true,
                },
          ]}
        />
      ),
    },
  ]
}

type OfProps = { readonly used: number; readonly most: number | null; readonly format: (value: number) => string }

function Of({ used, most, format }: OfProps) {
  const isFull = most !== null && used >= most
  return (
    <span className={isFull ? 'font-medium text-warn' : ''}>
      {format(used)} {most !== null && <span className={isFull ? '' : 'text-faint'}>of {format(most)}</span>}
    </span>
  )
}
