'use client'
/** Chooses a role, and says what it may do. */
import type { Role } from '../graphql/generated/documents.ts'
import { SelectField } from '../ui/form.tsx'
import { ROLE_WORDS } from './role-words.ts'

type RoleFieldProps = {
  readonly role: Role
  readonly roles: readonly Role[]
  readonly onChange: (role: Role) => void
}

export function RoleField({ role, roles, onChange }: RoleFieldProps) {
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
