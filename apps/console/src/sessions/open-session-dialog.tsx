'use client'
/** The button that opens a session. Its window is loaded when somebody wants it. */
import dynamic from 'next/dynamic'
import { useState } from 'react'
import { Button } from '../ui/button.tsx'
import { useRole } from '../viewer/viewer-context.tsx'
import { whyNoSessions } from '../viewer/viewer-rules.ts'

const OpenSessionWindow = dynamic(
  () => import('./open-session-window.tsx').then((module) => module.OpenSessionWindow),
  {
    ssr: false,
  },
)

export function OpenSessionButton({ application }: { readonly application: string | null }) {
  const [isOpen, setOpen] = useState(false)
  const reason = whyNoSessions(useRole())
  return (
    <>
      <Button
        look="primary"
        icon="plus"
        data-key="o"
        title="Open session (o)"
        disabledReason={reason}
        onClick={() => setOpen(true)}
      >
        Open session
      </Button>
      {isOpen && <OpenSessionWindow application={application} close={() => setOpen(false)} />}
    </>
  )
}
