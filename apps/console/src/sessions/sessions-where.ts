/** Which sessions a list is narrowed to, as the address says it: read on the server and in the browser. */
import { createLoader, parseAsArrayOf, parseAsString, parseAsStringLiteral, type SearchParams } from 'nuqs/server'
import type { SessionPhase } from '../graphql/generated/documents.ts'
import { PHASES_IN_ORDER } from './session-words.ts'

export type SessionsWhere = { readonly application: string | null; readonly phases: readonly SessionPhase[] }

export const SESSIONS_WHERE = {
  application: parseAsString,
  phase: parseAsArrayOf(parseAsStringLiteral(PHASES_IN_ORDER)).withDefault([]),
}

const load = createLoader(SESSIONS_WHERE)

/** What an address asks for. */
export function loadSessionsWhere(searchParams: SearchParams): SessionsWhere {
  const { application, phase } = load(searchParams)
  return { application, phases: phase }
}

/** The API's filter for it. */
export function toSessionFilter({ application, phases }: SessionsWhere) {
  return { ...(application === null ? {} : { application }), ...(phases.length === 0 ? {} : { phases }) }
}
