import { expect, it } from 'vitest'
import { areQuotas, quotasInputOf, toQuotasInput, typedQuotasOf } from './quota-input.ts'

const QUOTAS = { cpuMillis: 1_500, memoryBytes: 2 ** 31, opensPerSecond: null, pods: 0, sessions: 12 }

it('reads back what it gave, and leaves out what has no bound', () => {
  expect(toQuotasInput('a', typedQuotasOf(QUOTAS))).toEqual({
    kind: 'input',
    input: { tenant: 'a', cpuMillis: 1_500, memoryBytes: 2 ** 31, pods: 0, sessions: 12 },
  })
})

it('knows whether quotas are still what was asked for', () => {
  const input = quotasInputOf('a', QUOTAS)
  expect(input).toEqual({ tenant: 'a', cpuMillis: 1_500, memoryBytes: 2 ** 31, pods: 0, sessions: 12 })
  expect(areQuotas(QUOTAS, input)).toBe(true)
  expect(areQuotas({ ...QUOTAS, pods: null }, input)).toBe(false)
  expect(areQuotas({ ...QUOTAS, opensPerSecond: 5 }, input)).toBe(false)
})

it.each([
  ['sessions', '1.5'],
  ['pods', '-1'],
  ['opensPerSecond', '0'],
  ['cpus', 'many'],
  ['memoryGib', '1 GiB'],
] as const)('says what is wrong with %s', (field, text) => {
  const verdict = toQuotasInput('a', { ...typedQuotasOf(QUOTAS), [field]: text })
  expect(verdict.kind === 'problems' && Object.keys(verdict.problems)).toEqual([field])
})
