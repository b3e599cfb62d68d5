import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { applyEvent, difference, emptyCollection, forgetParts, type WatchEvent } from './live-collection.ts'

type Item = { readonly id: string; readonly value: number }

describe('applying events', () => {
  it('shows a snapshot only when its last part is there, and resumes from nothing before that', () => {
    const half = applyEvent(emptyCollection<Item>(), snapshot([item('a', 1)], { isLast: false, version: 'v1' }))
    expect(half.items.size).toBe(0)
    expect(half.resourceVersion).toBeNull()
    const whole = applyEvent(half, snapshot([item('b', 2)], { isLast: true, version: 'v1' }))
    expect([...whole.items.keys()]).toEqual(['a', 'b'])
    expect(whole.resourceVersion).toBe('v1')
  })

  it('keeps what it shows while a new snapshot is on its way, then drops what the snapshot does not have', () => {
    const old = applyEvent(emptyCollection<Item>(), snapshot([item('gone', 1)], { isLast: true, version: 'v1' }))
    const between = applyEvent(old, snapshot([item('a', 1)], { isLast: false, version: 'v9' }))
    expect([...between.items.keys()]).toEqual(['gone'])
    expect(between.resourceVersion).toBe('v1')
    expect([...applyEvent(between, snapshot([], { isLast: true, version: 'v9' })).items.keys()]).toEqual(['a'])
  })

  it('moves only the version on a bookmark, so that readers of the items see nothing', () => {
    const before = applyEvent(emptyCollection<Item>(), snapshot([item('a', 1)], { isLast: true, version: 'v1' }))
    const after = applyEvent(before, { kind: 'bookmark', resourceVersion: 'v2' })
    expect(after.items).toBe(before.items)
    expect(after.resourceVersion).toBe('v2')
  })

  it('never changes a map that it has handed out', () => {
    const before = applyEvent(emptyCollection<Item>(), snapshot([item('a', 1)], { isLast: true, version: 'v1' }))
    applyEvent(before, changes([item('a', 2), item('b', 1)], [], 'v2'))
    expect([...before.items.values()]).toEqual([item('a', 1)])
  })
})

describe('any history', () => {
  it('P1: the collection equals the truth after every whole event, however it was cut into events', () => {
    fc.assert(
      fc.property(histories(), (steps) => {
        let collection = emptyCollection<Item>()
        let truth = new Map<string, Item>()
        for (const step of steps) {
          truth = step.truth
          for (const event of step.events) collection = applyEvent(collection, event)
          expect(new Map(collection.items)).toEqual(truth)
          expect(collection.resourceVersion).toBe(step.version)
        }
      }),
    )
  })

  it('P2: losing the connection anywhere and resuming with the version held ends at the same truth', () => {
    fc.assert(
      fc.property(histories(), fc.nat(), (steps, cut) => {
        const flat = steps.flatMap((step, index) => step.events.map((event) => ({ event, index })))
        let collection = emptyCollection<Item>()
        for (const { event } of flat.slice(0, cut % (flat.length + 1))) collection = applyEvent(collection, event)
        collection = forgetParts(collection)
        const resumed = steps.findIndex((step) => step.version === collection.resourceVersion)
        for (const step of steps.slice(resumed + 1))
          for (const event of step.events) collection = applyEvent(collection, event)
        expect(new Map(collection.items)).toEqual(steps.at(-1)?.truth ?? new Map())
      }),
    )
  })

  it('P3: the difference between two states, applied to the first, gives the second', () => {
    const states = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), fc.nat(3))
    fc.assert(
      fc.property(states, states, (left, right) => {
        const before = toMap(left)
        const after = toMap(right)
        const { upserted, removedIds } = difference(before, after)
        for (const id of removedIds) before.delete(id)
        for (const one of upserted) before.set(one.id, one)
        expect(before).toEqual(after)
      }),
    )
  })
})

type Step = {
  readonly events: readonly WatchEvent<Item>[]
  readonly truth: Map<string, Item>
  readonly version: string
}

/** What a server may send: snapshots in any number of parts, changes, bookmarks; beginning with a snapshot. */
it('finds the same difference when it is told what was touched, also where more was touched than has changed', () => {
  const states = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), fc.nat(3))
  fc.assert(
    fc.property(states, states, fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e')), (left, right, extra) => {
      const before = toMap(left)
      const after = new Map(
        [...toMap(right)].map(([id, one]) => [id, before.get(id)?.value === one.value ? (before.get(id) ?? one) : one]),
      )
      const all = difference(before, after)
      const touched = new Set([...all.upserted.map(({ id }) => id), ...all.removedIds, ...extra])
      const some = difference(before, after, touched)
      expect(new Set(some.upserted)).toEqual(new Set(all.upserted))
      expect(new Set(some.removedIds)).toEqual(new Set(all.removedIds))
    }),
  )
})

function histories(): fc.Arbitrary<readonly Step[]> {
  const id = fc.constantFrom('a', 'b', 'c', 'd', 'e')
  const write = fc.record({
    upserts: fc.array(fc.tuple(id, fc.nat(9)), { maxLength: 3 }),
    removes: fc.array(id, { maxLength: 2 }),
  })
  const kind = fc.constantFrom('changes', 'bookmark', 'snapshot')
  const step = fc.record({ kind, write, parts: fc.integer({ min: 1, max: 4 }) })
  return fc.array(step, { minLength: 1, maxLength: 12 }).map((steps) => {
    let truth = new Map<string, Item>()
    return steps.map(({ kind: wanted, write: { upserts, removes }, parts }, index): Step => {
      const version = `v${index}`
      if (wanted === 'bookmark' && index > 0)
        return { events: [{ kind: 'bookmark', resourceVersion: version }], truth, version }
      const next = new Map(truth)
      for (const gone of removes) next.delete(gone)
      for (const [one, value] of upserts) next.set(one, item(one, value))
      truth = next
      const upserted = new Map(upserts.map(([one, value]) => [one, item(one, value)]))
      const isChanges = wanted === 'changes' && index > 0
      const events = isChanges
        ? [changes([...upserted.values()], removes, version)]
        : inParts([...next.values()], parts, version)
      return { events, truth: next, version }
    })
  })
}

function inParts(items: readonly Item[], parts: number, version: string): readonly WatchEvent<Item>[] {
  const size = Math.max(1, Math.ceil(items.length / parts))
  return Array.from({ length: parts }, (_, index) =>
    snapshot(items.slice(index * size, (index + 1) * size), { isLast: index === parts - 1, version }),
  )
}

function toMap(values: Readonly<Record<string, number>>): Map<string, Item> {
  return new Map(Object.entries(values).map(([id, value]) => [id, item(id, value)]))
}

function snapshot(items: readonly Item[], { isLast, version }: { isLast: boolean; version: string }): WatchEvent<Item> {
  return { kind: 'snapshot', items, isLast, resourceVersion: version }
}

function changes(upserted: readonly Item[], removedIds: readonly string[], resourceVersion: string): WatchEvent<Item> {
  return { kind: 'changes', upserted, removedIds, resourceVersion }
}

function item(id: string, value: number): Item {
  return { id, value }
}
