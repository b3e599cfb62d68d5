'use client'
/** The theme that is on the screen, for what is not drawn by CSS. */
import { useSyncExternalStore } from 'react'

export type EffectiveTheme = 'dark' | 'light'

/** Changes with the button and with the system. */
export function useEffectiveTheme(): EffectiveTheme {
  return useSyncExternalStore(subscribe, read, onServer)
}

function subscribe(listener: () => void): () => void {
  const observer = new MutationObserver(listener)
  observer.observe(document.documentElement, { attributeFilter: ['data-theme'] })
  const system = window.matchMedia(PREFERS_DARK)
  system.addEventListener('change', listener)
  return () => {
    observer.disconnect()
    system.removeEventListener('change', listener)
  }
}

function read(): EffectiveTheme {
  const chosen = document.documentElement.dataset['theme']
  if (chosen === 'dark' || chosen === 'light') return chosen
  return window.matchMedia(PREFERS_DARK).matches ? 'dark' : 'light'
}

/** Nothing is drawn on the server, so it does not matter. */
function onServer(): EffectiveTheme {
  return 'dark'
}

const PREFERS_DARK = '(prefers-color-scheme: dark)'
