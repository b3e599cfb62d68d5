'use client'
/** Gives somebody a role in a tenant, and gets the secret by which they come in. */
import { useState, type FormEvent } from 'react'
import { TenantNamesDocument, type Role } from '../graphql/generated/documents.ts'
import type { ActionOutcome } from '../ui/action.ts'
import { Button } from '../ui/button.tsx'
import { Dialog, DialogActions } from '../ui/dialog.tsx'
import { FormProblem, SelectField, TextField } from '../ui/form.tsx'
import { useQuery } from '../ui/use-query.ts'
import { useViewer } from '../viewer/viewer-context.tsx'
import { RoleField } from './role-field.tsx'

export type Grant = { readonly name: string; readonly role: Role; readonly tenant?: string }
/** What is shown once. */
export type Granted = { readonly name: string; readonly secret: string }

/** What is said when it is done, but what is shown once did not come. */
export const NO_SECRET = 'The API gave neither a secret nor a reason.'

export type GrantDialogProps = {
  readonly title: string
  readonly description: string
  readonly nameHint: string
  readonly roles: readonly Role[]
  /** The verb on the button that does it. */
  readonly verb: string
  readonly act: (grant: Grant) => Promise<ActionOutcome & { readonly secret: string | null }>
  readonly onMade: (granted: Granted) => void
  readonly onClose: () => void
}

export function GrantDialog(props: GrantDialogProps) {
  const { title, description, nameHint, roles, verb, act, onMade, onClose } = props
  const [name, setName] = useState('')
  const [role, setRole] = useState<Role>('DEVELOPER')
  const [tenant, setTenant] = useState<string | null>(null)
  const [isBusy, setBusy] = useState(false)
  const [problem, setProblem] = useState<{ readonly message: string; readonly field?: string } | null>(null)
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault()
    if (isBusy) return
    setBusy(true)
    const grant = { name: name.trim(), role, ...(tenant === null ? {} : { tenant }) }
    const outcome = await act(grant)
    setBusy(false)
    if (outcome.kind === 'done' && outcome.secret !== null) return onMade({ name: grant.name, secret: outcome.secret })
    setProblem(outcome.kind === 'failed' ? outcome : { message: NO_SECRET })
  }
  return (
    <Dialog isOpen onOpenChange={onClose} title={title} description={description}>
      <form onSubmit={(event) => void submit(event)} className="mt-4 flex flex-col gap-4">
        <TextField
          label="Name"
          hint={nameHint}
          autoComplete="off"
          required
          value={name}
          onChange={(event) => setName(event.target.value)}
          problem={problem?.field === 'name' ? problem.message : null}
        />
        <RoleField role={role} roles={roles} onChange={setRole} />
        <TenantField tenant={tenant} onChange={setTenant} />
        {problem !== null && problem.field !== 'name' && <FormProblem>{problem.message}</FormProblem>}
        <DialogActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" isBusy={isBusy}>
            {verb}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  )
}

type TenantFieldProps = { readonly tenant: string | null; readonly onChange: (tenant: string) => void }

/** Asked where there is a choice. */
function TenantField({ tenant, onChange }: TenantFieldProps) {
  const viewer = useViewer()
  const tenants = useQuery(TenantNamesDocument)?.tenants ?? []
  if (tenants.length < 2) return null
  return (
    <SelectField
      label="Tenant"
      value={tenant ?? viewer?.tenant ?? ''}
      onChange={(event) => onChange(event.target.value)}
    >
      {tenants.map(({ id, name }) => (
        <option key={id}>{name}</option>
      ))}
    </SelectField>
  )
}
