'use client'
/** What the pod of a session writes, as it writes it. */
import { useEffect, useState } from 'react'
import { plural } from '../format/quantity.ts'
import { browserClient } from '../graphql/browser-client.ts'
import { FollowPodLogDocument } from '../graphql/generated/documents.ts'
import { useTabState } from '../live/live-context.tsx'
import { LogLines } from '../ui/log-lines.tsx'
import { Panel } from '../ui/page.tsx'
import { logTailAfter, NO_LOG, type LogTail } from './log-tail.ts'

const TAIL_LINES = 100

type LogState = { readonly tail: LogTail; readonly end: string | null }

export function PodLog({ podId, isLive }: { readonly podId: string; readonly isLive: boolean }) {
  const { tail, end } = usePodLog(podId)
  return (
    <Panel
      title="Log of its pod"
      aside={<span className="text-xs text-faint">{isLive && end === null ? 'following' : ''}</span>}
    >
      <div className="flex flex-col gap-2 p-4">
        {tail.skippedLines > 0 && (
          <p className="text-xs text-faint">{plural(tail.skippedLines, 'earlier line')} left out.</p>
        )}
        {tail.lines.length > 0 ? (
          <LogLines label="Lines of the log" lines={tail.lines} />
        ) : (
          <p className="text-soft">{end ?? 'It has written nothing yet.'}</p>
        )}
      </div>
    </Panel>
  )
}

/** Begins anew, with the last lines, when the connection comes back. */
function usePodLog(podId: string): LogState {
  const [state, setState] = useState<LogState>({ tail: NO_LOG, end: null })
  const isConnected = useTabState().phase !== 'reconnecting'
  useEffect(() => {
    if (!isConnected) return undefined
    const abort = new AbortController()
    void followLog(podId, setState, abort.signal)
    return () => abort.abort()
  }, [podId, isConnected])
  return state
}

async function followLog(podId: string, show: (state: LogState) => void, signal: AbortSignal): Promise<void> {
  let tail = NO_LOG
  try {
    const variables = { podId, tailLines: TAIL_LINES }
    for await (const { podLogs } of browserClient().subscribe(FollowPodLogDocument, variables, { signal })) {
      tail = logTailAfter(tail, podLogs)
      show({ tail, end: null })
    }
    if (!signal.aborted) show({ tail, end: 'It has ended without a word.' })
  } catch (error) {
    if (!signal.aborted)
      show({ tail, end: `Its log cannot be read: ${error instanceof Error ? error.message : String(error)}` })
  }
}
