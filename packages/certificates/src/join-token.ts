/**
 * What is given to a machine that is to join: a secret, and which authority it may trust.
 *
 *   fxj_<secret>.<pin of the authority>
 */

export type JoinTokenText = {
  /** What the core knows the token by; the whole text when it has no pin. */
  readonly secret: string
  /** Null: the authority must be known some other way. */
  readonly pin: string | null
}

export function joinTokenText(secret: string, pin: string): string {
  return `${secret}.${pin}`
}

export function readJoinToken(text: string): JoinTokenText {
  const at = text.indexOf('.')
  return at < 0 ? { secret: text, pin: null } : { secret: text.slice(0, at), pin: text.slice(at + 1) }
}
