'use client'
/** The window in which a session is opened. */
import { Dialog } from '../ui/dialog.tsx'
import { OpenSessionForm } from './open-session-form.tsx'

type OpenSessionWindowProps = { readonly application: string | null; readonly close: () => void }

export function OpenSessionWindow({ application, close }: OpenSessionWindowProps) {
  return (
    <Dialog
      isOpen
      onOpenChange={close}
      title="Open a session"
      description="It takes a warm pod when one is ready, else it waits for a new one."
    >
      <OpenSessionForm initialApplication={application} close={close} />
    </Dialog>
  )
}
