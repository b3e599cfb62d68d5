'use client'
/** The form that opens a session, and leads to its page, where one can watch it come up. */
import { useRouter } from 'next/navigation'
import { useState, type FormEvent } from 'react'
import { troubledApplicationsSpec } from '../applications/application-watch.ts'
import { ApplicationNamesDocument, OpenSessionDocument } from '../graphql/generated/documents.ts'
import { runMutation } from '../graphql/run-mutation.ts'
import { useLiveList } from '../live/live-context.tsx'
import { paths } from '../path-builder.ts'
import type { ActionOutcome } from '../ui/action.ts'
import { Button } from '../ui/button.tsx'
import { DialogActions } from '../ui/dialog.tsx'
import { FormProblem } from '../ui/form.tsx'
import { useQuery } from '../ui/use-query.ts'
import { OpenSessionFields, SHOWN_FIELDS } from './open-session-fields.tsx'
import { toOpenSessionInput, type TypedOpenSession } from './open-session-input.ts'

type FormProps = { readonly initialApplication: string | null; readonly close: () => void }
type Failure = Extract<ActionOutcome, { kind: 'failed' }>

export function OpenSessionForm({ initialApplication, close }: FormProps) {
  const router = useRouter()
  const names = useApplicationNames()
  const troubled = useLiveList(troubledApplicationsSpec, null).items
  const [typed, setTyped] = useState<Omit<TypedOpenSession, 'application'>>({
    data: '',
    env: '',
    openTimeoutSeconds: '10',
  })
  const [chosen, setChosen] = useState(initialApplication)
  const [isBusy, setBusy] = useState(false)
  const [failure, setFailure] = useState<Failure | null>(null)
  const application = chosen ?? names[0] ?? ''

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault()
    setBusy(true)
    const outcome = await open({ ...typed, application })
    setBusy(false)
    if (outcome.kind === 'failed') return setFailure(outcome)
    close()
    router.push(paths.session(outcome.id))
  }
  return (
    <form onSubmit={(event) => void submit(event)} className="mt-4 flex flex-col gap-4">
      <OpenSessionFields
        form={{ ...typed, application }}
        names={names}
        isTroubled={[...troubled.values()].some(({ name }) => name === application)}
        problemOf={(field) => (failure?.field === field ? failure.message : null)}
        onType={(change) => setTyped({ ...typed, ...change })}
        onChoose={setChosen}
      />
      {failure !== null && !SHOWN_FIELDS.includes(failure.field ?? '') && <FormProblem>{failure.message}</FormProblem>}
      <DialogActions>
        <Button onClick={close}>Cancel</Button>
        <Button type="submit" look="primary" isBusy={isBusy}>
          Open session
        </Button>
      </DialogActions>
    </form>
  )
}

async function open(form: TypedOpenSession): Promise<Failure | { readonly kind: 'opened'; readonly id: string }> {
  const request = toOpenSessionInput(form)
  if (request.kind === 'failed') return request
  const outcome = await runMutation(
    OpenSessionDocument,
    { input: request.input },
    (result) => result.openSession.problem,
  )
  const session = outcome.result?.openSession.session
  // A session that was refused after it was recorded has a page that says so.
  if (session) return { kind: 'opened', id: session.id }
  if (outcome.kind === 'failed') return outcome
  return { kind: 'failed', message: 'The API gave neither a session nor a reason.' }
}

function useApplicationNames(): readonly string[] {
  const answer = useQuery(ApplicationNamesDocument)
  return answer?.applications.edges.map(({ node }) => node.name) ?? []
}
