'use client'
/** The button that opens a session. Its form is loaded when somebody wants it. */
import dynamic from 'next/dynamic'
import { useState } from 'react'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { useRole } from '../viewer/viewer-context.tsx'
import { whyNoSessions } from '../viewer/viewer-rules.ts'

const OpenSessionForm = dynamic(() => import('./open-session-form.tsx').then((module) => module.OpenSessionForm))

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
      <Dialog
        isOpen={isOpen}
        onOpenChange={setOpen}
        title="Open a session"
        description="It takes a warm pod when one is ready, else it waits for a new one."
      >
        <OpenSessionForm initialApplication={application} close={() => setOpen(false)} />
      </Dialog>
    </>
  )
}
