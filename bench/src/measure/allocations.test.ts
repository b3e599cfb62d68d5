import { expect, it } from 'vitest'
import { allocatedBetween, collectionsIn } from './allocations.ts'

const MIB = 1_024 * 1_024
const OUTPUT = `
[12:0xaa]       40 ms: Scavenge 4.0 (6.0) -> 3.0 (6.0) MB, pooled: 0 MB, 0.60 / 0.00 ms  (average mu = 1.000) allocation failure;
{"level":30,"msg":"something else"}
[12:0xbb]       45 ms: Scavenge 9.0 (9.0) -> 1.0 (9.0) MB, pooled: 0 MB, 0.60 / 0.00 ms  (average mu = 1.000) allocation failure;
[12:0xaa]      100 ms: Scavenge 5.0 (6.0) -> 3.5 (6.0) MB, pooled: 0 MB, 0.60 / 0.00 ms  (average mu = 1.000) allocation failure;
[12:0xaa]      200 ms: Mark-Compact (reduce) 6.5 (7.0) -> 2.0 (6.0) MB, pooled: 0 MB, 3.00 / 0.00 ms  (average mu = 1.000) finalize incremental;
`

it('adds up what was allocated between collections of the main thread', () => {
  const collections = collectionsIn(OUTPUT)
  expect(collections.map(({ atMs, allocatedBytes }) => [atMs, allocatedBytes / MIB])).toEqual([
    [40, 4],
    [100, 2],
    [200, 3],
  ])
  expect(allocatedBetween(collections, 40, 150) / MIB).toBe(2)
  expect(allocatedBetween(collections, 0, 1_000) / MIB).toBe(9)
})
