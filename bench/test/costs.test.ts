/**
 * What things cost, in counts: frames, rows, changes, messages, bytes allocated. A count is the same on a busy machine,
 * so a change that makes something dearer shows here before anybody measures a time.
 */
import { beforeAll, describe, expect, it } from 'vitest'
import { measureCosts, type Costs } from './support/measure-costs.ts'
import { countLooks } from './support/placement-looks.ts'

const KB = 1_000

describe('filling pools, as in `pods`', () => {
  let costs: Costs
  beforeAll(async () => {
    costs = (await everything()).pods
  }, 120_000)

  it('sends the commands for many pods in one frame, and hears of them in few', () => {
    expect(costs.frames).toBeLessThan(0.5)
  })
  it('makes no more changes than a pod has phases, and a share of those of its node and application', () => {
    expect(costs.changes).toBeGreaterThan(1)
    expect(costs.changes).toBeLessThan(6)
  })
  it('writes nothing to the database for a pod', () => expect(costs.rows).toBe(0))
  it('allocates little for a pod', () => expect(costs.allocatedBytes).toBeLessThan(50 * KB))
})

describe('opening sessions, as in `warm`', () => {
  let costs: Costs
  beforeAll(async () => {
    costs = (await everything()).sessions
  }, 120_000)

  it('opens every one of them', () => expect(costs.errors).toBe(0))
  it('writes at most two rows for a session, many in one commit', () => {
    expect(costs.rows).toBeGreaterThanOrEqual(1)
    expect(costs.rows).toBeLessThanOrEqual(2.1)
    expect(costs.commits).toBeLessThan(0.7)
  })
  it('asks its node in one frame and hears of it in few', () => expect(costs.frames).toBeLessThan(3))
  it('makes a bounded number of changes for a session', () => {
    expect(costs.changes).toBeGreaterThan(2)
    expect(costs.changes).toBeLessThan(11)
  })
  it('allocates little for a session', () => expect(costs.allocatedBytes).toBeLessThan(200 * KB))
})

describe('readers of watches, as in `watch`', () => {
  let alone: Costs
  let watched: Costs
  beforeAll(async () => {
    const all = await everything()
    alone = all.sessions
    watched = all.watched
  }, 120_000)

  it('miss nothing, also those that read nothing for a while', () => expect(watched.errors).toBe(0))
  it('get many changes in one message', () => {
    expect(watched.messages).toBeGreaterThan(0)
    expect(watched.messages).toBeLessThan(0.1)
  })
  it('share the work that is done for them', () => {
    expect(watched.allocatedBytes).toBeLessThan(2 * alone.allocatedBytes)
  })
  it('do not make more changes', () => expect(watched.changes).toBeLessThan(1.5 * alone.changes))
})

describe('placing pods, as in `schedule`', () => {
  it('looks at hardly more nodes in a fleet a hundred times as large', () => {
    const [small, large] = [countLooks(100), countLooks(10_000)]
    expect(small).toBeGreaterThan(0)
    expect(large).toBeLessThan(4 * small)
  })
})

let measuring: ReturnType<typeof measureCosts> | null = null

/** One core for all of them: what is counted does not depend on what was before. */
function everything(): ReturnType<typeof measureCosts> {
  return (measuring ??= measureCosts())
}
