import { expect, it } from 'vitest'
import { toOpenSessionInput, type TypedOpenSession } from './open-session-input.ts'

it('hands over the data byte for byte, in UTF-8', () => {
  const request = toOpenSessionInput(form({ data: 'Grüße 🜂\n' }))
  const data = request.kind === 'input' ? request.input.data : null
  expect(Buffer.from(data ?? '', 'base64').toString('utf8')).toBe('Grüße 🜂\n')
})

it('says nothing of what was left empty', () => {
  expect(toOpenSessionInput(form({}))).toEqual({
    kind: 'input',
    input: { application: 'hello', openTimeoutMs: 10_000, wait: 'NONE' },
  })
})

it('reads one variable per line, with everything after the first equals sign as its value', () => {
  expect(toOpenSessionInput(form({ env: 'MAP=moon\n\nQUERY=a=b c \n' }))).toMatchObject({
    input: {
      env: [
        { name: 'MAP', value: 'moon' },
        { name: 'QUERY', value: 'a=b c ' },
      ],
    },
  })
})

it.each([
  [{ application: '' }, 'application'],
  [{ env: 'no assignment' }, 'env'],
  [{ env: '1A=x' }, 'env'],
  [{ openTimeoutSeconds: '0' }, 'openTimeoutMs'],
  [{ openTimeoutSeconds: 'soon' }, 'openTimeoutMs'],
])('refuses %j, and says which field is wrong', (change, field) => {
  expect(toOpenSessionInput(form(change))).toMatchObject({ kind: 'failed', field })
})

function form(change: Partial<TypedOpenSession>): TypedOpenSession {
  return { application: 'hello', data: '', env: '', openTimeoutSeconds: '10', ...change }
}
