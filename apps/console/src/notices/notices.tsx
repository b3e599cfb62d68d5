'use client'
/** What was just done, in the corner of every page, each with the way back. */
import { useEffect, useMemo, useRef, type FocusEvent } from 'react'
import { usePageActions } from '../palette/palette-actions.ts'
import { Button, IconButton } from '../ui/button.tsx'
import { Icon, type IconName } from '../ui/icon.tsx'
import { KeyHint } from '../ui/key-hint.tsx'
import type { Notice } from './notice-board.ts'
import { useNoticeBoard, useNotices } from './notice-context.tsx'

export function Notices() {
  const { notices, spoken, spokenCount } = useNotices()
  return (
    <>
      {/* There before there is anything to say: else it would not be heard. A dialog hides all but what says `aria-live`
          from those who listen, and most is done in one. What is said twice is another element, and so is heard twice. */}
      <span role="status" aria-live="polite" aria-label="What was done" className="sr-only">
        <span key={spokenCount}>{spoken}</span>
      </span>
      {notices.length > 0 && <Board notices={notices} />}
    </>
  )
}

function Board({ notices }: { readonly notices: readonly Notice[] }) {
  const board = useNoticeBoard()
  const newest = notices.findLast(({ phase }) => phase === 'offered')
  const actions = useMemo(
    () => (newest === undefined ? [] : [{ name: `Undo: ${newest.deed.done}`, act: () => void board.undo(newest.id) }]),
    [board, newest],
  )
  usePageActions(actions)
  useEffect(
    () => () => {
      // What is gone tells nobody that the pointer or the focus has left it.
      board.hold('pointer', false)
      board.hold('focus', false)
    },
    [board],
  )
  return (
    // Nothing can be done with the board itself: it only learns whether somebody is at what stands on it.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <div
      role="region"
      aria-label="Notices"
      onPointerEnter={() => board.hold('pointer', true)}
      onPointerLeave={() => board.hold('pointer', false)}
      // A click leaves focus behind, but whoever clicked is not there any more.
      onFocus={({ target }) => board.hold('focus', target.matches(':focus-visible'))}
      onBlur={(event) => {
        if (!isWithin(event)) board.hold('focus', false)
      }}
      className="fixed right-4 bottom-4 z-30 flex w-[min(27rem,calc(100vw-2rem))] flex-col gap-2"
    >
      {notices.map((notice) => (
        <Line key={notice.id} notice={notice} isNewest={notice === newest} />
      ))}
    </div>
  )
}

const ICONS: Readonly<Record<Notice['phase'], IconName>> = {
  offered: 'check',
  undoing: 'check',
  undone: 'back',
  refused: 'warning',
}

function Line({ notice, isNewest }: { readonly notice: Notice; readonly isNewest: boolean }) {
  const { id, phase, words } = notice
  const board = useNoticeBoard()
  const dismiss = useRef<HTMLButtonElement>(null)
  const isRefused = phase === 'refused'
  return (
    <div
      className={`flex items-center gap-2.5 rounded-lg border bg-raised py-2 pr-2 pl-3 shadow-xl shadow-(color:--shadow) animate-appear ${isRefused ? 'border-warn' : 'border-line-strong'}`}
    >
      <Icon name={ICONS[phase]} className={isRefused ? 'text-warn' : 'text-soft'} />
      <p className="min-w-0 flex-1 wrap-anywhere">{words}</p>
      {(phase === 'offered' || phase === 'undoing') && (
        <Button
          size="small"
          isBusy={phase === 'undoing'}
          data-key={isNewest ? 'u' : undefined}
          onClick={({ currentTarget }) => {
            // This button goes: whoever pressed it by a key goes on beside it, and hears there what came of it.
            if (currentTarget === document.activeElement) dismiss.current?.focus()
            void board.undo(id)
          }}
        >
          Undo
          {isNewest && (
            <span aria-hidden>
              <KeyHint keys="u" />
            </span>
          )}
        </Button>
      )}
      <IconButton
        ref={dismiss}
        name="close"
        label="Dismiss"
        size="small"
        onClick={({ currentTarget }) => {
          if (currentTarget === document.activeElement) document.querySelector<HTMLElement>('#content')?.focus()
          board.dismiss(id)
        }}
      />
    </div>
  )
}

function isWithin({ currentTarget, relatedTarget }: FocusEvent): boolean {
  return relatedTarget instanceof Node && currentTarget.contains(relatedTarget)
}
