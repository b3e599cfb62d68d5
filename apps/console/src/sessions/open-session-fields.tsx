/** What can be said when a session is opened. */
import { SelectField, TextAreaField, TextField } from '../ui/form.tsx'
import { Icon } from '../ui/icon.tsx'
import type { TypedOpenSession } from './open-session-input.ts'

export type OpenSessionFieldsProps = {
  readonly form: TypedOpenSession
  /** The applications to choose from. */
  readonly names: readonly string[]
  readonly isTroubled: boolean
  /** What is wrong with a field of the API's input. */
  readonly problemOf: (field: string) => string | null
  readonly onType: (change: Partial<TypedOpenSession>) => void
  readonly onChoose: (application: string) => void
}

/** Fields of the API's input that have a place here for their problem. */
export const SHOWN_FIELDS: readonly string[] = ['application', 'data', 'env', 'openTimeoutMs']

export function OpenSessionFields(props: OpenSessionFieldsProps) {
  const { form, names, isTroubled, problemOf, onType, onChoose } = props
  return (
    <>
      <SelectField
        label="Application"
        value={form.application}
        onChange={(event) => onChoose(event.target.value)}
        problem={problemOf('application')}
        hint={isTroubled ? 'Its pods have a problem now; the session may wait for its whole time.' : undefined}
      >
        {names.map((name) => (
          <option key={name}>{name}</option>
        ))}
      </SelectField>
      <TextAreaField
        label="Data"
        hint="Handed to the application exactly as typed, in UTF-8; at most 64 KiB."
        value={form.data}
        onChange={(event) => onType({ data: event.target.value })}
        problem={problemOf('data')}
      />
      <details className="group" open={problemOf('env') !== null || problemOf('openTimeoutMs') !== null}>
        <summary className="inline-flex list-none items-center gap-1 rounded font-medium text-soft hover:text-text">
          <Icon name="chevron" className="transition-transform group-open:rotate-90" />
          Environment and deadline
        </summary>
        <div className="mt-3 flex flex-col gap-4">
          <RareFields {...props} />
        </div>
      </details>
    </>
  )
}

function RareFields({ form, problemOf, onType }: OpenSessionFieldsProps) {
  return (
    <>
      <TextAreaField
        label="Environment"
        hint="One NAME=value per line; delivered with the session."
        value={form.env}
        onChange={(event) => onType({ env: event.target.value })}
        problem={problemOf('env')}
      />
      <TextField
        label="Must be available within (seconds)"
        type="number"
        inputMode="decimal"
        min={0.001}
        max={120}
        step="any"
        value={form.openTimeoutSeconds}
        onChange={(event) => onType({ openTimeoutSeconds: event.target.value })}
        problem={problemOf('openTimeoutMs')}
      />
    </>
  )
}
