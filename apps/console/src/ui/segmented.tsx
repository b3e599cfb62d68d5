/** A choice of a few, all in sight. Radio buttons, as keys and screen readers know them. */
import { Icon, type IconName } from './icon.tsx'

export type SegmentedProps<Id extends string> = {
  readonly label: string
  readonly options: readonly { readonly id: Id; readonly name: string; readonly icon?: IconName }[]
  readonly value: Id
  readonly onChange: (id: Id) => void
}

export function Segmented<Id extends string>({ label, options, value, onChange }: SegmentedProps<Id>) {
  return (
    <div role="radiogroup" aria-label={label} className="inline-flex rounded-md border border-line bg-sunken p-0.5">
      {options.map(({ id, name, icon }) => (
        <label
          key={id}
          className="inline-flex h-7 cursor-pointer items-center gap-1.5 rounded-[5px] px-2.5 text-xs font-medium whitespace-nowrap text-soft hover:text-text has-checked:bg-raised has-checked:text-text has-checked:shadow-sm has-checked:shadow-(color:--shadow) has-focus-visible:outline-2 has-focus-visible:outline-ember"
        >
          <input
            type="radio"
            name={label}
            value={id}
            checked={id === value}
            onChange={() => onChange(id)}
            className="sr-only"
          />
          {icon !== undefined && <Icon name={icon} className="!size-3.5" />}
          {name}
        </label>
      ))}
    </div>
  )
}

export type PickProps = {
  readonly label: string
  readonly value: string
  readonly options: readonly { readonly id: string; readonly name: string }[]
  readonly onChange: (id: string) => void
}

/** A choice of many, with its name in front of it. */
export function Pick({ label, value, options, onChange }: PickProps) {
  return (
    <label className="inline-flex h-8 items-center rounded-md border border-line bg-panel pl-2.5 text-xs text-faint focus-within:outline-2 focus-within:outline-ember">
      <span className="whitespace-nowrap">{label}</span>
      <select
        value={value}
        onChange={(event) => onChange(event.target.value)}
        className="h-full max-w-52 cursor-pointer rounded-md bg-panel pr-1.5 pl-1 text-xs font-medium text-text focus:outline-none"
      >
        {options.map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </select>
    </label>
  )
}
