'use client'
/** A window above the page, on Radix: focus is kept inside, escape closes it, and it has a name. */
import type { ReactNode } from 'react'
import { Dialog as Primitive } from 'radix-ui'
import { IconButton } from './button.tsx'

export type DialogProps = {
  readonly isOpen: boolean
  readonly onOpenChange: (isOpen: boolean) => void
  readonly title: string
  readonly description?: ReactNode
  readonly children: ReactNode
  /** For questions that should not be closed by a stray click. */
  readonly isAlert?: boolean
  /** For forms with something beside them. */
  readonly isWide?: boolean
}

export function Dialog({
  isOpen,
  onOpenChange,
  title,
  description,
  children,
  isAlert = false,
  isWide = false,
}: DialogProps) {
  return (
    <Primitive.Root open={isOpen} onOpenChange={onOpenChange}>
      <Primitive.Portal>
        <Primitive.Overlay className="fixed inset-0 z-40 bg-overlay" />
        <Primitive.Content
          role={isAlert ? 'alertdialog' : 'dialog'}
          onInteractOutside={isAlert ? (event) => event.preventDefault() : undefined}
          {...(description === undefined ? { 'aria-describedby': undefined } : {})}
          className={`${isWide ? 'w-[min(46rem,calc(100vw-2rem))]' : 'w-[min(32rem,calc(100vw-2rem))]'} fixed top-[9vh] left-1/2 z-50 max-h-[84vh] -translate-x-1/2 overflow-auto rounded-xl border border-line bg-panel p-5 shadow-2xl shadow-(color:--shadow) animate-appear focus:outline-none`}
        >
          <Primitive.Title className="pr-8 text-base font-semibold">{title}</Primitive.Title>
          {description !== undefined && (
            <Primitive.Description asChild>
              <div className="mt-1 text-soft">{description}</div>
            </Primitive.Description>
          )}
          {children}
          {/* Last, so that the first thing with focus is the first thing to fill in. */}
          <Primitive.Close asChild>
            <IconButton name="close" label="Close" size="small" className="absolute top-4 right-4" />
          </Primitive.Close>
        </Primitive.Content>
      </Primitive.Portal>
    </Primitive.Root>
  )
}

/** The row of buttons at the end of a dialog. */
export function DialogActions({ children }: { readonly children: ReactNode }) {
  return <div className="mt-5 flex justify-end gap-2">{children}</div>
}
