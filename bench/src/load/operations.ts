/** The calls that the load tool makes, written once: between two calls of one application nothing differs. */

/** What an ordinary client asks for: the session, where it is reached, and what went wrong. */
const SESSION = 'session{id phase endpoints{url}} problem{__typename message}'
const OPEN_ONE = `mutation Open($input:OpenSessionInput!){openSession(input:$input){${SESSION}}}`
const OPEN_MANY = `mutation OpenMany($input:OpenSessionsInput!){openSessions(input:$input){results{${SESSION}}}}`
const CLOSE =
  'mutation Close($input:CloseSessionInput!){closeSession(input:$input){session{phase} problem{__typename message}}}'

/** The payload of a call that opens `batch` sessions. */
export function openPayload(application: string, batch: number): string {
  if (batch === 1) return JSON.stringify({ query: OPEN_ONE, variables: { input: { application } } })
  const sessions = Array.from({ length: batch }, () => ({ application }))
  return JSON.stringify({ query: OPEN_MANY, variables: { input: { sessions } } })
}

export function closePayload(id: string): string {
  return JSON.stringify({ query: CLOSE, variables: { input: { id } } })
}

const AVAILABLE = '"phase":"AVAILABLE"'

/** How many sessions of an answer are available. */
export function availableIn(answer: string): number {
  let count = 0
  for (let at = answer.indexOf(AVAILABLE); at >= 0; at = answer.indexOf(AVAILABLE, at + AVAILABLE.length)) count += 1
  return count
}

/** The ids of the sessions in an answer. */
export function sessionIdsIn(answer: string): string[] {
  return [...answer.matchAll(/"session":\{"id":"([^"]+)"/g)].map((match) => match[1] ?? '')
}
