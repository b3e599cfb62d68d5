import { describe, expect, it } from 'vitest'
import { ageOf, formatAge, formatDuration, formatMs, parseDuration } from './age.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

describe('ages read as in kubectl', () => {
  it.each([
    [0, '0s'],
    [999, '0s'],
    [5 * SECOND, '5s'],
    [119 * SECOND, '119s'],
    [2 * MINUTE, '2m'],
    [3 * MINUTE + 20 * SECOND, '3m20s'],
    [10 * MINUTE + 20 * SECOND, '10m'],
    [179 * MINUTE, '179m'],
    [3 * HOUR, '3h'],
    [5 * HOUR + 12 * MINUTE, '5h12m'],
    [47 * HOUR, '47h'],
    [3 * DAY + 4 * HOUR, '3d4h'],
    [30 * DAY, '30d'],
    [800 * DAY, '2y70d'],
  ])('%i ms is %s', (ms, text) => expect(formatAge(ms)).toBe(text))

  it('never shows a negative age, when the clocks of two machines differ', () => expect(formatAge(-5_000)).toBe('0s'))
  it('shows a dash for what has not happened', () => expect(ageOf(null, 0)).toBe('-'))
  it('counts from the instant to now', () =>
    expect(ageOf('2026-01-01T00:00:00.000Z', Date.UTC(2026, 0, 1, 0, 3))).toBe('3m'))
})

it.each([
  [0.42, '0.4 ms'],
  [12.34, '12.3 ms'],
  [250.6, '251 ms'],
  [1_204, '1.20 s'],
  [90_000, '90s'],
])('a latency of %f ms reads %s', (ms, text) => expect(formatMs(ms)).toBe(text))

it.each([
  ['0', 0],
  ['500ms', 500],
  ['10s', 10_000],
  ['1.5m', 90_000],
  ['2h', 7_200_000],
])('the duration %s is %i ms', (text, ms) => expect(parseDuration(text)).toBe(ms))

it.each(['10', '', 's', '-1s', '1d', '1s2m'])('"%s" is no duration', (text) => expect(parseDuration(text)).toBeNull())

it.each(['0s', '500ms', '30s', '90s', '5m', '36h'])('a chosen duration of %s is shown so', (text) => {
  expect(formatDuration(parseDuration(text) ?? -1)).toBe(text)
})
