import fc from 'fast-check'
import { expect, it } from 'vitest'
import { formatBytes, formatShare, parseBytes } from './quantity.ts'

it.each([
  [0, '0'],
  [1_023, '1023'],
  [1_024, '1Ki'],
  [1_536, '1.5Ki'],
  [134_217_728, '128Mi'],
  [25 * 2 ** 30, '25Gi'],
])('%i bytes read %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text))

it.each([
  ['134217728', 134_217_728],
  ['128Mi', 134_217_728],
  ['1.5Gi', 1_610_612_736],
  ['1G', 1_000_000_000],
])('%s is %i bytes', (text, bytes) => expect(parseBytes(text)).toBe(bytes))

it.each(['', 'Mi', '12 Mi', '12mi', '-1', '1e3'])('"%s" is no amount of bytes', (text) =>
  expect(parseBytes(text)).toBeNull(),
)

it('reads what it writes to within what it shows', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 ** 44 }), (bytes) => {
      const read = parseBytes(formatBytes(bytes)) ?? 0
      expect(Math.abs(read - bytes) / bytes).toBeLessThanOrEqual(0.06)
    }),
  )
})

it('shows a dash for a share of nothing', () => expect(formatShare(0, 0)).toBe('-'))
