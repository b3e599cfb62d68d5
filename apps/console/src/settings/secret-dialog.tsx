'use client'
/** Shows a secret once. When it is copied, or the window is closed, this page has forgotten it. */
import { useState, type ReactNode } from 'react'
import { Button } from '../ui/button.tsx'
import { Dialog, DialogActions } from '../ui/dialog.tsx'
import { Icon } from '../ui/icon.tsx'

export type SecretDialogProps = {
  readonly title: string
  /** What to do with it. */
  readonly children: ReactNode
  readonly secret: string
  readonly onClose: () => void
}

export function SecretDialog({ title, children, secret, onClose }: SecretDialogProps) {
  const [isCopied, setCopied] = useState(false)
  const [problem, setProblem] = useState<string | null>(null)
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(secret)
      setCopied(true)
    } catch {
      setProblem('The browser does not let this page copy it: select it and copy it by hand.')
    }
  }
  return (
    <Dialog isOpen onOpenChange={onClose} title={title} description={children} isAlert>
      <div className="mt-4 flex min-h-12 items-center gap-3 rounded-md border border-line bg-sunken px-3 py-2">
        {isCopied ? (
          <span role="status" className="flex items-center gap-2 text-soft">
            <Icon name="check" className="text-busy" />
            It is in your clipboard, and nowhere else.
          </span>
        ) : (
          <>
            <code className="min-w-0 flex-1 font-mono text-xs break-all select-all">{secret}</code>
            <Button size="small" look="primary" icon="copy" onClick={() => void copy()}>
              Copy
            </Button>
          </>
        )}
      </div>
      {problem !== null && <p className="mt-2 text-warn">{problem}</p>}
      <DialogActions>
        <Button onClick={onClose}>{isCopied ? 'Done' : 'I have kept it'}</Button>
      </DialogActions>
    </Dialog>
  )
}
