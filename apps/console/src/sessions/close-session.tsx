'use client'
/** Closes a session, after asking. */
import { useState } from 'react'
import { plural } from '../format/quantity.ts'
import { CloseSessionDocument, type SessionRowFragment } from '../graphql/generated/documents.ts'
import { runMutation } from '../graphql/run-mutation.ts'
import { Button } from '../ui/button.tsx'
import { ConfirmDialog } from '../ui/confirm.tsx'
import { useRole } from '../viewer/viewer-context.tsx'
import { whyNoSessions } from '../viewer/viewer-rules.ts'

export type CloseSessionButtonProps = {
  readonly session: Pick<SessionRowFragment, 'id' | 'phase' | 'clientCount' | 'applicationName'>
  readonly size: 'small' | 'medium'
}

export function CloseSessionButton({ session, size }: CloseSessionButtonProps) {
  const [isAsking, setAsking] = useState(false)
  const role = useRole()
  const { id, phase, clientCount, applicationName } = session
  if (phase === 'CLOSED') return null
  return (
    <>
      <Button
        size={size}
        look={size === 'small' ? 'ghost' : 'secondary'}
        aria-label={size === 'small' ? `Close session ${id}` : undefined}
        disabledReason={whyNoSessions(role) ?? (phase === 'CLOSING' ? 'It is closing already.' : null)}
        onClick={() => setAsking(true)}
      >
        {size === 'small' ? 'Close' : 'Close session'}
      </Button>
      {isAsking && (
        <ConfirmDialog
          title="Close this session?"
          description={
            <>
              <span className="font-mono text-xs">{id}</span> of {applicationName}.{' '}
              {clientCount === 0
                ? 'No client is in it.'
                : `${plural(clientCount, 'client')} in it get its grace to leave.`}{' '}
              Its endpoint ends with it.
            </>
          }
          verb="Close session"
          isDangerous
          act={() => runMutation(CloseSessionDocument, { id }, (result) => result.closeSession.problem)}
          onClose={() => setAsking(false)}
        />
      )}
    </>
  )
}
