import { expect, it } from 'vitest'
import { availableIn, closePayload, openPayload, sessionIdsIn } from './operations.ts'

const answer = (...phases: string[]): string =>
  JSON.stringify({
    data: {
      openSessions: {
        results: phases.map((phase, index) => ({ session: { id: `ses-${index}`, phase }, problem: null })),
      },
    },
  })

it('asks for one session, or for many in one call', () => {
  expect(JSON.parse(openPayload('app-1', 1))).toMatchObject({ variables: { input: { application: 'app-1' } } })
  const many = { variables: { input: { sessions: [{ application: 'app-1' }, { application: 'app-1' }] } } }
  expect(JSON.parse(openPayload('app-1', 2))).toMatchObject(many)
  expect(JSON.parse(closePayload('ses-1'))).toMatchObject({ variables: { input: { id: 'ses-1' } } })
})

it('counts the sessions of an answer that are available, and no others', () => {
  expect(availableIn(answer('AVAILABLE', 'CLOSED', 'AVAILABLE'))).toBe(2)
  expect(availableIn('{"errors":[{"message":"no"}]}')).toBe(0)
})

it('finds the ids of the sessions in an answer', () => {
  expect(sessionIdsIn(answer('AVAILABLE', 'AVAILABLE'))).toEqual(['ses-0', 'ses-1'])
})
