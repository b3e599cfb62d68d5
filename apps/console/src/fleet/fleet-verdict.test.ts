import { expect, it } from 'vitest'
import { troublesOf } from './fleet-verdict.ts'

const READY = { name: 'alpha', phase: 'READY' } as const
const WELL = { name: 'hello', problem: null, waitingSessionCount: 0 } as const

it('finds no trouble where all is as asked', () => {
  expect(troublesOf([READY], [WELL])).toEqual([])
})

it('says that nothing can open without a node', () => {
  expect(troublesOf([], [])).toMatchObject([{ tone: 'danger', path: '/nodes' }])
})

it('names what is lost before what only waits, and leads to where it can be seen', () => {
  const problem = {
    failureCount: 1,
    isRollOutHalted: false,
    kind: 'POD_FAILED',
    lastLogLines: [],
    message: 'It exits.',
    retryAt: null,
    since: '2026-11-21T12:00:00.000Z',
  } as const
  const nodes = [READY, { name: 'beta', phase: 'LOST' }, { name: 'gamma', phase: 'DISCONNECTED' }] as const
  const applications = [{ name: 'sandbox', problem, waitingSessionCount: 2 }, WELL]
  expect(troublesOf(nodes, applications).map(({ text, path }) => [text, path])).toEqual([
    ['beta is lost.', '/nodes'],
    ['sandbox: It exits.', '/applications/sandbox'],
    ['gamma is disconnected.', '/nodes'],
    ['2 sessions waiting for a pod.', '/sessions?phase=PENDING'],
  ])
})

it('stays short when many nodes are lost', () => {
  const nodes = ['a', 'b', 'c', 'd', 'e'].map((name) => ({ name, phase: 'LOST' }) as const)
  expect(troublesOf(nodes, [])[0]?.text).toBe('a, b, c and 2 more are lost.')
})
