'use client'
/** What can be done to an application. Its forms are loaded when somebody wants them. */
import dynamic from 'next/dynamic'
import { useMemo, useState } from 'react'
import type { ApplicationRowFragment } from '../graphql/generated/documents.ts'
import { usePageActions } from '../palette/palette-actions.ts'
import { OpenSessionButton } from '../sessions/open-session-dialog.tsx'
import { Button } from '../ui/button.tsx'
import { useRole } from '../viewer/viewer-context.tsx'
import { whyNoApplications } from '../viewer/viewer-rules.ts'

const PolicyDialog = dynamic(() => import('./policy-dialog.tsx').then((module) => module.PolicyDialog), { ssr: false })
const VersionDialog = dynamic(() => import('./version-dialog.tsx').then((module) => module.VersionDialog), {
  ssr: false,
})
const DeleteDialog = dynamic(
  () => import('./delete-application.tsx').then((module) => module.DeleteApplicationDialog),
  {
    ssr: false,
  },
)

type Asking = 'version' | 'delete'
type Props = { readonly application: ApplicationRowFragment }

export function ApplicationButtons({ application }: Props) {
  const [asking, setAsking] = useState<Asking | null>(null)
  const reason = whyNoApplications(useRole())
  const { name } = application
  const actions = useMemo(
    () => [
      { name: `Roll out a version of ${name}`, disabledReason: reason, act: () => setAsking('version') },
      { name: `Delete ${name}`, disabledReason: reason, act: () => setAsking('delete') },
    ],
    [name, reason],
  )
  usePageActions(actions)
  const close = (): void => setAsking(null)
  return (
    <>
      <Button look="ghost" icon="trash" disabledReason={reason} onClick={() => setAsking('delete')}>
        Delete…
      </Button>
      <Button disabledReason={reason} onClick={() => setAsking('version')}>
        Roll out…
      </Button>
      <OpenSessionButton application={name} />
      {asking === 'version' && <VersionDialog application={application} close={close} />}
      {asking === 'delete' && <DeleteDialog application={application} close={close} />}
    </>
  )
}

export function PolicyButton({ application }: Props) {
  const [isOpen, setOpen] = useState(false)
  const reason = whyNoApplications(useRole())
  const { name } = application
  const actions = useMemo(
    () => [{ name: `Edit the policy of ${name}`, disabledReason: reason, act: () => setOpen(true) }],
    [name, reason],
  )
  usePageActions(actions)
  return (
    <>
      <Button size="small" icon="edit" disabledReason={reason} onClick={() => setOpen(true)}>
        Edit
      </Button>
      {isOpen && <PolicyDialog application={application} close={() => setOpen(false)} />}
    </>
  )
}
