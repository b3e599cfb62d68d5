/** Where a page of one thing stands, and what the thing is called. */
import Link from 'next/link'
import { CopyButton } from './copyable.tsx'
import { Icon } from './icon.tsx'

export type BreadcrumbProps = {
  readonly parent: string
  readonly path: string
  readonly name: string
  readonly isId?: boolean
}

export function Breadcrumb({ parent, path, name, isId = false }: BreadcrumbProps) {
  return (
    <span className="flex min-w-0 items-center gap-2">
      <Link href={path} className="font-medium text-faint hover:text-text">
        {parent}
      </Link>
      <Icon name="chevron" className="text-faint" />
      <span className={`min-w-0 truncate ${isId ? 'font-mono text-[0.9375rem]' : ''}`} title={name}>
        {name}
      </span>
      <CopyButton text={name} label={isId ? 'Copy the id' : 'Copy the name'} />
    </span>
  )
}
