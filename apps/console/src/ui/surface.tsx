'use client'
/** Shows data in whichever of its four states it is. */
import type { ReactNode } from 'react'
import { formatClock } from '../format/instant-text.ts'
import { useLiveStore } from '../live/live-context.tsx'
import type { SurfaceState } from '../live/surface-state.ts'
import { unreachable } from '@fornax/kernel/assert'
import { Button } from './button.tsx'
import { Message } from './message.tsx'

export type SurfaceProps<T> = {
  readonly state: SurfaceState<T>
  /** What it shows, as in `Sessions cannot be shown`. */
  readonly what: string
  /** In the shape that the data will have. */
  readonly skeleton: ReactNode
  readonly isEmpty: (value: T) => boolean
  readonly empty: ReactNode
  readonly children: (value: T) => ReactNode
  readonly className?: string
}

export function Surface<T>({ state, what, skeleton, isEmpty, empty, children, className = '' }: SurfaceProps<T>) {
  switch (state.kind) {
    case 'loading':
      return (
        <div aria-busy className={className}>
          <span className="sr-only">{what} are loading</span>
          {skeleton}
        </div>
      )
    case 'failed':
      return <Failed what={what} message={state.message} sinceMs={state.sinceMs} />
    case 'ready':
      return (
        <div className={`${className} ${state.isStale ? 'stale' : 'fresh'}`}>
          {state.problem !== null && (
            <p role="alert" className="border-b border-line px-4 py-2 text-danger">
              {what} are no longer followed: {state.problem}
            </p>
          )}
          {isEmpty(state.value) ? empty : children(state.value)}
        </div>
      )
    default:
      return unreachable(state)
  }
}

function Failed({
  what,
  message,
  sinceMs,
}: {
  readonly what: string
  readonly message: string
  readonly sinceMs: number
}) {
  const store = useLiveStore()
  return (
    <Message
      icon="warning"
      title={`${what} cannot be shown`}
      isProblem
      action={<Button onClick={() => store.attemptNow()}>Try now</Button>}
    >
      {message} Tried since {formatClock(sinceMs)}; the next attempt comes by itself.
    </Message>
  )
}
