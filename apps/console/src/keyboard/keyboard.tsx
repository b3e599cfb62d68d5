'use client'
/** Listens for shortcuts, and shows them. Keys that are typed into an input belong to the input. */
import { useRouter } from 'next/navigation'
import { useEffect, useState } from 'react'
import { unreachable } from '@fornax/kernel/assert'
import { systemClock } from '@fornax/kernel/clock'
import { IconButton } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { KeyHint } from '../ui/key-hint.tsx'
import { keyPressed, NOTHING_TYPED } from './key-sequence.ts'
import { SHORTCUTS, type ShortcutAct } from './shortcuts.ts'

export function Keyboard() {
  const [isOpen, setOpen] = useState(false)
  const router = useRouter()
  useEffect(
    () =>
      listenForShortcuts((act) => {
        if (act.kind === 'go') router.push(act.path)
        else if (act.kind === 'filter') document.querySelector<HTMLElement>('[data-list-filter]')?.focus()
        else if (act.kind === 'row') focusRow(act.step)
        else if (act.kind === 'help') setOpen(true)
        else unreachable(act)
      }),
    [router],
  )
  return (
    <>
      <IconButton name="keyboard" label="Keyboard shortcuts (?)" size="small" onClick={() => setOpen(true)} />
      <Dialog isOpen={isOpen} onOpenChange={setOpen} title="Keyboard shortcuts">
        <dl className="mt-4 grid grid-cols-[auto_1fr] items-center gap-x-6 gap-y-2.5">
          {SHORTCUTS.map(({ keys, does }) => (
            <div key={keys} className="contents">
              <dt>
                <KeyHint keys={keys} />
              </dt>
              <dd className="text-soft">{does}</dd>
            </div>
          ))}
        </dl>
      </Dialog>
    </>
  )
}

const SEQUENCES = SHORTCUTS.map(({ keys }) => keys)

/** Returns what ends the listening. */
function listenForShortcuts(act: (what: ShortcutAct) => void): () => void {
  let typed = NOTHING_TYPED
  const hear = (event: KeyboardEvent): void => {
    if (isForSomethingElse(event)) return
    const verdict = keyPressed(typed, event.key, systemClock.nowMs(), SEQUENCES)
    typed = verdict.kind === 'begun' ? verdict.typed : NOTHING_TYPED
    const shortcut = verdict.kind === 'matched' ? SHORTCUTS.find(({ keys }) => keys === verdict.keys) : undefined
    if (shortcut === undefined) return
    event.preventDefault()
    act(shortcut.act)
  }
  window.addEventListener('keydown', hear)
  return () => window.removeEventListener('keydown', hear)
}

/** An input, a dialog, a menu, or the browser itself. */
function isForSomethingElse(event: KeyboardEvent): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.isComposing) return true
  const { target } = event
  const isTyping =
    target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  return isTyping || document.querySelector('[role=dialog], [role=alertdialog], [role=menu]') !== null
}

function focusRow(step: 1 | -1): void {
  const links = [...document.querySelectorAll<HTMLElement>('[data-row-link]')]
  const current = links.findIndex((link) => link === document.activeElement)
  const next = current === -1 ? links[0] : links[current + step]
  next?.focus()
  next?.scrollIntoView({ block: 'nearest' })
}
