import { describe, expect, it } from 'vitest'
import { samplePolicy } from '../../test/support/samples.ts'
import { NO_QUOTAS, type Quotas } from '../tenants/quotas.ts'
import { withinQuota } from './pool-quota-rules.ts'

const used = { sessions: 9, pods: 6, cpuMillis: 600, memoryBytes: 6_000 }
const newest = { cpuMillis: 100, memoryBytes: 1_000 }
const policy = samplePolicy({ minPods: 2, maxPods: 20 })

describe('W12: the maximum of a pool of 4 in a tenant of 6 pods', () => {
  it.each<[Partial<Quotas>, number]>([
    [{}, 20],
    [{ sessions: 1 }, 20],
    [{ pods: 6 }, 4],
    [{ pods: 9 }, 7],
    [{ pods: 100 }, 20],
    [{ pods: 1 }, 4],
    [{ cpuMillis: 799 }, 5],
    [{ memoryBytes: 8_000 }, 6],
    [{ cpuMillis: 800, memoryBytes: 7_000 }, 5],
  ])('with quotas of %j is %d', (quotas, maxPods) => {
    const sizes = { newest, fallback: null }
    const within = withinQuota(policy, 4, { quotas: { ...NO_QUOTAS, ...quotas }, used, sizes })
    expect(within).toEqual({ ...policy, maxPods })
  })

  it('is reckoned with the larger of the versions that may be made', () => {
    const sizes = { newest, fallback: { cpuMillis: 300, memoryBytes: 1 } }
    const quotas = { ...NO_QUOTAS, cpuMillis: 1_100 }
    expect(withinQuota(policy, 4, { quotas, used, sizes }).maxPods).toBe(5)
  })
})
