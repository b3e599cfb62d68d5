'use client'
/** Whether what is on the screen is true now, and if not, since when. */
import { useEffect } from 'react'
import { useRouter } from 'next/navigation'
import { formatRoughMs } from '../format/duration.ts'
import { formatClock } from '../format/instant-text.ts'
import { formatCount } from '../format/quantity.ts'
import { useLiveStore, usePause, useTabState } from '../live/live-context.tsx'
import type { LostCause, TabState } from '../live/tab-state.ts'
import { paths } from '../path-builder.ts'
import { useNow } from '../time/now.tsx'
import { Button } from '../ui/button.tsx'
import { Icon } from '../ui/icon.tsx'

/** The dot in the corner, and the button that freezes what is shown. */
export function LiveStatus() {
  const tab = useTabState()
  const pause = usePause()
  const store = useLiveStore()
  const words = useNow((nowMs) => wordsOf(tab, nowMs))
  const isLive = tab.phase === 'live'
  const isPaused = isLive && pause !== null
  const dot = isPaused ? 'bg-fill-asleep' : isLive ? 'bg-fill-busy' : 'pulse bg-fill-starting'
  return (
    <span className="flex items-center justify-between gap-2">
      <span
        role="status"
        aria-label="Connection"
        className="inline-flex items-center gap-2 text-xs font-medium whitespace-nowrap text-soft"
      >
        <span className={`size-2 rounded-full ${dot}`} aria-hidden />
        {isPaused ? 'Paused' : words}
      </span>
      <button
        type="button"
        data-key="p"
        onClick={() => store.togglePause()}
        title={pause === null ? 'Freeze what is shown (p)' : 'Show what waited (p)'}
        className="inline-flex h-6 items-center gap-1 rounded-md px-1.5 text-xs text-faint hover:bg-hover hover:text-text"
      >
        <Icon name={pause === null ? 'pause' : 'play'} className="!size-3.5" />
        {pause === null ? (
          <span className="sr-only">Pause</span>
        ) : (
          <>
            <span className="sr-only">Resume, </span>
            {formatCount(pause.waiting)} <span className="sr-only">changes wait</span>
          </>
        )}
      </button>
    </span>
  )
}

/** Above the page, for as long as the connection is lost. A login that ended leads to the login. */
export function ConnectionBanner({ isViewerKnown }: { readonly isViewerKnown: boolean }) {
  const tab = useTabState()
  const router = useRouter()
  const store = useLiveStore()
  useEffect(() => {
    if (tab.phase === 'ended') window.location.assign(paths.login('ended'))
    if (tab.phase === 'live' && !isViewerKnown) router.refresh()
  }, [tab.phase, isViewerKnown, router])
  if (tab.phase !== 'reconnecting') return null
  return (
    <div
      role="alert"
      className="flex items-center gap-3 border-b border-warn/40 bg-warn-soft px-6 py-2 text-warn max-sm:px-4"
    >
      <Icon name="warning" />
      <p className="min-w-0 flex-1 font-medium">
        {LOST_WORDS[tab.cause]} since {formatClock(tab.sinceMs)}. What you see is from then; it continues by itself.
      </p>
      <Button size="small" onClick={() => store.attemptNow()}>
        Try now
      </Button>
    </div>
  )
}

const LOST_WORDS: Readonly<Record<LostCause, string>> = {
  core: 'The core cannot be reached',
  console: 'The console’s server cannot be reached',
  unknown: 'The connection is lost',
}

function wordsOf(tab: TabState, nowMs: number): string {
  if (tab.phase === 'reconnecting') return `Reconnecting · ${formatRoughMs(nowMs - tab.sinceMs)}`
  return { connecting: 'Connecting', live: 'Live', ended: 'Logged out' }[tab.phase]
}
