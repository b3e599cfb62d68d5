'use client'
/** One box that leads everywhere, and does what the open page can do. A combobox, as screen readers know it. */
import { useRouter } from 'next/navigation'
import { Dialog as Primitive } from 'radix-ui'
import { useId, useMemo, useState, useSyncExternalStore, type KeyboardEvent } from 'react'
import { PaletteNamesDocument } from '../graphql/generated/documents.ts'
import { SHORTCUTS } from '../keyboard/shortcuts.ts'
import { paths } from '../path-builder.ts'
import { Icon, type IconName } from '../ui/icon.tsx'
import { KeyHint } from '../ui/key-hint.tsx'
import { useQuery } from '../ui/use-query.ts'
import { pageActions } from './palette-actions.ts'
import { matchEntries, type PaletteEntry, type PaletteKind } from './palette-match.ts'

const ICONS: Readonly<Record<PaletteKind, IconName>> = {
  action: 'action',
  page: 'chevron',
  application: 'application',
  node: 'node',
  session: 'session',
}

export function Palette({ close }: { readonly close: () => void }) {
  const [typed, setTyped] = useState('')
  const [chosen, setChosen] = useState(0)
  const listId = useId()
  const entries = useEntries(typed)
  const shown = useMemo(() => matchEntries(entries, typed), [entries, typed])
  const at = Math.min(chosen, shown.length - 1)
  const run = (entry: PaletteEntry | undefined): void => {
    if (entry === undefined || (entry.disabledReason ?? null) !== null) return
    close()
    entry.act()
  }
  const press = (event: KeyboardEvent): void => {
    const to = keyTarget(event.key, at, shown.length)
    if (to !== null) setChosen(to)
    else if (event.key === 'Enter') run(shown[at])
    else return
    event.preventDefault()
  }
  return (
    <Primitive.Root open onOpenChange={close}>
      <Primitive.Portal>
        <Primitive.Overlay className="fixed inset-0 z-40 bg-overlay" />
        <Primitive.Content
          aria-describedby={undefined}
          className="fixed top-[12vh] left-1/2 z-50 flex max-h-[70vh] w-[min(36rem,calc(100vw-2rem))] -translate-x-1/2 flex-col overflow-hidden rounded-xl border border-line bg-panel shadow-2xl shadow-(color:--shadow) animate-appear focus:outline-none"
        >
          <Primitive.Title className="sr-only">Find anything</Primitive.Title>
          <div className="flex items-center gap-2.5 border-b border-line px-4">
            <Icon name="search" className="text-faint" />
            <input
              role="combobox"
              aria-label="Find anything"
              aria-expanded
              aria-controls={listId}
              aria-activedescendant={shown[at] === undefined ? undefined : `${listId}-${at}`}
              placeholder="A page, an application, a node, a session’s id, or what to do"
              value={typed}
              onChange={(event) => {
                setTyped(event.target.value)
                setChosen(0)
              }}
              onKeyDown={press}
              className="h-12 w-full bg-transparent text-sm placeholder:text-faint focus:outline-none"
            />
            <KeyHint keys="Esc" />
          </div>
          <Entries listId={listId} shown={shown} at={at} run={run} />
        </Primitive.Content>
      </Primitive.Portal>
    </Primitive.Root>
  )
}

type EntriesProps = {
  readonly listId: string
  readonly shown: readonly PaletteEntry[]
  readonly at: number
  readonly run: (entry: PaletteEntry) => void
}

function Entries({ listId, shown, at, run }: EntriesProps) {
  return (
    <>
      <div id={listId} role="listbox" aria-label="What was found" className="overflow-y-auto p-1.5 empty:hidden">
        {shown.map((entry, index) => (
          // The input above has the keys.
          // oxlint-disable-next-line jsx-a11y/click-events-have-key-events
          <div
            key={entry.id}
            id={`${listId}-${index}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === at}
            aria-disabled={(entry.disabledReason ?? null) !== null}
            ref={index === at ? intoView : null}
            onClick={() => run(entry)}
            className={`flex h-9 cursor-pointer items-center gap-3 rounded-md px-2.5 aria-disabled:cursor-not-allowed aria-disabled:text-faint ${index === at ? 'bg-hover' : 'hover:bg-hover'}`}
          >
            <Icon name={ICONS[entry.kind]} className="text-faint" />
            <span className="truncate">{entry.name}</span>
            <span className="ml-auto truncate text-xs text-faint">{entry.disabledReason ?? entry.hint}</span>
            {entry.keys !== undefined && <KeyHint keys={entry.keys} />}
          </div>
        ))}
      </div>
      <p role="status" className={shown.length > 0 ? 'sr-only' : 'px-4 py-6 text-center text-soft'}>
        {shown.length > 0 ? `${shown.length} found` : 'Nothing has that name.'}
      </p>
    </>
  )
}

function intoView(element: HTMLElement | null): void {
  element?.scrollIntoView({ block: 'nearest' })
}

function keyTarget(key: string, at: number, count: number): number | null {
  if (count === 0) return null
  if (key === 'ArrowDown') return (at + 1) % count
  if (key === 'ArrowUp') return (at - 1 + count) % count
  if (key === 'PageDown') return Math.min(count - 1, at + 8)
  if (key === 'PageUp') return Math.max(0, at - 8)
  return null
}

function useEntries(typed: string): readonly PaletteEntry[] {
  const router = useRouter()
  const names = useQuery(PaletteNamesDocument)
  const actions = useSyncExternalStore(pageActions.subscribe, pageActions.get, pageActions.get)
  const word = typed.trim()
  return useMemo(() => {
    const go = (path: string) => (): void => router.push(path)
    const ofActions = actions.map(({ name, disabledReason = null, act }) => {
      return { id: `do ${name}`, kind: 'action', name, disabledReason, act } as const
    })
    const ofPages = SHORTCUTS.flatMap(({ keys, does, act }) =>
      act.kind === 'go' ? [{ id: keys, kind: 'page', name: does, keys, act: go(act.path) } as const] : [],
    )
    const ofApplications = (names?.applications.edges ?? []).map(({ node: { name, version } }) => {
      const hint = version.image
      return { id: `application ${name}`, kind: 'application', name, hint, act: go(paths.application(name)) } as const
    })
    const ofNodes = (names?.computeNodes.edges ?? []).map(({ node: { name, address } }) => {
      return { id: `node ${name}`, kind: 'node', name, hint: address, act: go(paths.node(name)) } as const
    })
    const isSession = /^ses-\w+$/.test(word)
    const ofSession = {
      id: 'session',
      kind: 'session',
      name: word,
      hint: 'session',
      act: go(paths.session(word)),
    } as const
    return [...ofActions, ...ofPages, ...ofApplications, ...ofNodes, ...(isSession ? [ofSession] : [])]
  }, [actions, names, router, word])
}
