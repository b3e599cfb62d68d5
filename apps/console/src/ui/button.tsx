/** Buttons. A button that cannot be used says why, to eyes and to screen readers. */
import { useId, type ButtonHTMLAttributes, type ReactNode, type Ref } from 'react'
import { Icon, type IconName } from './icon.tsx'

export type ButtonLook = 'primary' | 'secondary' | 'ghost' | 'danger'

export type ButtonProps = Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'disabled' | 'aria-disabled'> & {
  readonly look?: ButtonLook
  readonly size?: 'small' | 'medium'
  readonly icon?: IconName
  /** Why it cannot be used now; it stays in the order of tabs, so that the reason can be read. */
  readonly disabledReason?: string | null | undefined
  readonly isBusy?: boolean
  readonly ref?: Ref<HTMLButtonElement>
  readonly children?: ReactNode
}

const LOOKS: Readonly<Record<ButtonLook, string>> = {
  primary: 'bg-ember text-on-ember font-semibold not-aria-disabled:hover:bg-ember-strong',
  secondary: 'bg-raised text-text border border-line font-medium not-aria-disabled:hover:bg-hover',
  ghost: 'text-soft font-medium not-aria-disabled:hover:bg-hover not-aria-disabled:hover:text-text',
  danger: 'bg-danger text-on-danger font-semibold not-aria-disabled:hover:bg-danger-strong',
}

const SIZES = { small: 'h-7 px-2 gap-1.5 text-xs', medium: 'h-8 px-3 gap-2 text-sm' } as const

/** How a thing looks that acts like a button, be it a link. */
export function buttonClass(look: ButtonLook = 'secondary', size: keyof typeof SIZES = 'medium'): string {
  return `inline-flex items-center justify-center rounded-md whitespace-nowrap transition-colors aria-disabled:opacity-55 aria-disabled:cursor-not-allowed ${SIZES[size]} ${LOOKS[look]}`
}

export function Button({ look, size, icon, disabledReason, isBusy = false, children, ...rest }: ButtonProps) {
  const reasonId = useId()
  const isDisabled = isBusy || (disabledReason ?? null) !== null
  return (
    <>
      <button
        type="button"
        {...rest}
        className={`${buttonClass(look, size)} ${rest.className ?? ''}`}
        aria-disabled={isDisabled}
        aria-busy={isBusy}
        title={disabledReason ?? rest.title}
        aria-describedby={disabledReason ? reasonId : rest['aria-describedby']}
        onClick={isDisabled ? (event) => event.preventDefault() : rest.onClick}
      >
        {icon !== undefined && <Icon name={icon} />}
        {children}
      </button>
      {disabledReason ? (
        <span id={reasonId} className="sr-only">
          {disabledReason}
        </span>
      ) : null}
    </>
  )
}

/** A button with an icon for a face; its name is read and shown on hover. */
export function IconButton({
  name,
  label,
  ...rest
}: { readonly name: IconName; readonly label: string } & ButtonProps) {
  return (
    <Button
      look="ghost"
      {...rest}
      aria-label={label}
      title={rest.title ?? label}
      className={`!px-2 ${rest.className ?? ''}`}
    >
      <Icon name={name} />
    </Button>
  )
}
