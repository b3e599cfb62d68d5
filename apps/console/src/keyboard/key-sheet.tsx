'use client'
/** Every key of the console, on one sheet. */
import { Dialog } from '../ui/dialog.tsx'
import { KeyHint } from '../ui/key-hint.tsx'
import { SHORTCUTS } from './shortcuts.ts'

export function KeySheet({ close }: { readonly close: () => void }) {
  return (
    <Dialog isOpen onOpenChange={close} title="Keyboard shortcuts">
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
  )
}
