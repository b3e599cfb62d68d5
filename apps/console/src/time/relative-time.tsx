'use client'
/** An instant as a person thinks of it; the exact one on hover. */
import { formatExact, formatRelative } from '../format/instant-text.ts'
import { instantMs } from './instant.ts'
import { useNow } from './now.tsx'

export function RelativeTime({ at }: { readonly at: string }) {
  const atMs = instantMs(at)
  const text = useNow((nowMs) => formatRelative(atMs, nowMs))
  return (
    <time dateTime={at} title={formatExact(at)}>
      {text}
    </time>
  )
}
