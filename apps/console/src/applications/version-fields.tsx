/** What to run, as it is typed. */
import type { ReactNode } from 'react'
import type { Isolation } from '../graphql/generated/documents.ts'
import { SelectField, TextAreaField, TextField } from '../ui/form.tsx'
import { ISOLATIONS, PROBES, type Probe, type TypedVersion, type VersionProblems } from './version-input.ts'

export type VersionFieldsProps = {
  readonly typed: TypedVersion
  readonly problems: VersionProblems
  readonly onType: (change: Partial<TypedVersion>) => void
}

const PROBE_WORDS: Readonly<Record<Probe, string>> = {
  none: 'when its session service connects, or its process runs',
  http: 'when a GET on a port answers',
  tcp: 'when a port accepts a connection',
}

export function VersionFields(props: VersionFieldsProps) {
  return (
    <div className="grid grid-cols-2 gap-x-4 gap-y-3">
      <ProgramFields {...props} />
      <SizeFields {...props} />
      <ReadinessFields {...props} />
      <RareFields {...props} />
    </div>
  )
}

function ProgramFields(form: VersionFieldsProps) {
  return (
    <>
      <Wide>
        <TextField
          label="Image"
          hint={
            <>
              An OCI image, or <code className="font-mono">host</code> for the node’s own root file system.
            </>
          }
          autoComplete="off"
          spellCheck={false}
          {...asTyped(form, 'image')}
        />
      </Wide>
      <Wide>
        <TextField
          label="Command"
          hint="Words as in a shell, with quotes; nothing: as the image says."
          autoComplete="off"
          spellCheck={false}
          className="font-mono"
          {...asTyped(form, 'command')}
        />
      </Wide>
      <TextAreaField label="Ports" hint="One per line: web 8080, or game 7777 udp." {...asTyped(form, 'ports')} />
      <TextAreaField label="Environment" hint="One NAME=value per line; no secrets." {...asTyped(form, 'env')} />
    </>
  )
}

function SizeFields(form: VersionFieldsProps) {
  return (
    <>
      <TextField label="CPUs" inputMode="decimal" {...asTyped(form, 'cpus')} />
      <TextField label="Memory (MiB)" inputMode="decimal" {...asTyped(form, 'memoryMib')} />
    </>
  )
}

function ReadinessFields(form: VersionFieldsProps) {
  const { typed, problems, onType } = form
  return (
    <>
      <Wide>
        <SelectField
          label="A pod is ready"
          value={typed.probe}
          onChange={(event) => onType({ probe: PROBES.find((probe) => probe === event.target.value) ?? 'none' })}
          problem={problems.probe}
        >
          {PROBES.map((probe) => (
            <option key={probe} value={probe}>
              {PROBE_WORDS[probe]}
            </option>
          ))}
        </SelectField>
      </Wide>
      {typed.probe !== 'none' && (
        <TextField label="Port to ask" hint="Its name; nothing: the first." {...asTyped(form, 'probePort')} />
      )}
      {typed.probe === 'http' && <TextField label="Path to ask" {...asTyped(form, 'probePath')} />}
    </>
  )
}

function RareFields(form: VersionFieldsProps) {
  const { typed, problems, onType } = form
  return (
    <>
      <TextField label="Sessions per pod" inputMode="numeric" {...asTyped(form, 'sessionsPerPod')} />
      <SelectField
        label="Isolation, at least"
        value={typed.minIsolation}
        onChange={(event) => onType({ minIsolation: isolationOf(event.target.value) })}
        problem={problems.minIsolation}
      >
        {ISOLATIONS.map((isolation) => (
          <option key={isolation} value={isolation}>
            {isolation.toLowerCase()}
          </option>
        ))}
      </SelectField>
      <Wide>
        <Check
          isOn={typed.usesSessionService}
          onChange={(usesSessionService) => onType({ usesSessionService })}
          label="It speaks through the session service (it links the session SDK)"
        />
        <Check
          isOn={typed.toleratesSimulated}
          onChange={(toleratesSimulated) => onType({ toleratesSimulated })}
          label="It runs on simulated nodes, and nowhere else"
        />
      </Wide>
    </>
  )
}

/** The fields that are typed as text, whatever is made of them. */
type TextName = { [Name in keyof TypedVersion]: string extends TypedVersion[Name] ? Name : never }[keyof TypedVersion]

/** What an input needs: what is typed, what typing does, and what is wrong with it. */
function asTyped({ typed, problems, onType }: VersionFieldsProps, name: TextName) {
  return {
    value: typed[name],
    problem: problems[name],
    onChange: (event: { readonly target: { readonly value: string } }) => onType({ [name]: event.target.value }),
  }
}

type CheckProps = { readonly isOn: boolean; readonly onChange: (isOn: boolean) => void; readonly label: string }

function Check({ isOn, onChange, label }: CheckProps) {
  return (
    <label className="flex items-center gap-2 py-1">
      <input
        type="checkbox"
        checked={isOn}
        onChange={(event) => onChange(event.target.checked)}
        className="size-4 accent-(--ember)"
      />
      {label}
    </label>
  )
}

function Wide({ children }: { readonly children: ReactNode }) {
  return <div className="col-span-2">{children}</div>
}

function isolationOf(text: string): Isolation {
  return ISOLATIONS.find((isolation) => isolation === text) ?? 'NONE'
}

/** Which field of the form a field of the API's input is. */
export function versionFieldOf(apiField: string): keyof TypedVersion | null {
  const path = apiField.replace(/^version\./, '')
  if (path.startsWith('ports')) return 'ports'
  if (path.startsWith('env')) return 'env'
  if (path.startsWith('command')) return 'command'
  if (path.startsWith('args')) return 'args'
  if (path.startsWith('readiness')) return path.includes('path') ? 'probePath' : 'probe'
  if (path === 'resources.cpuMillis') return 'cpus'
  if (path === 'resources.memoryBytes') return 'memoryMib'
  return path === 'image' || path === 'sessionsPerPod' || path === 'minIsolation' ? path : null
}
