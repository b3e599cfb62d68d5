'use client'
/** The question before an act, loaded when it is first asked: most who look at a page ask nothing. */
import dynamic from 'next/dynamic'

export const ConfirmDialog = dynamic(() => import('./confirm-dialog.tsx').then((module) => module.ConfirmDialog), {
  ssr: false,
})
