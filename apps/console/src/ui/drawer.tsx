'use client'
/** A panel at the side that says more about what was clicked, while the page stays usable. Escape closes it. */
import { useEffect, useRef, type ReactNode } from 'react'
import { IconButton } from './button.tsx'

export type DrawerProps = {
  /** The name of what it tells of. */
  readonly title: ReactNode
  readonly label: string
  readonly onClose: () => void
  /** Whether it was opened with a key: then it takes the focus. */
  readonly takesFocus: boolean
  readonly children: ReactNode
}

export function Drawer({ title, label, onClose, takesFocus, children }: DrawerProps) {
  const panel = useRef<HTMLElement>(null)
  useEffect(() => {
    if (takesFocus) panel.current?.focus()
  }, [takesFocus])
  useEffect(() => {
    const hear = (event: KeyboardEvent): void => {
      const isForWindow = document.querySelector('[role=dialog], [role=alertdialog], [role=menu]') !== null
      if (event.key === 'Escape' && !event.defaultPrevented && !isForWindow) onClose()
    }
    window.addEventListener('keydown', hear)
    return () => window.removeEventListener('keydown', hear)
  }, [onClose])
  return (
    <aside
      ref={panel}
      aria-label={label}
      // Focus comes here from a key, and goes on into what the panel holds.
      tabIndex={-1}
      className="flex min-h-0 w-96 shrink-0 flex-col overflow-hidden rounded-xl border border-line bg-panel focus:outline-none focus-visible:outline-2 max-md:absolute max-md:inset-x-4 max-md:bottom-4 max-md:z-30 max-md:max-h-[60%] max-md:w-auto"
    >
      <div className="flex min-h-11 items-center justify-between gap-2 border-b border-line pr-2 pl-4">
        <h2 className="min-w-0 truncate font-semibold">{title}</h2>
        <IconButton name="close" label="Close (Escape)" size="small" onClick={onClose} />
      </div>
      <div className="relative min-h-0 flex-1 overflow-auto">{children}</div>
    </aside>
  )
}
