import { expect, it } from 'vitest'
import type { WatchStatus } from '@fornax/client/watch'
import { isSameTabState, tabStateOf } from './tab-state.ts'

const CONNECTING: WatchStatus = { phase: 'connecting' }
const LIVE: WatchStatus = { phase: 'live' }
const lost = (sinceMs: number): WatchStatus => ({
  phase: 'reconnecting',
  sinceMs,
  failure: { kind: 'unreachable', url: '', message: 'gone' },
})

it.each([
  [[], { phase: 'connecting' }],
  [[CONNECTING], { phase: 'connecting' }],
  [[CONNECTING, LIVE], { phase: 'live' }],
  [[LIVE, lost(20), lost(10)], { phase: 'reconnecting', sinceMs: 10, cause: 'core' }],
] as const)('of %j is %j: one thing that waits is enough to be honest about it', (statuses, state) => {
  expect(tabStateOf(statuses, 'core')).toEqual(state)
})

it('is the same for a reader only when all it says is the same', () => {
  const state = tabStateOf([lost(10)], 'core')
  expect(isSameTabState(state, tabStateOf([lost(10), lost(12)], 'core'))).toBe(true)
  expect(isSameTabState(state, tabStateOf([lost(10)], 'unknown'))).toBe(false)
  expect(isSameTabState(state, tabStateOf([LIVE], 'core'))).toBe(false)
})
