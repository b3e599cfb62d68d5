'use client'
/** The board of notices of a tab, as React sees it. */
import { createContext, useContext, useState, useSyncExternalStore, type ReactNode } from 'react'
import { invariant } from '@fornax/kernel/assert'
import { systemClock } from '@fornax/kernel/clock'
import { NO_NOTICES, NoticeBoard, type NoticeBoardState } from './notice-board.ts'

const NoticeContext = createContext<NoticeBoard | null>(null)

export function NoticeProvider({ children }: { readonly children: ReactNode }) {
  const [board] = useState(() => new NoticeBoard(systemClock))
  return <NoticeContext value={board}>{children}</NoticeContext>
}

/** To say what was done. */
export function useNoticeBoard(): NoticeBoard {
  const board = useContext(NoticeContext)
  invariant(board !== null, 'a page stands inside a NoticeProvider')
  return board
}

export function useNotices(): NoticeBoardState {
  const { state } = useNoticeBoard()
  return useSyncExternalStore(state.subscribe, state.get, none)
}

/** How often something was taken back, for what has to be asked again then. */
export function useUndoCount(): number {
  return useNotices().undoCount
}

function none(): NoticeBoardState {
  return NO_NOTICES
}
