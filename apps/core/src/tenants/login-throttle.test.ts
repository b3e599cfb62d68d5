import { describe, expect, it } from 'vitest'
import { LoginThrottle, type LoginAttempt } from './login-throttle.ts'

const ann: LoginAttempt = { tenant: 'acme', user: 'ann', address: 'here' }

describe('tries', () => {
  it('of a user from one address are five at once, and one each half minute', () => {
    const throttle = new LoginThrottle()
    expect(triesNow(throttle, ann, 0)).toBe(5)
    expect(throttle.waitMs(ann, 0)).toBe(30_000)
    expect(throttle.waitMs(ann, 29_999)).toBe(1)
    expect(triesNow(throttle, ann, 30_000)).toBe(1)
    expect(triesNow(throttle, ann, 24 * 3_600_000)).toBe(5)
  })

  it('from elsewhere, or of somebody else, are not held up by them', () => {
    const throttle = new LoginThrottle()
    triesNow(throttle, ann, 0)
    expect(throttle.waitMs({ ...ann, address: 'there' }, 0)).toBe(0)
    expect(throttle.waitMs({ ...ann, user: 'bob' }, 0)).toBe(0)
    expect(throttle.waitMs({ ...ann, tenant: 'globex' }, 0)).toBe(0)
  })

  it('from one address are bounded, whoever they are for', () => {
    const throttle = new LoginThrottle()
    const users = Array.from({ length: 100 }, (_, number) => ({ ...ann, user: `user-${number}` }))
    expect(users.filter((attempt) => triesNow(throttle, attempt, 0, 1) === 1)).toHaveLength(20)
  })

  it('for one user are bounded, wherever they come from', () => {
    const throttle = new LoginThrottle()
    const addresses = Array.from({ length: 100 }, (_, number) => ({ ...ann, address: `address-${number}` }))
    expect(addresses.filter((attempt) => triesNow(throttle, attempt, 0, 1) === 1)).toHaveLength(60)
  })

  it('that succeed are given back', () => {
    const throttle = new LoginThrottle()
    for (let tried = 0; tried < 1_000; tried += 1) {
      expect(throttle.waitMs(ann, 0)).toBe(0)
      throttle.book(ann, 0)
      throttle.succeeded(ann, 0)
    }
    expect(triesNow(throttle, ann, 0)).toBe(5)
  })

  it('are forgotten in the order in which they were made, when there are too many of them', () => {
    const throttle = new LoginThrottle()
    triesNow(throttle, ann, 0)
    for (let number = 0; number < 5_000; number += 1) throttle.book({ ...ann, user: 'x', address: `a-${number}` }, 0)
    expect(throttle.waitMs(ann, 0)).toBe(0)
  })
})

/** How many are let through at an instant, one after another. */
function triesNow(throttle: LoginThrottle, attempt: LoginAttempt, nowMs: number, most = 100): number {
  let tries = 0
  while (tries < most && throttle.waitMs(attempt, nowMs) === 0) {
    throttle.book(attempt, nowMs)
    tries += 1
  }
  return tries
}
