'use client'
/** The words a list is filtered by. `/` leads here, escape leads out. */
import { Icon } from './icon.tsx'
import { KeyHint } from './key-hint.tsx'
import type { ListView } from './use-list-view.ts'

export function ListFilter({ view, what }: { readonly view: ListView; readonly what: string }) {
  return (
    <div className="relative">
      <Icon name="search" className="pointer-events-none absolute top-2 left-2.5 text-faint" />
      <input
        type="search"
        data-list-filter
        aria-label={`Filter ${what}`}
        placeholder={`Filter ${what}`}
        value={view.words}
        onChange={(event) => view.setWords(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === 'Escape') event.currentTarget.blur()
        }}
        className="peer h-8 w-56 rounded-md border border-line bg-panel pr-8 pl-8 text-sm placeholder:text-faint [&::-webkit-search-cancel-button]:hidden"
      />
      <span
        className="pointer-events-none absolute top-[0.4375rem] right-2 peer-focus:hidden peer-[:not(:placeholder-shown)]:hidden"
        aria-hidden
      >
        <KeyHint keys="/" />
      </span>
    </div>
  )
}
