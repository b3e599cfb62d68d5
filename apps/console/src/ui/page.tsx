/** The frame of a page: its name, what can be done on it, and its content. */
import Link from 'next/link'
import type { ReactNode } from 'react'

export type PageProps = {
  readonly title: ReactNode
  readonly lead?: ReactNode
  readonly actions?: ReactNode
  readonly children: ReactNode
  /** For pages that are one table: it scrolls, the page does not. */
  readonly isFilled?: boolean
}

export function Page({ title, lead, actions, children, isFilled = false }: PageProps) {
  return (
    <div
      className={`mx-auto flex w-full max-w-[100rem] flex-col gap-5 px-6 py-5 max-sm:px-4 ${isFilled ? 'h-full min-h-96' : ''}`}
    >
      <header className="flex flex-wrap items-start justify-between gap-x-6 gap-y-3">
        <div className="max-w-full min-w-0">
          <h1 className="text-lg font-semibold tracking-tight">{title}</h1>
          {lead !== undefined && <div className="mt-0.5 text-soft">{lead}</div>}
        </div>
        {actions !== undefined && <div className="flex flex-wrap items-center gap-2">{actions}</div>}
      </header>
      {children}
    </div>
  )
}

export type PanelProps = {
  readonly title: string
  readonly aside?: ReactNode
  readonly children: ReactNode
  readonly className?: string
}

/** A titled part of a page. */
export function Panel({ title, aside, children, className = '' }: PanelProps) {
  return (
    <section aria-label={title} className={`min-w-0 rounded-xl border border-line bg-panel ${className}`}>
      <div className="flex min-h-11 items-center justify-between gap-4 border-b border-line px-4">
        <h2 className="font-semibold">{title}</h2>
        {aside}
      </div>
      {children}
    </section>
  )
}

/** Leads from a part of a page to the page that says all of it. */
export function MoreLink({ href, children }: { readonly href: string; readonly children: ReactNode }) {
  return (
    <Link
      href={href}
      className="whitespace-nowrap text-soft underline decoration-line-strong underline-offset-2 hover:text-text"
    >
      {children}
    </Link>
  )
}
