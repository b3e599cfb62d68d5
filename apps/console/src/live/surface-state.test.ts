import { expect, it } from 'vitest'
import type { LiveListState } from './live-list.ts'
import { surfaceStateOf } from './surface-state.ts'

type Item = { readonly id: string }

const LOST = {
  phase: 'reconnecting',
  sinceMs: 7,
  failure: { kind: 'unreachable', url: '', message: 'gone' },
} as const

it('waits while nothing is known and nothing is wrong', () => {
  expect(surfaceStateOf(list({}))).toEqual({ kind: 'loading' })
})

it('has failed when nothing is known and something is wrong', () => {
  expect(surfaceStateOf(list({ status: LOST }))).toMatchObject({ kind: 'failed', sinceMs: 7 })
  expect(surfaceStateOf(list({ refusal: { message: 'no', sinceMs: 9 } }))).toEqual({
    kind: 'failed',
    message: 'no',
    sinceMs: 9,
  })
})

it('keeps what is known, dimmed, whatever goes wrong later', () => {
  expect(surfaceStateOf(list({ isLoaded: true }))).toMatchObject({ kind: 'ready', isStale: false })
  expect(surfaceStateOf(list({ isLoaded: true, status: LOST }))).toMatchObject({ kind: 'ready', isStale: true })
  expect(surfaceStateOf(list({ isLoaded: true, refusal: { message: 'no', sinceMs: 9 } }))).toMatchObject({
    kind: 'ready',
    isStale: true,
    problem: 'no',
  })
})

function list(change: Partial<LiveListState<Item>>): LiveListState<Item> {
  return {
    items: new Map(),
    isLoaded: false,
    change: null,
    resourceVersion: null,
    status: { phase: 'connecting' },
    refusal: null,
    ...change,
  }
}
