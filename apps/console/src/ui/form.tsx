/** Inputs with their label, hint and problem, tied together for screen readers. */
import {
  useId,
  type InputHTMLAttributes,
  type ReactNode,
  type SelectHTMLAttributes,
  type TextareaHTMLAttributes,
} from 'react'

type FieldProps = { readonly label: string; readonly hint?: ReactNode; readonly problem?: string | null | undefined }

const CONTROL =
  'w-full rounded-md border border-line-strong bg-sunken px-2.5 py-1.5 text-sm text-text placeholder:text-faint aria-invalid:border-danger'

export function TextField({ label, hint, problem, ...rest }: FieldProps & InputHTMLAttributes<HTMLInputElement>) {
  return (
    <Field {...{ label, hint, problem }}>
      {(control) => <input {...rest} {...control} className={`${CONTROL} h-9 ${rest.className ?? ''}`} />}
    </Field>
  )
}

export function TextAreaField({
  label,
  hint,
  problem,
  ...rest
}: FieldProps & TextareaHTMLAttributes<HTMLTextAreaElement>) {
  return (
    <Field {...{ label, hint, problem }}>
      {(control) => (
        <textarea {...rest} {...control} className={`${CONTROL} min-h-20 font-mono text-xs ${rest.className ?? ''}`} />
      )}
    </Field>
  )
}

export function SelectField({ label, hint, problem, ...rest }: FieldProps & SelectHTMLAttributes<HTMLSelectElement>) {
  return (
    <Field {...{ label, hint, problem }}>
      {(control) => <select {...rest} {...control} className={`${CONTROL} h-9 ${rest.className ?? ''}`} />}
    </Field>
  )
}

/** Why a form was not accepted, where no single input is to blame. */
export function FormProblem({ children }: { readonly children: ReactNode }) {
  return (
    <p role="alert" className="mt-4 rounded-md border border-danger/50 bg-danger-soft px-3 py-2 text-danger">
      {children}
    </p>
  )
}

type Control = {
  readonly id: string
  readonly 'aria-invalid': boolean
  readonly 'aria-describedby': string
}

function Field({
  label,
  hint,
  problem,
  children,
}: FieldProps & { readonly children: (control: Control) => ReactNode }) {
  const id = useId()
  return (
    <div className="flex flex-col gap-1">
      <label htmlFor={id} className="font-medium">
        {label}
      </label>
      {children({ id, 'aria-invalid': Boolean(problem), 'aria-describedby': `${id}-help` })}
      <div id={`${id}-help`} className="text-xs text-faint empty:hidden">
        {problem ? <span className="text-danger">{problem}</span> : hint}
      </div>
    </div>
  )
}
