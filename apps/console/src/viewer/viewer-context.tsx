'use client'
/** Who is logged in. */
import { createContext, useContext, type ReactNode } from 'react'
import type { Role } from '../graphql/generated/documents.ts'
import type { KnownRole } from './viewer-rules.ts'

export type KnownViewer = { readonly role: Role; readonly tenant: string } | null

const ViewerContext = createContext<KnownViewer>(null)

export function ViewerProvider({ viewer, children }: { readonly viewer: KnownViewer; readonly children: ReactNode }) {
  return <ViewerContext value={viewer}>{children}</ViewerContext>
}

/** Null when the core could not be asked yet. */
export function useViewer(): KnownViewer {
  return useContext(ViewerContext)
}

export function useRole(): KnownRole {
  return useViewer()?.role ?? null
}
