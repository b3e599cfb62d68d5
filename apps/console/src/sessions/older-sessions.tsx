'use client'
/** The way further back: closed sessions that the core keeps in its database only. */
import { useState } from 'react'
import { browserClient } from '../graphql/browser-client.ts'
import { SessionsDocument, type SessionRowFragment } from '../graphql/generated/documents.ts'
import { useLiveStore } from '../live/live-context.tsx'
import type { LiveSpec } from '../live/live-list.ts'
import { Button } from '../ui/button.tsx'
import { toSessionFilter, type SessionsWhere } from './sessions-where.ts'

const PAGE_SIZE = 100

type OlderSessionsProps = { readonly spec: LiveSpec<SessionRowFragment>; readonly where: SessionsWhere }
type Progress = { readonly kind: 'idle' | 'asking' | 'end' } | { readonly kind: 'failed'; readonly message: string }

export function OlderSessions({ spec, where }: OlderSessionsProps) {
  const store = useLiveStore()
  const [cursor, setCursor] = useState<string | null>(null)
  const [progress, setProgress] = useState<Progress>({ kind: 'idle' })
  if (where.phases.length > 0 && !where.phases.includes('CLOSED')) return null
  const ask = async (): Promise<void> => {
    setProgress({ kind: 'asking' })
    const filter = toSessionFilter({ ...where, phases: ['CLOSED'] })
    try {
      const { page } = await browserClient().request(SessionsDocument, {
        first: PAGE_SIZE,
        after: cursor,
        where: filter,
      })
      store.list(spec, null).addHistory(page.edges.map(({ node }) => node))
      setCursor(page.pageInfo.endCursor)
      setProgress({ kind: page.pageInfo.hasNextPage ? 'idle' : 'end' })
    } catch (error) {
      setProgress({ kind: 'failed', message: error instanceof Error ? error.message : String(error) })
    }
  }
  return (
    <div className="flex items-center justify-center gap-3 px-4 py-3 text-faint">
      {progress.kind === 'end' ? (
        'No older session.'
      ) : (
        <Button look="ghost" size="small" isBusy={progress.kind === 'asking'} onClick={() => void ask()}>
          Show older sessions
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
