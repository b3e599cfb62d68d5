'use client'
/** A link in a list that lives: what it leads to is fetched when somebody points at it, not for each row that comes. */
import Link from 'next/link'
import { useState, type ComponentProps } from 'react'

type ListLinkProps = Omit<ComponentProps<typeof Link>, 'prefetch' | 'onPointerEnter' | 'onFocus'>

export function ListLink(props: ListLinkProps) {
  const [isWanted, setIsWanted] = useState(false)
  const want = (): void => setIsWanted(true)
  return <Link {...props} prefetch={isWanted ? 'auto' : false} onPointerEnter={want} onFocus={want} />
}
