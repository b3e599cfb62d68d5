'use client'
/** A menu of actions, on Radix. What cannot be done now says why. */
import { DropdownMenu } from 'radix-ui'
import { IconButton } from './button.tsx'

export type MenuAction = {
  readonly label: string
  readonly onSelect: () => void
  readonly isDangerous?: boolean
  readonly disabledReason?: string | null
}

export function ActionMenu({ label, actions }: { readonly label: string; readonly actions: readonly MenuAction[] }) {
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>
        <IconButton name="more" label={label} size="small" />
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          align="end"
          sideOffset={4}
          className="z-50 min-w-48 rounded-lg border border-line bg-raised p-1 shadow-xl shadow-(color:--shadow) animate-appear"
        >
          {actions.map(({ label: name, onSelect, isDangerous = false, disabledReason = null }) => (
            <DropdownMenu.Item
              key={name}
              disabled={disabledReason !== null}
              onSelect={onSelect}
              className={`flex flex-col rounded-md px-2.5 py-1.5 outline-none data-[highlighted]:bg-hover data-[disabled]:text-faint ${isDangerous ? 'text-danger' : 'text-text'}`}
            >
              {name}
              {disabledReason !== null && <span className="text-xs text-faint">{disabledReason}</span>}
            </DropdownMenu.Item>
          ))}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  )
}
