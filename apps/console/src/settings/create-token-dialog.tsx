'use client'
/** Makes a token: for whom, and for what. */
import { useState, type FormEvent } from 'react'
import { CreateApiTokenDocument, TenantNamesDocument, type Role } from '../graphql/generated/documents.ts'
import { runMutation } from '../graphql/run-mutation.ts'
import { Button } from '../ui/button.tsx'
import { Dialog, DialogActions } from '../ui/dialog.tsx'
import { FormProblem, SelectField, TextField } from '../ui/form.tsx'
import { useQuery } from '../ui/use-query.ts'
import { useRole, useViewer } from '../viewer/viewer-context.tsx'
import { grantableRoles, ROLE_WORDS } from './role-words.ts'

type CreateTokenProps = {
  readonly onMade: (made: { readonly name: string; readonly secret: string }) => void
  readonly onClose: () => void
}

export function CreateTokenDialog({ onMade, onClose }: CreateTokenProps) {
  const viewer = useViewer()
  const tenants = useQuery(TenantNamesDocument)?.tenants ?? []
  const [name, setName] = useState('')
  const [role, setRole] = useState<Role>('DEVELOPER')
  const [tenant, setTenant] = useState<string | null>(null)
  const [isBusy, setBusy] = useState(false)
  const [problem, setProblem] = useState<{ readonly message: string; readonly field?: string } | null>(null)
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault()
    if (isBusy) return
    setBusy(true)
    const input = { name: name.trim(), role, ...(tenant === null ? {} : { tenant }) }
    const outcome = await runMutation(CreateApiTokenDocument, { input }, (result) => result.createApiToken.problem)
    setBusy(false)
    const secret = outcome.result?.createApiToken.secret
    if (outcome.kind === 'done' && secret) return onMade({ name: input.name, secret })
    setProblem(outcome.kind === 'failed' ? outcome : { message: 'The API gave neither a token nor a reason.' })
  }
  return (
    <Dialog isOpen onOpenChange={onClose} title="New token" description="Whoever has it can do what its role may do.">
      <form onSubmit={(event) => void submit(event)} className="mt-4 flex flex-col gap-4">
        <TextField
          label="Name"
          hint="For people, to tell tokens apart."
          autoComplete="off"
          required
          value={name}
          onChange={(event) => setName(event.target.value)}
          problem={problem?.field === 'name' ? problem.message : null}
        />
        <RoleField role={role} onChange={setRole} />
        {tenants.length > 1 && (
          <SelectField
            label="Tenant"
            value={tenant ?? viewer?.tenant ?? ''}
            onChange={(event) => setTenant(event.target.value)}
          >
            {tenants.map(({ id, name: one }) => (
              <option key={id}>{one}</option>
            ))}
          </SelectField>
        )}
        {problem !== null && problem.field !== 'name' && <FormProblem>{problem.message}</FormProblem>}
        <DialogActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" isBusy={isBusy}>
            Make token
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  )
}

function RoleField({ role, onChange }: { readonly role: Role; readonly onChange: (role: Role) => void }) {
  const roles = grantableRoles(useRole())
  return (
    <SelectField
      label="Role"
      hint={ROLE_WORDS[role]}
      value={role}
      onChange={(event) => onChange(roles.find((one) => one === event.target.value) ?? 'VIEWER')}
    >
      {roles.map((one) => (
        <option key={one} value={one}>
          {one.toLowerCase()}
        </option>
      ))}
    </SelectField>
  )
}
