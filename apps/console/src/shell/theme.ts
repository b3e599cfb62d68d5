/** Dark, light, or as the system says. Kept in a cookie, so that the first paint already has it. */

export const THEMES = ['system', 'dark', 'light'] as const
export type Theme = (typeof THEMES)[number]

export const THEME_COOKIE = 'fornax-theme'

/** What a cookie says; `system` when it says nothing we know. */
export function themeOf(value: string | undefined): Theme {
  return THEMES.find((theme) => theme === value) ?? 'system'
}

/** The one that a click leads to. */
export function themeAfter(theme: Theme): Theme {
  return THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? 'system'
}
