'use client'
/** Goes round the themes. */
import { useState } from 'react'
import { IconButton } from '../ui/button.tsx'
import { THEME_COOKIE, themeAfter, type Theme } from './theme.ts'

const FACES = { system: 'system', dark: 'moon', light: 'sun' } as const
const A_YEAR_SECONDS = 365 * 24 * 60 * 60

export function ThemeButton({ initial }: { readonly initial: Theme }) {
  const [theme, setTheme] = useState(initial)
  const change = (): void => {
    const next = themeAfter(theme)
    document.documentElement.dataset['theme'] = next
    // oxlint-disable-next-line unicorn/no-document-cookie -- The store that would replace it is asynchronous and newer.
    document.cookie = `${THEME_COOKIE}=${next}; Path=/; SameSite=Lax; Max-Age=${A_YEAR_SECONDS}`
    setTheme(next)
  }
  return <IconButton name={FACES[theme]} label={`Theme: ${theme}`} size="small" onClick={change} />
}
