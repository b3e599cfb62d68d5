'use client'
/** Listens for shortcuts, and shows them. Keys that are typed into an input belong to the input. */
import { useRouter } from 'next/navigation'
import { useEffect, useState } from 'react'
import { tinykeys } from 'tinykeys'
import { unreachable } from '@fornax/kernel/assert'
import { IconButton } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { KeyHint } from '../ui/key-hint.tsx'
import { SHORTCUTS, type ShortcutAct } from './shortcuts.ts'

export function Keyboard() {
  const [isOpen, setOpen] = useState(false)
  const router = useRouter()
  useEffect(() => {
    const act = (what: ShortcutAct): void => {
      if (what.kind === 'go') router.push(what.path)
      else if (what.kind === 'filter') document.querySelector<HTMLElement>('[data-list-filter]')?.focus()
      else if (what.kind === 'row') focusRow(what.step)
      else if (what.kind === 'help') setOpen(true)
      else unreachable(what)
    }
    const bindings = SHORTCUTS.map(({ keys, act: what }) => [bindingOf(keys), whenFree(() => act(what))] as const)
    return tinykeys(window, Object.fromEntries(bindings))
  }, [router])
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

/** On many keyboards `?` and `/` need shift. */
function bindingOf(keys: string): string {
  return keys === '?' || keys === '/' ? `[Shift]+${keys}` : keys
}

function whenFree(act: () => void): (event: KeyboardEvent) => void {
  return (event) => {
    if (isTyping(event.target) || document.querySelector('[role=dialog], [role=alertdialog], [role=menu]') !== null)
      return
    event.preventDefault()
    act()
  }
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
}

function focusRow(step: 1 | -1): void {
  const links = [...document.querySelectorAll<HTMLElement>('[data-row-link]')]
  const current = links.findIndex((link) => link === document.activeElement)
  const next = current === -1 ? links[0] : links[current + step]
  next?.focus()
  next?.scrollIntoView({ block: 'nearest' })
}
