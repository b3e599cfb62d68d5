import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { PodFailure, PodFailureKind } from './pod.ts'
import {
  isHopeless,
  isOver,
  isVersionsFault,
  overAtMs,
  retryAtMs,
  withFailure,
  withReady,
  type FailureRecord,
} from './pod-failures.ts'

const MINUTE_MS = 60_000

it.each([
  ['startFailed', null, true],
  ['notReady', null, true],
  ['exited', null, true],
  ['exited', 9_999, true],
  ['exited', 10_000, false],
  ['outOfMemory', 100, true],
  ['nodeLost', null, false],
  ['lost', null, false],
  ['wakeFailed', 100, false], // P9
] as const)('%s, %s ms after it was ready, is the fault of its version: %s', (kind, upForMs, isFault) => {
  const pod = { readyAtMs: upForMs === null ? null : 50_000 }
  expect(isVersionsFault(pod, failure(kind), 50_000 + (upForMs ?? 0))).toBe(isFault)
})

describe('pods that fail before they are ready', () => {
  it('are tried after 1 s, 2 s, 4 s… up to a minute', () => {
    const delays = inARow(9, { everyMs: 1, wasReady: false }).map((record) => retryAtMs(record) - record.lastAtMs)
    expect(delays).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000])
  })

  it('are hopeless after three, however long each takes to fail', () => {
    const records = inARow(3, { everyMs: 5 * MINUTE_MS, wasReady: false })
    expect(records.map(isHopeless)).toEqual([false, false, true])
    expect(records[2]).toMatchObject({ count: 3, sinceMs: 5 * MINUTE_MS })
  })

  it('are forgiven as soon as one becomes ready, and not before', () => {
    const [record] = inARow(1, { everyMs: 1, wasReady: false })
    expect(record && overAtMs(record)).toBeNull()
    expect(record && withReady(record, 5)).toBeNull()
  })
})

describe('pods that fail soon after they are ready', () => {
  it('are not forgiven because one is ready again, but because it lasts', () => {
    const failed = withFailure(null, { failure: failure('exited'), wasReady: true }, 1_000)
    const again = withReady(failed, 3_000)
    expect(again).toMatchObject({ count: 1, readyAgainAtMs: 3_000 })
    expect(again && [isOver(again, 12_999), isOver(again, 13_000)]).toEqual([false, true])
    const next = (atMs: number): FailureRecord =>
      withFailure(again, { failure: failure('exited'), wasReady: true }, atMs)
    expect([next(12_999).count, next(13_000).count]).toEqual([2, 1])
  })

  it('are forgiven when nobody asks for another', () => {
    const failed = withFailure(null, { failure: failure('exited'), wasReady: true }, 1_000)
    expect(overAtMs(failed)).toBe(1_000 + 2 * MINUTE_MS)
  })
})

it('never waits longer than a minute, nor shorter than before in the same row', () => {
  const steps = fc.array(fc.record({ afterMs: fc.nat(200_000), isReady: fc.boolean(), wasReady: fc.boolean() }))
  fc.assert(
    fc.property(steps, (events) => {
      let record: FailureRecord | null = null
      let atMs = 0
      for (const { afterMs, isReady, wasReady } of events) {
        atMs += afterMs
        const before: FailureRecord | null = record
        if (isReady) record = record && withReady(record, atMs)
        else record = withFailure(record, { failure: failure('exited'), wasReady }, atMs)
        if (record === null) continue
        const delayMs = retryAtMs(record) - record.lastAtMs
        expect(delayMs).toBeLessThanOrEqual(MINUTE_MS)
        if (before !== null && record.count > before.count)
          expect(delayMs).toBeGreaterThanOrEqual(retryAtMs(before) - before.lastAtMs)
      }
    }),
  )
})

function inARow(count: number, { everyMs, wasReady }: { everyMs: number; wasReady: boolean }): FailureRecord[] {
  const records: FailureRecord[] = []
  for (let i = 1; i <= count; i += 1)
    records.push(withFailure(records.at(-1) ?? null, { failure: failure('startFailed'), wasReady }, i * everyMs))
  return records
}

function failure(kind: PodFailureKind): PodFailure {
  return { kind, message: 'it broke', lastLogLines: ['boom'] }
}
