/**
 * Pages of a list, forward, by key: a cursor says which object came last, so that what is added or removed
 * elsewhere neither repeats nor hides anything.
 */
import { z } from 'zod'
import { badInput } from './bad-input.ts'
import { PAGE_DEFAULT, PAGE_MAX } from './limits.ts'

/** Where an object stands in a list: by the first part, then by the second, which is unique. */
export type Key = readonly [first: string | number, second: string]

/** How a list is sorted. `tag` keeps a cursor of one list from being used in another. */
export type Order<T> = {
  readonly tag: string
  readonly direction: 'ascending' | 'descending'
  first(object: T): string | number
  second(object: T): string
}

export type PageArgs = { readonly first?: number | null; readonly after?: string | null }

export type Page<T> = {
  readonly edges: readonly { readonly cursor: string; readonly node: T }[]
  readonly pageInfo: {
    readonly endCursor: string | null
    readonly hasNextPage: boolean
    readonly hasPreviousPage: boolean
    readonly startCursor: string | null
  }
}

/** How many objects a page holds: asking for more than the maximum gives the maximum, and says that more follow. */
export function pageSize({ first }: PageArgs): number {
  if (first === null || first === undefined) return PAGE_DEFAULT
  if (first < 1) throw badInput(`first is ${first}; ask for 1 to ${PAGE_MAX} objects.`)
  return Math.min(first, PAGE_MAX)
}

/** The key that a page begins after; null for the first page. */
export function startKey<T>(order: Order<T>, { after }: PageArgs): Key | null {
  if (after === null || after === undefined) return null
  const key = decodeCursor(order.tag, after)
  if (key === null) throw badInput('after is not a cursor of this list; take it from endCursor.')
  return key
}

/** The first `size` objects after a key, in order. Needs one object more to know whether a page follows. */
export function sortedAfter<T>(objects: Iterable<T>, order: Order<T>, after: Key | null, size: number): T[] {
  const sign = order.direction === 'ascending' ? 1 : -1
  const found: T[] = []
  for (const object of objects) if (after === null || sign * compareToKey(order, object, after) > 0) found.push(object)
  // What the fleet holds is nearly sorted by time, in one direction or the other, which costs one pass.
  return found.toSorted((a, b) => sign * compare(order, a, b)).slice(0, size)
}

/** A page of `size` from objects in order, of which there is one more if a page follows. */
export function toPage<T>(sorted: readonly T[], order: Order<T>, size: number, args: PageArgs): Page<T> {
  const edges = sorted.slice(0, size).map((node) => ({ cursor: encodeCursor(order, node), node }))
  const pageInfo = {
    startCursor: edges[0]?.cursor ?? null,
    endCursor: edges.at(-1)?.cursor ?? null,
    hasNextPage: sorted.length > size,
    hasPreviousPage: typeof args.after === 'string',
  }
  return { edges, pageInfo }
}

/** A page of what is in memory. */
export function pageOf<T>(objects: Iterable<T>, order: Order<T>, args: PageArgs): Page<T> {
  const size = pageSize(args)
  return toPage(sortedAfter(objects, order, startKey(order, args), size + 1), order, size, args)
}

function compare<T>(order: Order<T>, a: T, b: T): number {
  return compareParts(order.first(a), order.first(b)) || compareParts(order.second(a), order.second(b))
}

function compareToKey<T>(order: Order<T>, object: T, [first, second]: Key): number {
  return compareParts(order.first(object), first) || compareParts(order.second(object), second)
}

function compareParts(a: string | number, b: string | number): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function encodeCursor<T>(order: Order<T>, object: T): string {
  const parts = [order.tag, order.first(object), order.second(object)]
  return Buffer.from(JSON.stringify(parts)).toString('base64url')
}

const cursorParts = z.tuple([z.string(), z.union([z.string(), z.number()]), z.string()])

function decodeCursor(tag: string, cursor: string): Key | null {
  const parts = cursorParts.safeParse(parseJson(Buffer.from(cursor, 'base64url').toString()))
  return parts.success && parts.data[0] === tag ? [parts.data[1], parts.data[2]] : null
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null // What does not parse is no cursor.
  }
}
