import { expect, it } from 'vitest'
import { NEW_POLICY, policyInputOf, toPolicyInput, typedPolicyOf, type TypedPolicy } from './policy-input.ts'

it('gives what was typed, with seconds as milliseconds, and leaves out what was left empty', () => {
  expect(inputOf({ scaleDownDelaySeconds: '1.5' })).toEqual({
    idleCount: { low: 2, high: 4 },
    keepHot: 0,
    maxPods: 10,
    minPods: 0,
    scaleDownDelayMs: 1_500,
    wakeOnTraffic: false,
  })
  expect(inputOf({ target: 'none', low: 'nonsense' })).not.toHaveProperty('idleCount')
  expect(inputOf({ hibernateAfterSeconds: '0', burst: '3' })).toMatchObject({ hibernateAfterMs: 0, burst: 3 })
})

it('reads back what it gave: an unchanged form changes nothing', () => {
  const policy = {
    burst: 2,
    hibernateAfterMs: 60_000,
    idleCount: null,
    idlePercent: { low: 10, high: 20 },
    keepHot: 1,
    maxPods: 40,
    minPods: 4,
    scaleDownDelayMs: 250,
    wakeOnTraffic: true,
  }
  const { idleCount: _none, ...same } = policy
  expect(inputOf(typedPolicyOf(policy))).toEqual(same)
  expect(policyInputOf(policy)).toEqual(same)
})

it.each([
  ['low', { low: '5', high: '4' }],
  ['minPods', { minPods: '11' }],
  ['maxPods', { maxPods: '0' }],
  ['high', { target: 'idlePercent', low: '1', high: '101' }],
  ['burst', { burst: '0' }],
  ['scaleDownDelaySeconds', { scaleDownDelaySeconds: 'soon' }],
  ['keepHot', { keepHot: '-1' }],
  ['wakeOnTraffic', { wakeOnTraffic: true }],
] as const)('says what is wrong with %s', (field, change) => {
  const verdict = toPolicyInput({ ...NEW_POLICY, ...change })
  expect(verdict.kind === 'problems' && Object.keys(verdict.problems)).toEqual([field])
})

function inputOf(change: Partial<TypedPolicy>) {
  const verdict = toPolicyInput({ ...NEW_POLICY, ...change })
  return verdict.kind === 'input' ? verdict.input : verdict.problems
}
