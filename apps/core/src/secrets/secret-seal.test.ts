import { assert, property, uint8Array } from 'fast-check'
import { expect, it } from 'vitest'
import { SecretSeal } from './secret-seal.ts'

const KEY = new Uint8Array(32).fill(1)
const owner = { tenantId: 'ten-1', id: 'sec-1' }

it('opens what it sealed, whatever it is', () => {
  const seal = new SecretSeal(KEY)
  assert(
    property(uint8Array({ maxLength: 200 }), (value) => {
      expect(seal.open(seal.seal(value, owner), owner)).toEqual(Buffer.from(value))
    }),
  )
})

it('shows nothing of the value, and never seals it the same way twice', () => {
  const seal = new SecretSeal(KEY)
  const value = Buffer.from('a value that nobody shall see')
  const sealed = seal.seal(value, owner)
  expect(Buffer.from(sealed).includes(value.subarray(0, 8))).toBe(false)
  expect(seal.seal(value, owner)).not.toEqual(sealed)
})

it('opens nothing for another secret, for another tenant, with another key, or after a change', () => {
  const seal = new SecretSeal(KEY)
  const sealed = seal.seal(Buffer.from('value'), owner)
  expect(seal.open(sealed, { ...owner, id: 'sec-2' })).toBeNull()
  expect(seal.open(sealed, { ...owner, tenantId: 'ten-2' })).toBeNull()
  expect(new SecretSeal(new Uint8Array(32).fill(2)).open(sealed, owner)).toBeNull()
  for (let at = 0; at < sealed.length; at += 1) {
    const changed = Uint8Array.from(sealed, (byte, index) => (index === at ? byte ^ 1 : byte))
    expect(seal.open(changed, owner)).toBeNull()
  }
  expect(seal.open(new Uint8Array(), owner)).toBeNull()
})
