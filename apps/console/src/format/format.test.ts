import { expect, it } from 'vitest'
import { formatChosenMs, formatMs, formatRoughMs } from './duration.ts'
import { formatExact, formatRelative } from './instant-text.ts'
import { formatBytes, formatCount, formatCpus, formatShare, plural } from './quantity.ts'

it.each([
  [0, '0 ms'],
  [7, '7 ms'],
  [0.2134, '0.21 ms'],
  [8.14, '8.1 ms'],
  [230.4, '230 ms'],
  [1_240, '1.24 s'],
  [59_940, '59.9 s'],
  [125_000, '2 min 05 s'],
  [11_520_000, '3 h 12 min'],
  [352_800_000, '4 d 02 h'],
])('%d ms is %s', (ms, text) => expect(formatMs(ms)).toBe(text))

it.each([
  [0, 'no time'],
  [250, '250 ms'],
  [1_250, '1.25 s'],
  [90_000, '1 min 30 s'],
  [300_000, '5 min'],
  [5_400_000, '1 h 30 min'],
  [176_400_000, '2 d 1 h'],
])('%d ms that were chosen are %s', (ms, text) => expect(formatChosenMs(ms)).toBe(text))

it.each([
  [0, 'just now'],
  [999, 'just now'],
  [-400, 'just now'],
  [12_000, '12 s ago'],
  [179_000, '2 min ago'],
  [-90_000, 'in 1 min'],
  [7_200_000, '2 h ago'],
  [200_000_000, '2 d ago'],
])('%d ms ago is %s', (passedMs, text) => expect(formatRelative(1_000_000_000 - passedMs, 1_000_000_000)).toBe(text))

it('shows exact times in UTC, with their milliseconds', () =>
  expect(formatExact('2026-11-21T14:02:03.123Z')).toBe('2026-11-21 14:02:03.123 UTC'))

it.each([
  [512, '512 B'],
  [1_536, '1.5 KiB'],
  [134_217_728, '128 MiB'],
  [25_276_510_208, '23.5 GiB'],
])('%d bytes are %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text))

it('speaks of CPUs, counts and shares as people do', () => {
  expect([formatCpus(250), formatCpus(2_000), formatCpus(31_500)]).toEqual(['0.25', '2', '31.5'])
  expect([formatCount(1_204), formatCount(1_250_000)]).toEqual(['1,204', '1.3M'])
  expect([formatShare(1, 3), formatShare(0, 0)]).toEqual(['33 %', null])
  expect([plural(1, 'session'), plural(2, 'session')]).toEqual(['1 session', '2 sessions'])
  expect(formatRoughMs(-5)).toBe('0 s')
})
