'use client'
/** Text that is made to be taken elsewhere. */
import { useEffect, useState } from 'react'
import { systemClock } from '@fornax/kernel/clock'
import { IconButton } from './button.tsx'

const THANKS_MS = 1_500

export function CopyButton({ text, label }: { readonly text: string; readonly label: string }) {
  const [isCopied, setCopied] = useState(false)
  useEffect(() => {
    if (!isCopied) return undefined
    return systemClock.schedule(THANKS_MS, () => setCopied(false))
  }, [isCopied])
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(text)
    setCopied(true)
  }
  return (
    <>
      <IconButton
        name={isCopied ? 'check' : 'copy'}
        label={label}
        size="small"
        onClick={(event) => {
          event.stopPropagation()
          void copy()
        }}
      />
      <span role="status" className="sr-only">
        {isCopied ? 'Copied' : ''}
      </span>
    </>
  )
}
