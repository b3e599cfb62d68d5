'use client'
/** Below a list that is followed: asks for what lies further back, page by page. */
import { useState } from 'react'
import { Button } from './button.tsx'

type PageEnd = { readonly endCursor: string | null; readonly hasNextPage: boolean }
type MoreRowsProps = { readonly what: string; readonly ask: (after: string | null) => Promise<PageEnd> }
type Progress = { readonly kind: 'idle' | 'asking' | 'end' } | { readonly kind: 'failed'; readonly message: string }

export function MoreRows({ what, ask }: MoreRowsProps) {
  const [cursor, setCursor] = useState<string | null>(null)
  const [progress, setProgress] = useState<Progress>({ kind: 'idle' })
  const more = async (): Promise<void> => {
    setProgress({ kind: 'asking' })
    try {
      const { endCursor, hasNextPage } = await ask(cursor)
      setCursor(endCursor)
      setProgress({ kind: hasNextPage ? 'idle' : 'end' })
    } catch (error) {
      setProgress({ kind: 'failed', message: error instanceof Error ? error.message : String(error) })
    }
  }
  return (
    <div className="flex items-center justify-center gap-3 px-4 py-3 text-faint">
      {progress.kind === 'end' ? (
        `No older ${what}.`
      ) : (
        <Button look="ghost" size="small" isBusy={progress.kind === 'asking'} onClick={() => void more()}>
          Show older {what}
        </Button>
      )}
      {progress.kind === 'failed' && (
        <span role="alert" className="text-danger">
          {progress.message}
        </span>
      )}
    </div>
  )
}
