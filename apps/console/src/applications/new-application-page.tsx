'use client'
/** Defines an application: what to run, and how many pods to keep ready. */
import { useRouter } from 'next/navigation'
import { useMemo, useState } from 'react'
import { CreateApplicationDocument, type CreateApplicationInput } from '../graphql/generated/documents.ts'
import { runMutation } from '../graphql/run-mutation.ts'
import { paths } from '../path-builder.ts'
import { Button } from '../ui/button.tsx'
import { FormProblem, TextField } from '../ui/form.tsx'
import { Page, Panel } from '../ui/page.tsx'
import { useRole } from '../viewer/viewer-context.tsx'
import { whyNoApplications } from '../viewer/viewer-rules.ts'
import { PolicyFields } from './policy-fields.tsx'
import { NEW_POLICY, policyFieldOf, toPolicyInput, type TypedPolicy } from './policy-input.ts'
import { VersionFields, versionFieldOf } from './version-fields.tsx'
import { NEW_VERSION, toVersionInput, type TypedVersion } from './version-input.ts'

type Refusal = { readonly message: string; readonly field?: string }

export function NewApplicationPage() {
  const router = useRouter()
  const [typed, setTyped] = useState<Typed>({ name: '', version: NEW_VERSION, policy: NEW_POLICY })
  const [isTried, setTried] = useState(false)
  const [isBusy, setBusy] = useState(false)
  const [refusal, setRefusal] = useState<Refusal | null>(null)
  const verdict = useMemo(() => verdictOf(typed), [typed])
  const reason = whyNoApplications(useRole())
  const shown = problemsOf(isTried ? verdict : null, refusal)
  const type = (change: Partial<Typed>): void => {
    setTyped({ ...typed, ...change })
    setRefusal(null)
  }
  const create = async (input: CreateApplicationInput): Promise<void> => {
    setBusy(true)
    const outcome = await runMutation(
      CreateApplicationDocument,
      { input },
      (result) => result.createApplication.problem,
    )
    setBusy(false)
    if (outcome.kind === 'done') router.push(paths.application(input.name))
    else setRefusal(outcome)
  }
  return (
    <Page title="New application" lead="What to run, and how many pods to keep ready for it.">
      <form
        className="flex max-w-3xl flex-col gap-5"
        noValidate
        onSubmit={(event) => {
          event.preventDefault()
          setTried(true)
          if (verdict.input !== null && !isBusy && reason === null) void create(verdict.input)
        }}
      >
        <Parts typed={typed} shown={shown} type={type} />
        {shown.other !== null && <FormProblem>{shown.other}</FormProblem>}
        <div className="flex justify-end gap-2 pb-6">
          <Button onClick={() => router.push(paths.applications())}>Cancel</Button>
          <Button type="submit" look="primary" isBusy={isBusy} disabledReason={reason}>
            Create application
          </Button>
        </div>
      </form>
    </Page>
  )
}

type Typed = { readonly name: string; readonly version: TypedVersion; readonly policy: TypedPolicy }

type PartsProps = {
  readonly typed: Typed
  readonly shown: ReturnType<typeof problemsOf>
  readonly type: (change: Partial<Typed>) => void
}

function Parts({ typed: { name, version, policy }, shown, type }: PartsProps) {
  return (
    <>
      <Panel title="Application">
        <div className="p-4">
          <TextField
            label="Name"
            hint="Lower-case letters, digits and dashes; it cannot be changed."
            autoComplete="off"
            spellCheck={false}
            value={name}
            onChange={(event) => type({ name: event.target.value })}
            problem={shown.name}
          />
        </div>
      </Panel>
      <Panel title="What to run">
        <div className="p-4">
          <VersionFields
            typed={version}
            problems={shown.version}
            onType={(change) => type({ version: { ...version, ...change } })}
          />
        </div>
      </Panel>
      <Panel title="How many pods">
        <div className="p-4">
          <PolicyFields
            typed={policy}
            problems={shown.policy}
            onType={(change) => type({ policy: { ...policy, ...change } })}
          />
        </div>
      </Panel>
    </>
  )
}

type Verdict = {
  readonly input: CreateApplicationInput | null
  readonly name: string | null
  readonly version: ReturnType<typeof toVersionInput>
  readonly policy: ReturnType<typeof toPolicyInput>
}

function verdictOf(typed: Typed): Verdict {
  const name = typed.name.trim()
  const version = toVersionInput(typed.version)
  const policy = toPolicyInput(typed.policy)
  const isNamed = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(name)
  const problem = isNamed ? null : 'Lower-case letters, digits and dashes; at most 63, and no dash at an end.'
  const input =
    isNamed && version.kind === 'input' && policy.kind === 'input'
      ? { name, version: version.input, scalingPolicy: policy.input }
      : null
  return { input, name: problem, version, policy }
}

/** What is wrong, where it stands: what the form sees, and what the API has refused. */
function problemsOf(verdict: Verdict | null, refusal: Refusal | null) {
  const version = verdict?.version.kind === 'problems' ? verdict.version.problems : {}
  const policy = verdict?.policy.kind === 'problems' ? verdict.policy.problems : {}
  const none = { name: verdict?.name ?? null, version, policy, other: null }
  if (refusal === null) return none
  const { field = '', message } = refusal
  if (field === 'name') return { ...none, name: message }
  const ofVersion = field.startsWith('version') ? versionFieldOf(field) : null
  if (ofVersion !== null) return { ...none, version: { ...version, [ofVersion]: message } }
  const ofPolicy = field.startsWith('scalingPolicy') ? policyFieldOf(field) : null
  if (ofPolicy !== null) return { ...none, policy: { ...policy, [ofPolicy]: message } }
  return { ...none, other: message }
}
