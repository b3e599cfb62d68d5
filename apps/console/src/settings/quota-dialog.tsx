'use client'
/** Sets the most that a tenant may have. */
import { useMemo, useState } from 'react'
import type { TenantsQuery } from '../graphql/generated/documents.ts'
import { useNoticeBoard } from '../notices/notice-context.tsx'
import type { ActionOutcome } from '../ui/action.ts'
import { ConfirmDialog } from '../ui/confirm-dialog.tsx'
import { TextField } from '../ui/form.tsx'
import { QUOTA_FIELDS, toQuotasInput, typedQuotasOf, type QuotaField } from './quota-input.ts'
import { changeQuotas, quotasDeed } from './tenant-deeds.ts'

type QuotaDialogProps = { readonly tenant: TenantsQuery['tenants'][number]; readonly onClose: () => void }

const LABELS: Readonly<Record<QuotaField, string>> = {
  sessions: 'Open sessions',
  pods: 'Pods',
  opensPerSecond: 'Sessions asked for in a second',
  cpus: 'CPUs of its pods',
  memoryGib: 'Memory of its pods (GiB)',
}

export function QuotaDialog({ tenant, onClose }: QuotaDialogProps) {
  const [before] = useState(tenant.quotas)
  const [typed, setTyped] = useState(() => typedQuotasOf(before))
  const board = useNoticeBoard()
  const verdict = useMemo(() => toQuotasInput(tenant.name, typed), [tenant.name, typed])
  const act = async (): Promise<ActionOutcome> => {
    if (verdict.kind === 'problems') return { kind: 'failed', message: 'Some fields are not right yet.' }
    const outcome = await changeQuotas(before, verdict.input)
    if (outcome.kind === 'done') board.tell(quotasDeed(before, verdict.input))
    return outcome
  }
  return (
    <ConfirmDialog
      title={`Quotas of ${tenant.name}`}
      description="Nothing typed: as much as there is. What the tenant has already stays, however much that is."
      verb="Save quotas"
      act={act}
      onClose={onClose}
    >
      <div className="mt-4 grid grid-cols-2 gap-x-4 gap-y-3">
        {QUOTA_FIELDS.map((field) => (
          <TextField
            key={field}
            label={LABELS[field]}
            inputMode="decimal"
            autoComplete="off"
            placeholder="no bound"
            value={typed[field]}
            onChange={(event) => setTyped({ ...typed, [field]: event.target.value })}
            problem={verdict.kind === 'problems' ? verdict.problems[field] : null}
          />
        ))}
      </div>
    </ConfirmDialog>
  )
}
