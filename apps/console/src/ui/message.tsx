/** What stands where data would: nothing yet, nothing that matches, or a failure. */
import type { ReactNode } from 'react'
import { Icon, type IconName } from './icon.tsx'

export type MessageProps = {
  readonly icon: IconName
  readonly title: string
  readonly children?: ReactNode
  readonly action?: ReactNode
  readonly isProblem?: boolean
}

export function Message({ icon, title, children, action, isProblem = false }: MessageProps) {
  return (
    <div role={isProblem ? 'alert' : undefined} className="flex flex-col items-center gap-1 px-6 py-12 text-center">
      <div
        className={`mb-2 rounded-full border border-line bg-raised p-2.5 ${isProblem ? 'text-danger' : 'text-faint'}`}
      >
        <Icon name={icon} />
      </div>
      <p className="font-semibold">{title}</p>
      <div className="max-w-md text-soft">{children}</div>
      {action !== undefined && <div className="mt-3">{action}</div>}
    </div>
  )
}
