'use client'
/** Asks before something that cannot be taken back, does it, and stays open with the words when it failed. */
import { useState, type ReactNode } from 'react'
import type { ActionOutcome } from './action.ts'
import { Button } from './button.tsx'
import { Dialog, DialogActions } from './dialog.tsx'
import { FormProblem, TextField } from './form.tsx'

export type ConfirmDialogProps = {
  readonly title: string
  readonly description: ReactNode
  /** The verb on the button that does it. */
  readonly verb: string
  readonly isDangerous?: boolean
  /** For what cannot be undone: it must be typed first. */
  readonly typedWord?: string
  readonly act: () => Promise<ActionOutcome>
  readonly onClose: () => void
  /** In the place of closing, when it is done. */
  readonly onDone?: () => void
  readonly children?: ReactNode
}

export function ConfirmDialog(props: ConfirmDialogProps) {
  const { title, description, verb, isDangerous = false, typedWord, act, onClose, onDone = onClose, children } = props
  const [typed, setTyped] = useState('')
  const [isBusy, setBusy] = useState(false)
  const [problem, setProblem] = useState<string | null>(null)
  const confirm = async (): Promise<void> => {
    setBusy(true)
    const outcome = await act()
    setBusy(false)
    if (outcome.kind === 'done') onDone()
    else setProblem(outcome.message)
  }
  return (
    <Dialog isOpen onOpenChange={onClose} title={title} description={description} isAlert>
      {children}
      {typedWord !== undefined && (
        <div className="mt-4">
          <TextField
            label={`Type ${typedWord} to confirm`}
            autoComplete="off"
            spellCheck={false}
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
          />
        </div>
      )}
      {problem !== null && <FormProblem>{problem}</FormProblem>}
      <DialogActions>
        <Button onClick={onClose}>Cancel</Button>
        <Button
          look={isDangerous ? 'danger' : 'primary'}
          isBusy={isBusy}
          disabledReason={typedWord === undefined || typed === typedWord ? null : `Type ${typedWord} first.`}
          onClick={() => void confirm()}
        >
          {verb}
        </Button>
      </DialogActions>
    </Dialog>
  )
}
