/** How the words behind a flag become values. A wrong one is refused with what would be right. */
import { InvalidArgumentError, Option } from 'commander'
import { parseDuration } from './output/age.ts'

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

/** `-o FORMAT` with these formats. */
export function outputOption(formats: readonly string[]): Option {
  return new Option('-o, --output <format>', 'how to print').choices(formats)
}
