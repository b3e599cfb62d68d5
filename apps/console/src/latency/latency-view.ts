/** Which latency is looked at, as the address says it. */
import { parseAsString, parseAsStringLiteral } from 'nuqs/server'

export const SPANS = ['10m', '1h', '6h', '24h'] as const
export type Span = (typeof SPANS)[number]

export const SPAN_MS: Readonly<Record<Span, number>> = {
  '10m': 600_000,
  '1h': 3_600_000,
  '6h': 21_600_000,
  '24h': 86_400_000,
}

export const SPAN_WORDS: Readonly<Record<Span, string>> = {
  '10m': '10 min',
  '1h': '1 hour',
  '6h': '6 hours',
  '24h': '1 day',
}

export const LATENCY_VIEW = {
  application: parseAsString,
  start: parseAsStringLiteral(['WARM', 'COLD']),
  span: parseAsStringLiteral(SPANS).withDefault('1h'),
}

/** As in `in the last hour`. */
export const SPAN_NAMES: Readonly<Record<Span, string>> = {
  '10m': '10 minutes',
  '1h': 'hour',
  '6h': '6 hours',
  '24h': 'day',
}
