import { expect, it } from 'vitest'
import type { AuditFact } from './audit-record.ts'
import { RefusalLimiter } from './refusal-limiter.ts'

it('T7: writes the first of many refusals of one, then how many there were, and never holds back what was done', () => {
  const limiter = new RefusalLimiter()
  const written = Array.from({ length: 1_000 }, () => limiter.pass(refusal('tok-1'), 0)).flat()
  expect(written).toHaveLength(50)
  expect(limiter.pass(refusal('tok-2'), 0)).toHaveLength(1)
  expect(limiter.pass({ ...refusal('tok-1'), outcome: 'done' }, 0)).toHaveLength(1)
  const later = limiter.pass(refusal('tok-1'), 60_000)
  expect(later.map(({ after }) => after)).toEqual([{ alsoRefused: 950 }, null])
  for (let count = 0; count < 60; count += 1) limiter.pass(refusal('tok-1'), 60_001)
  expect(limiter.rest().map(({ after }) => after)).toEqual([{ alsoRefused: 11 }])
})

it('T7: tells how many there were once the minute is over, whether they come again or not', () => {
  const limiter = new RefusalLimiter()
  for (let count = 0; count < 60; count += 1) limiter.pass(refusal('tok-1'), 0)
  limiter.pass(refusal('tok-2'), 30_000)
  expect(limiter.ended(59_999)).toEqual([])
  expect(limiter.ended(60_000).map(({ after }) => after)).toEqual([{ alsoRefused: 10 }])
  expect(limiter.ended(90_000)).toEqual([])
  expect(limiter.rest()).toEqual([])
})

it('knows a machine without a name by its address, whatever its port, and forgets who was not seen for long', () => {
  const limiter = new RefusalLimiter()
  const from = (port: number): AuditFact => ({ ...refusal(''), actor: { kind: 'nobody' }, source: `10.0.0.1:${port}` })
  expect(Array.from({ length: 100 }, (_, port) => limiter.pass(from(port), 0)).flat()).toHaveLength(50)
  for (let count = 0; count < 20_000; count += 1) limiter.pass(refusal(`tok-${count}`), 0)
  expect(limiter.rest()).toHaveLength(0) // The sum of the machine was written when it was forgotten.
})

function refusal(id: string): AuditFact {
  return {
    tenantId: 'ten-1',
    actor: { kind: 'viewer', id, role: 'viewer' },
    source: null,
    requestId: null,
    action: 'createTenant',
    object: 'tenant',
    outcome: 'refused',
    problem: 'NotAllowed',
    before: null,
    after: null,
  }
}
