import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { pageOf, pageSize, type Order, type Page } from './connections.ts'

type Item = { readonly at: number; readonly id: string }

const newestFirst: Order<Item> = {
  tag: 'items',
  direction: 'descending',
  first: ({ at }) => at,
  second: ({ id }) => id,
}
const oldestFirst: Order<Item> = { ...newestFirst, direction: 'ascending' }
const byName: Order<Item> = { ...newestFirst, tag: 'names', first: ({ id }) => id }

describe('pages', () => {
  const items = fc.uniqueArray(fc.record({ at: fc.nat(5), id: fc.string({ maxLength: 3 }) }), {
    selector: ({ id }) => id,
  })

  it.each([
    ['newest first', newestFirst],
    ['oldest first', oldestFirst],
  ])('give every object once, %s, whatever their size', (_name, order) => {
    fc.assert(
      fc.property(items, fc.integer({ min: 1, max: 7 }), (all, first) => {
        const seen = [...walk(order, () => all, first)]
        expect(seen).toEqual(all.toSorted(comparing(order)))
      }),
    )
  })

  it('neither repeat nor miss what was there all the time, while others come and go', () => {
    fc.assert(
      fc.property(items, fc.infiniteStream(fc.boolean()), fc.integer({ min: 1, max: 4 }), (all, coins, first) => {
        const [coming, staying] = [all.filter((_, i) => i % 2 === 1), all.filter((_, i) => i % 2 === 0)]
        const flip = (): boolean => coins.next().value === true
        const seen = [...walk(newestFirst, () => [...staying, ...coming.filter(flip)], first)]
        expect(seen.filter((item) => staying.includes(item))).toEqual(staying.toSorted(comparing(newestFirst)))
        expect(new Set(seen).size).toBe(seen.length)
      }),
    )
  })

  it('say whether more follows, and where they begin and end', () => {
    const all = [1, 2, 3].map((at) => ({ at, id: `${at}` }))
    const one = pageOf(all, oldestFirst, { first: 2 })
    expect(one.pageInfo).toEqual({
      hasNextPage: true,
      hasPreviousPage: false,
      startCursor: one.edges[0]?.cursor,
      endCursor: one.edges[1]?.cursor,
    })
    const two = pageOf(all, oldestFirst, { first: 2, after: one.pageInfo.endCursor })
    expect(two.edges.map(({ node }) => node.at)).toEqual([3])
    expect(two.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: true })
    const nothing = { startCursor: null, endCursor: null, hasNextPage: false, hasPreviousPage: false }
    expect(pageOf([], oldestFirst, {}).pageInfo).toEqual(nothing)
  })

  it('hold 50 objects unless told otherwise, and 500 when asked for more', () => {
    expect(pageSize({})).toBe(50)
    expect(pageSize({ first: null })).toBe(50)
    expect(pageSize({ first: 500 })).toBe(500)
    expect(pageSize({ first: 1_000_000 })).toBe(500)
    const many = Array.from({ length: 501 }, (_, at) => ({ at, id: `${at}` }))
    expect(pageOf(many, newestFirst, { first: 1_000 })).toMatchObject({ pageInfo: { hasNextPage: true } })
  })

  it.each([0, -1, -500])('of %i objects are refused', (first) => expect(() => pageSize({ first })).toThrow(/first is/))

  it.each([
    ['that is not base64', '!'],
    ['that is not JSON', Buffer.from('{').toString('base64url')],
    ['that holds something else', Buffer.from('["items",null,"1"]').toString('base64url')],
    ['of another list', pageOf([{ at: 1, id: '1' }], byName, {}).pageInfo.endCursor],
    ['that is empty', ''],
  ])('after a cursor %s are refused', (_which, after) => {
    expect(() => pageOf([], newestFirst, { after })).toThrow(/not a cursor/)
  })
})

function* walk(order: Order<Item>, items: () => readonly Item[], first: number): Iterable<Item> {
  for (let after: string | null = null, isMore = true; isMore;) {
    const page: Page<Item> = pageOf(items(), order, { first, after })
    for (const { node } of page.edges) yield node
    isMore = page.pageInfo.hasNextPage
    after = page.pageInfo.endCursor
  }
}

function comparing({ direction }: Order<Item>): (a: Item, b: Item) => number {
  const sign = direction === 'ascending' ? 1 : -1
  return (a, b) => sign * (a.at - b.at || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0))
}
