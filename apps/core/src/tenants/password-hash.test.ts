import { expect, it } from 'vitest'
import { hashPassword, isPassword } from './password-hash.ts'

it('a password is known again by its hash, and no other is', async () => {
  const kept = await hashPassword('correct horse')
  expect(kept).toMatch(/^scrypt\$15\$8\$3\$[\w-]{22}\$[\w-]{43}$/)
  expect(kept).not.toContain('correct')
  expect(await isPassword('correct horse', kept)).toBe(true)
  for (const other of ['correct hors', 'Correct horse', '', 'correct horse '])
    expect(await isPassword(other, kept)).toBe(false)
})

it('the same password has another hash each time', async () => {
  expect(await hashPassword('correct horse')).not.toBe(await hashPassword('correct horse'))
})

it('a letter that can be typed in two ways is the same letter', async () => {
  expect(await isPassword('cafe\u0301 au lait', await hashPassword('caf\u00e9 au lait'))).toBe(true)
})

it.each([null, '', 'x', 'bcrypt$15$8$3$c2FsdA$a2V5', 'scrypt$60$8$3$c2FsdA$a2V5'])(
  'nothing is the password of %j',
  async (kept) => {
    expect(await isPassword('', kept)).toBe(false)
    expect(await isPassword('correct horse', kept)).toBe(false)
  },
)

it('a hash of another cost is still known', async () => {
  // RFC 7914, the third vector, shortened to its first 32 bytes: N = 2^14, r = 8, p = 1.
  const salt = Buffer.from('SodiumChloride').toString('base64url')
  const key = Buffer.from('7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2', 'hex').toString(
    'base64url',
  )
  expect(await isPassword('pleaseletmein', `scrypt$14$8$1$${salt}$${key}`)).toBe(true)
})
