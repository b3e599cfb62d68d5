import { VirtualClock } from '@fornax/kernel/virtual-clock'
import { expect, it } from 'vitest'
import type { ActionOutcome } from '../ui/action.ts'
import { NoticeBoard, SHOWN_MS, type Deed } from './notice-board.ts'

it('says what was done for a while, and then no longer', () => {
  const { board, clock, words } = newBoard()
  board.tell(deed('a'))
  expect(words()).toEqual(['a was done.'])
  expect(board.state.get().spoken).toBe('a was done. Press u to undo it.')
  clock.advance(SHOWN_MS - 1)
  expect(words()).toHaveLength(1)
  clock.advance(1)
  expect(words()).toEqual([])
  expect(board.state.get().spoken).toBe('')
})

it('does not take it away while somebody points at it or has focus in it, and gives all the time again after that', () => {
  const { board, clock, words } = newBoard()
  board.tell(deed('a'))
  board.hold('pointer', true)
  board.hold('focus', true)
  board.hold('pointer', false)
  clock.advance(SHOWN_MS * 10)
  expect(words()).toHaveLength(1)
  board.hold('focus', false)
  clock.advance(SHOWN_MS - 1)
  expect(words()).toHaveLength(1)
  clock.advance(1)
  expect(words()).toEqual([])
})

it('takes it back once, however often it is asked to, and says so', async () => {
  let undos = 0
  const { board, clock, words } = newBoard()
  board.tell(deed('a', async () => outcomeAfter(() => (undos += 1))))
  const id = board.state.get().notices[0]?.id ?? 0
  await Promise.all([board.undo(id), board.undo(id)])
  await board.undo(id)
  expect(undos).toBe(1)
  expect(words()).toEqual(['Undone: a is as it was.'])
  expect(board.state.get()).toMatchObject({ spoken: 'Undone: a is as it was.', undoCount: 1 })
  clock.advance(SHOWN_MS)
  expect(words()).toEqual([])
})

it('keeps why it could not be taken back until somebody has seen it', async () => {
  const { board, clock, words } = newBoard()
  board.tell(deed('a', async () => ({ kind: 'failed', message: 'a was changed meanwhile.' })))
  await board.undo(1)
  clock.advance(SHOWN_MS * 10)
  expect(words()).toEqual(['Undo failed: a was changed meanwhile.'])
  board.dismiss(1)
  expect(words()).toEqual([])
})

it('offers only the newest of what was done to the same thing, and no more than a few in all', () => {
  const { board, words } = newBoard()
  board.tell(deed('a'))
  board.tell(deed('b'))
  board.tell(deed('a'))
  expect(words()).toEqual(['b was done.', 'a was done.'])
  board.tell(deed('c'))
  board.tell(deed('d'))
  expect(words()).toEqual(['a was done.', 'c was done.', 'd was done.'])
})

it('says what came of it also when somebody has put it away meanwhile', async () => {
  const answer = Promise.withResolvers<ActionOutcome>()
  const { board, words } = newBoard()
  board.tell(deed('a', () => answer.promise))
  const undone = board.undo(1)
  board.dismiss(1)
  board.tell(deed('b'))
  answer.resolve({ kind: 'failed', message: 'a is gone.' })
  await undone
  expect(words()).toEqual(['b was done.', 'Undo failed: a is gone.'])
})

it('gives up what is only offered before what is being undone, or could not be', async () => {
  const { board, words } = newBoard()
  board.tell(deed('a', async () => ({ kind: 'failed', message: 'a is gone.' })))
  await board.undo(1)
  for (const about of ['b', 'c', 'd']) board.tell(deed(about))
  expect(words()).toEqual(['Undo failed: a is gone.', 'c was done.', 'd was done.'])
})

it('says the same twice as two things', () => {
  const { board } = newBoard()
  board.tell(deed('a'))
  const { spoken, spokenCount } = board.state.get()
  board.tell(deed('a'))
  expect(board.state.get()).toMatchObject({ spoken, spokenCount: spokenCount + 1 })
})

it('repeats nothing when only what was heard already is left', () => {
  const { board } = newBoard()
  board.tell(deed('a'))
  board.tell(deed('b'))
  board.dismiss(2)
  expect(board.state.get().spoken).toContain('b was done.')
})

function newBoard() {
  const clock = new VirtualClock()
  const board = new NoticeBoard(clock)
  return { board, clock, words: () => board.state.get().notices.map(({ words }) => words) }
}

function deed(about: string, undo: Deed['undo'] = async () => ({ kind: 'done' })): Deed {
  return { about, done: `${about} was done.`, undone: `${about} is as it was.`, undo }
}

function outcomeAfter(act: () => void): ActionOutcome {
  act()
  return { kind: 'done' }
}
