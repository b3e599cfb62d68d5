import type { Session } from '@fornax/session-sdk'
import { describe, expect, it } from 'vitest'
import { pageOf, viewOf } from './session-view.ts'

describe('what hello shows', () => {
  it('is "no session" between two sessions', () => {
    expect(viewOf(null)).toEqual({ session: null })
    expect(pageOf(viewOf(null))).toContain('no session')
  })

  it('is the data as text where it is text, and always byte for byte as base64', () => {
    expect(viewOf(session({ data: Buffer.from('grüezi') })).session).toMatchObject({ text: 'grüezi' })
    expect(viewOf(session({ data: Uint8Array.of(0xff, 0) })).session).toMatchObject({ text: null, dataBase64: '/wA=' })
  })

  it('never lets data or env become markup', () => {
    const page = pageOf(viewOf(session({ data: Buffer.from('<script>1</script>'), env: { '<b>': '"&\'' } })))
    expect(page).not.toMatch(/<script|<b>|"&'/)
    expect(page).toContain('&#60;script&#62;1')
  })
})

function session(overrides: Partial<Session>): Session {
  return {
    id: 'ses-a',
    data: new Uint8Array(),
    env: {},
    phase: 'open',
    clientCount: 0,
    closing: new AbortController().signal,
    setClientCount: () => {},
    close: () => Promise.resolve(),
    ...overrides,
  }
}
