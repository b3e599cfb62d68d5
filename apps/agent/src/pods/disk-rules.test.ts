import { expect, it } from 'vitest'
import { whyTooMuch, type DiskBounds } from './disk-rules.ts'

const MIB = 1_024 * 1_024
const BOUNDS: DiskBounds = { hasWritableRoot: true, ephemeralBytes: 0, memoryBytes: 128 * MIB }

it.each<[string, Partial<DiskBounds>, number, boolean]>([
  ['as much as it may', { ephemeralBytes: 16 * MIB }, 16 * MIB, false],
  ['more than it may', { ephemeralBytes: 16 * MIB }, 16 * MIB + 1, true],
  ['less than its memory, where nothing else is said', { ephemeralBytes: 0, memoryBytes: 64 * MIB }, 64 * MIB, false],
  ['more than its memory, where nothing else is said', { ephemeralBytes: 0, memoryBytes: 64 * MIB }, 65 * MIB, true],
  ['what is not its own', { ephemeralBytes: 1, hasWritableRoot: false }, 65 * MIB, false],
])('a pod that wrote %s may go on or not', (_what, version, usedBytes, isTooMuch) => {
  const problem = whyTooMuch({ ...BOUNDS, ...version }, usedBytes)
  expect(problem !== null).toBe(isTooMuch)
})

it('says how much it was, and how much it may be', () => {
  const version = { ...BOUNDS, ephemeralBytes: 16 * MIB }
  expect(whyTooMuch(version, 20.5 * MIB)).toBe(
    'it wrote 20.5 MiB to the root of its file system, where it may keep 16 MiB',
  )
})
