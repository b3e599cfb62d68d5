import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { choose, hasRoom, shortageOf, type Candidate } from './placement.ts'

const demand = { cpuMillis: 500, memoryBytes: 512 }

describe('D5: among nodes with room', () => {
  it.each([
    ['one that holds the version', [node('a', { freeMemoryBytes: 600 }), node('b', { hasVersion: true })], 'b'],
    ['it also with two pods more', [node('a'), node('b', { hasVersion: true, podsOfThisApplication: 2 })], 'b'],
    ['not with three', [node('a'), node('b', { hasVersion: true, podsOfThisApplication: 3 })], 'a'],
    ['the one with fewest pods of the application', [node('a', { podsOfThisApplication: 2 }), node('b')], 'b'],
    ['the fullest', [node('a'), node('b', { freeMemoryBytes: 600 })], 'b'],
    ['the first by name, of equals', [node('b'), node('a')], 'a'],
    ['one that has room', [node('a', { hasVersion: true, freePods: 0 }), node('b')], 'b'],
  ] as const)('takes %s', (_which, candidates, name) => expect(choose(demand, candidates)?.nodeName).toBe(name))
})

it('D1: an exact fit fits', () => {
  expect(hasRoom(node('a', { freeCpuMillis: 500, freeMemoryBytes: 512, freePods: 1 }), demand)).toBe(true)
  expect(hasRoom(node('a', { freeCpuMillis: 499 }), demand)).toBe(false)
})

it('D1, D5: never overbooks, and does not depend on the order of nodes', () => {
  const candidates = fc.uniqueArray(anyCandidate(), { selector: ({ nodeName }) => nodeName, maxLength: 20 })
  fc.assert(
    fc.property(candidates, (nodes) => {
      const chosen = choose(demand, nodes)
      expect(choose(demand, nodes.toReversed())).toEqual(chosen)
      expect(chosen !== null).toBe(nodes.some((one) => hasRoom(one, demand)))
      if (chosen !== null) expect(hasRoom(chosen, demand)).toBe(true)
    }),
  )
})

it('D6: a refusal says on how many nodes which resource was short', () => {
  const nodes = [
    node('a', { freeCpuMillis: 1 }),
    node('b', { freeMemoryBytes: 1, freePods: 0 }),
    node('c', { freePods: 0 }),
  ]
  expect(shortageOf(demand, nodes)).toEqual({ considered: 3, cpu: 1, memory: 1, pods: 2 })
})

function anyCandidate(): fc.Arbitrary<Candidate> {
  return fc.record({
    nodeName: fc.string({ minLength: 1, maxLength: 6 }),
    freeCpuMillis: fc.nat(1_000),
    freeMemoryBytes: fc.nat(1_024),
    freePods: fc.nat(3),
    hasVersion: fc.boolean(),
    podsOfThisApplication: fc.nat(10),
  })
}

function node(nodeName: string, overrides: Partial<Candidate> = {}): Candidate {
  const free = { freeCpuMillis: 1_000, freeMemoryBytes: 1_024, freePods: 10 }
  return { nodeName, ...free, hasVersion: false, podsOfThisApplication: 0, ...overrides }
}
