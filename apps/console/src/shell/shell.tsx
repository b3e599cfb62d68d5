/** What stands around every page: where one can go, who one is, and whether it is live. */
import type { ReactNode } from 'react'
import { Keyboard, PaletteButton } from '../keyboard/keyboard.tsx'
import { Notices } from '../notices/notices.tsx'
import { paths } from '../path-builder.ts'
import { IconButton } from '../ui/button.tsx'
import { FornaxMark } from '../ui/icon.tsx'
import type { KnownViewer } from '../viewer/viewer-context.tsx'
import { ConnectionBanner, LiveStatus } from './live-status.tsx'
import { Navigation } from './navigation.tsx'
import { ThemeButton } from './theme-button.tsx'
import type { Theme } from './theme.ts'

export type ShellProps = { readonly viewer: KnownViewer; readonly theme: Theme; readonly children: ReactNode }

export function Shell({ viewer, theme, children }: ShellProps) {
  return (
    <div className="flex h-dvh flex-col lg:grid lg:grid-cols-[13.5rem_1fr]">
      <a
        href="#content"
        className="sr-only z-50 rounded-md bg-ember px-3 py-2 font-semibold text-on-ember focus:not-sr-only focus:absolute focus:top-2 focus:left-2"
      >
        Skip to content
      </a>
      <header className="flex shrink-0 items-center gap-4 border-line bg-panel px-3 py-2 max-lg:border-b max-md:flex-wrap max-md:gap-y-1 lg:flex-col lg:items-stretch lg:border-r lg:py-4">
        <div className="flex items-center gap-2 px-2.5 text-[0.9375rem] font-semibold tracking-tight lg:mb-2">
          <FornaxMark className="size-5" />
          <span className="max-sm:sr-only">Fornax</span>
        </div>
        <div className="lg:pb-1">
          <PaletteButton />
        </div>
        <Navigation />
        <div className="ml-auto flex items-center gap-3 lg:mt-auto lg:ml-0 lg:flex-col lg:items-stretch">
          <div className="px-2.5">
            <LiveStatus />
          </div>
          <div className="flex items-center justify-between gap-1 border-line lg:border-t lg:pt-3 lg:pl-2.5">
            <Who viewer={viewer} />
            <div className="flex items-center">
              <Keyboard />
              <ThemeButton initial={theme} />
              <form method="post" action={paths.logout()}>
                <IconButton name="logout" label="Log out" size="small" type="submit" />
              </form>
            </div>
          </div>
        </div>
      </header>
      <div className="flex min-h-0 min-w-0 flex-1 flex-col">
        <ConnectionBanner isViewerKnown={viewer !== null} />
        <main id="content" tabIndex={-1} className="min-h-0 flex-1 overflow-auto focus:outline-none">
          {children}
        </main>
        <Notices />
      </div>
    </div>
  )
}

function Who({ viewer }: { readonly viewer: KnownViewer }) {
  if (viewer === null) return <span className="text-faint max-lg:hidden">unknown</span>
  return (
    <div className="min-w-0 leading-tight max-lg:hidden" title={`${viewer.role.toLowerCase()} of ${viewer.tenant}`}>
      <div className="truncate text-xs font-medium">{viewer.role.toLowerCase()}</div>
      <div className="truncate text-xs text-faint">{viewer.tenant}</div>
    </div>
  )
}
