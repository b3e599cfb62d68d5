/** How the words behind a flag become values. A wrong one is refused with what would be right. */
import { InvalidArgumentError, Option } from 'commander'
import { parseDuration } from './output/age.ts'
import { parseBytes } from './output/quantity.ts'

/** A flag that may be given several times. */
export function collect(value: string, earlier: readonly string[] | undefined): readonly string[] {
  return [...(earlier ?? []), value]
}

export function duration(text: string): number {
  const ms = parseDuration(text)
  if (ms === null) throw new InvalidArgumentError('A duration has a unit, as in 500ms, 10s, 2m or 1h.')
  return ms
}

export function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('A whole number is needed.')
  return Number(text)
}

export function positiveNumber(text: string): number {
  const number = wholeNumber(text)
  if (number < 1) throw new InvalidArgumentError('A whole number from 1 is needed.')
  return number
}

export function hostAndPort(text: string): string {
  if (!/^(\[[0-9a-fA-F:]+\]|[^:/\s]+):\d{1,5}$/.test(text))
    throw new InvalidArgumentError('A host and a port are needed, as in 10.0.0.5:4001.')
  return text
}

/** A duration that may be of days. */
export function longDuration(text: string): number {
  const days = /^(\d+)d$/.exec(text)?.[1]
  return days === undefined ? duration(text) : Number(days) * DAY_MS
}

const DAY_MS = 24 * 60 * 60 * 1000

/** A bound, or none. Commander would take a null for a flag without a value. */
export type Quota = number | 'none'

export function countQuota(text: string): Quota {
  return text === 'none' ? text : wholeNumber(text)
}

/** A bound in bytes, or none. */
export function byteQuota(text: string): Quota {
  if (text === 'none') return text
  const bytes = parseBytes(text)
  if (bytes === null) throw new InvalidArgumentError('An amount of memory is needed, as in 512Mi or 64Gi, or none.')
  return bytes
}

/** `-o FORMAT` with these formats. */
export function outputOption(formats: readonly string[]): Option {
  return new Option('-o, --output <format>', 'how to print').choices(formats)
}
