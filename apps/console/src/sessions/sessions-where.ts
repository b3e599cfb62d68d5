/** Which sessions a list is narrowed to, as the address says it: read on the server and in the browser. */
import {
  createLoader,
  parseAsArrayOf,
  parseAsFloat,
  parseAsInteger,
  parseAsString,
  parseAsStringLiteral,
  type SearchParams,
} from 'nuqs/server'
import type { CloseReason, SessionFilter, SessionPhase } from '../graphql/generated/documents.ts'
import { instantOf } from '../time/instant.ts'
import { REASONS_IN_ORDER, PHASES_IN_ORDER } from './session-words.ts'

export type SessionsWhere = {
  readonly application: string | null
  readonly node: string | null
  readonly phases: readonly SessionPhase[]
  readonly reason: CloseReason | null
  readonly start: 'WARM' | 'COLD' | null
  /** A cell of the latency heatmap: when they became available, and how long that took. */
  readonly from: number | null
  readonly until: number | null
  readonly fromMs: number | null
  readonly belowMs: number | null
}

export const SESSIONS_WHERE = {
  application: parseAsString,
  node: parseAsString,
  phase: parseAsArrayOf(parseAsStringLiteral(PHASES_IN_ORDER)).withDefault([]),
  reason: parseAsStringLiteral(REASONS_IN_ORDER),
  start: parseAsStringLiteral(['WARM', 'COLD']),
  from: parseAsInteger,
  until: parseAsInteger,
  fromMs: parseAsFloat,
  belowMs: parseAsFloat,
}

const load = createLoader(SESSIONS_WHERE)

/** What an address asks for. */
export function loadSessionsWhere(searchParams: SearchParams): SessionsWhere {
  const { phase, ...rest } = load(searchParams)
  return { ...rest, phases: phase }
}

/** The API's filter for it. */
export function toSessionFilter(where: SessionsWhere): SessionFilter {
  const { application, node, phases, reason, start, from, until, fromMs, belowMs } = where
  return {
    ...(application === null ? {} : { application }),
    ...(node === null ? {} : { nodeName: node }),
    ...(phases.length === 0 ? {} : { phases }),
    ...(reason === null ? {} : { closeReasons: [reason] }),
    ...(start === null ? {} : { start }),
    ...(from === null ? {} : { availableFrom: instantOf(from) }),
    ...(until === null ? {} : { availableUntil: instantOf(until) }),
    ...(fromMs === null ? {} : { latencyFromMs: fromMs }),
    ...(belowMs === null ? {} : { latencyBelowMs: belowMs }),
  }
}

/** How many things it is narrowed by. */
export function isNarrowed(where: SessionsWhere): boolean {
  return Object.keys(toSessionFilter(where)).length > 0
}
