'use client'
/** Listens for shortcuts, and shows them. Keys that are typed into an input belong to the input. */
import dynamic from 'next/dynamic'
import { useRouter } from 'next/navigation'
import { useEffect, useState } from 'react'
import { unreachable } from '@fornax/kernel/assert'
import { systemClock } from '@fornax/kernel/clock'
import { IconButton } from '../ui/button.tsx'
import { Icon } from '../ui/icon.tsx'
import { KeyHint } from '../ui/key-hint.tsx'
import { keyPressed, NOTHING_TYPED } from './key-sequence.ts'
import { SHORTCUTS, type Shortcut } from './shortcuts.ts'

/** Nobody needs them before they are asked for. */
const KeySheet = dynamic(() => import('./key-sheet.tsx').then((module) => module.KeySheet), { ssr: false })
const Palette = dynamic(() => import('../palette/palette.tsx').then((module) => module.Palette), { ssr: false })

type Shown = 'nothing' | 'keys' | 'palette'

export function Keyboard() {
  const [shown, setShown] = useState<Shown>('nothing')
  const router = useRouter()
  useEffect(
    () =>
      listenForShortcuts((shortcut) => {
        const { act } = shortcut
        if (act.kind === 'go') router.push(act.path)
        else if (act.kind === 'filter') document.querySelector<HTMLElement>('[data-list-filter]')?.focus()
        else if (act.kind === 'row') focusRow(act.step)
        else if (act.kind === 'mark') markRow()
        else if (act.kind === 'press') document.querySelector<HTMLElement>(`[data-key="${shortcut.keys}"]`)?.click()
        else if (act.kind === 'palette') setShown('palette')
        else if (act.kind === 'help') setShown('keys')
        else unreachable(act)
      }),
    [router],
  )
  useEffect(() => listenForPalette(() => setShown('palette')), [])
  const hide = (): void => setShown('nothing')
  return (
    <>
      <IconButton name="keyboard" label="Keyboard shortcuts (?)" size="small" onClick={() => setShown('keys')} />
      {shown === 'keys' && <KeySheet close={hide} />}
      {shown === 'palette' && <Palette close={hide} />}
    </>
  )
}

/** The way to the palette for those who have a mouse, and the reminder of its key. */
export function PaletteButton() {
  return (
    <button
      type="button"
      onClick={() => window.dispatchEvent(new Event(OPEN_PALETTE))}
      className="flex h-8 w-full items-center gap-2 rounded-md border border-line bg-sunken px-2.5 text-faint hover:text-text max-lg:w-auto"
    >
      <Icon name="search" />
      <span className="max-lg:sr-only">Find</span>
      <span className="ml-auto max-lg:hidden" aria-hidden>
        <KeyHint keys="Ctrl K" />
      </span>
    </button>
  )
}

const OPEN_PALETTE = 'fornax:palette'
const SEQUENCES = SHORTCUTS.map(({ keys }) => keys)

/** Returns what ends the listening. */
function listenForShortcuts(act: (what: Shortcut) => void): () => void {
  let typed = NOTHING_TYPED
  const hear = (event: KeyboardEvent): void => {
    if (isForSomethingElse(event)) return
    const verdict = keyPressed(typed, event.key, systemClock.nowMs(), SEQUENCES)
    typed = verdict.kind === 'begun' ? verdict.typed : NOTHING_TYPED
    const shortcut = verdict.kind === 'matched' ? SHORTCUTS.find(({ keys }) => keys === verdict.keys) : undefined
    if (shortcut === undefined) return
    event.preventDefault()
    act(shortcut)
  }
  window.addEventListener('keydown', hear)
  return () => window.removeEventListener('keydown', hear)
}

/** Ctrl-K and Cmd-K are heard everywhere, also while somebody types. */
function listenForPalette(open: () => void): () => void {
  const hear = (event: KeyboardEvent): void => {
    if (event.key.toLowerCase() !== 'k' || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return
    event.preventDefault()
    if (!isWindowOpen()) open()
  }
  window.addEventListener('keydown', hear)
  window.addEventListener(OPEN_PALETTE, open)
  return () => {
    window.removeEventListener('keydown', hear)
    window.removeEventListener(OPEN_PALETTE, open)
  }
}

/** An input, a dialog, a menu, or the browser itself. */
function isForSomethingElse(event: KeyboardEvent): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.isComposing) return true
  const { target } = event
  const isTyping =
    target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  return (isTyping && !isCheckbox(target)) || isWindowOpen()
}

function isCheckbox(target: EventTarget | null): boolean {
  return target instanceof HTMLInputElement && target.type === 'checkbox'
}

function isWindowOpen(): boolean {
  return document.querySelector('[role=dialog], [role=alertdialog], [role=menu]') !== null
}

function focusRow(step: 1 | -1): void {
  const links = [...document.querySelectorAll<HTMLElement>('[data-row-link]')]
  const row = document.activeElement?.closest('tr')
  const current = links.findIndex((link) => link === document.activeElement || row?.contains(link) === true)
  const next = current === -1 ? links[0] : links[current + step]
  next?.focus()
  next?.scrollIntoView({ block: 'nearest' })
}

function markRow(): void {
  document.activeElement?.closest('tr')?.querySelector<HTMLElement>('[data-row-mark]')?.click()
}
