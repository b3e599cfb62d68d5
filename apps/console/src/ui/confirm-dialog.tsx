'use client'
/**
 * Asks before something that cannot be taken back, does it, and stays open with the words when it failed. While it is
 * at it, it does not close: what came of it would be said to nobody.
 */
import { useRef, useState, type ReactNode } from 'react'
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
  /** Why it cannot be done as things are chosen now. */
  readonly disabledReason?: string | null
  readonly act: (stop: AbortSignal) => Promise<ActionOutcome>
  /** That the act ends early, and says so, when its signal says stop. */
  readonly isStoppable?: boolean
  readonly onClose: () => void
  /** In the place of closing, when it is done. */
  readonly onDone?: () => void
  readonly children?: ReactNode
}

export function ConfirmDialog(props: ConfirmDialogProps) {
  const { title, description, verb, isDangerous = false, typedWord, children } = props
  const { act, isStoppable = false, onClose, onDone = onClose } = props
  const [typed, setTyped] = useState('')
  const [isBusy, setBusy] = useState(false)
  const [problem, setProblem] = useState<string | null>(null)
  const running = useRef<AbortController | null>(null)
  const reason = typedWord === undefined || typed === typedWord ? null : `Type ${typedWord} first.`
  const confirm = async (): Promise<void> => {
    running.current = new AbortController()
    setBusy(true)
    setProblem(null)
    const outcome = await act(running.current.signal)
    setBusy(false)
    if (outcome.kind === 'done') onDone()
    else setProblem(outcome.message)
  }
  const leave = (): void => {
    if (!isBusy) onClose()
    else if (isStoppable) running.current?.abort()
  }
  return (
    <Dialog isOpen onOpenChange={leave} title={title} description={description} isAlert>
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
        <Button disabledReason={isBusy && !isStoppable ? 'It is being done.' : null} onClick={leave}>
          {isBusy && isStoppable ? 'Stop' : 'Cancel'}
        </Button>
        <Button
          look={isDangerous ? 'danger' : 'primary'}
          isBusy={isBusy}
          disabledReason={props.disabledReason ?? reason}
          onClick={() => void confirm()}
        >
          {verb}
        </Button>
      </DialogActions>
    </Dialog>
  )
}
