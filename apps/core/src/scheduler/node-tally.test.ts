import fc from 'fast-check'
import { expect, it } from 'vitest'
import { NodeTally } from './node-tally.ts'

type Step = { readonly kind: 'more' | 'less' | 'clear'; readonly node: number; readonly of: string }

it('counts as a map of pairs would, however often it grew and closed gaps', () => {
  fc.assert(
    fc.property(fc.array(anyStep(), { maxLength: 400 }), (steps) => {
      const tally = new NodeTally()
      const model = new Map<string, number>()
      for (const { kind, node, of } of steps) {
        const key = `${node} ${of}`
        const before = model.get(key) ?? 0
        if (kind === 'clear') {
          tally.clear(node)
          forget(model, node)
        } else if (kind === 'more' || before > 0) {
          const by = kind === 'more' ? 1 : -1
          tally.add(node, of, by)
          model.set(key, before + by)
        }
        expect(tally.get(node, of)).toBe(model.get(key) ?? 0)
      }
      for (let node = 0; node < 50; node += 1)
        for (const of of KINDS) expect(tally.get(node, of)).toBe(model.get(`${node} ${of}`) ?? 0)
    }),
  )
})

it('knows a kind only while there is one of it', () => {
  const tally = new NodeTally()
  for (let round = 0; round < 10_000; round += 1) {
    tally.add(round % 7, `kind-${round}`, 1)
    tally.add(round % 7, `kind-${round}`, -1)
  }
  expect(tally.kindCount).toBe(0)
})

const KINDS = ['a', 'b', 'c', 'd', 'e']

function anyStep(): fc.Arbitrary<Step> {
  const kind = fc.constantFrom<Step['kind']>('more', 'more', 'more', 'less', 'less', 'clear')
  return fc.record({ kind, node: fc.nat(49), of: fc.constantFrom(...KINDS) })
}

function forget(model: Map<string, number>, node: number): void {
  for (const pair of model.keys()) if (pair.startsWith(`${node} `)) model.delete(pair)
}
