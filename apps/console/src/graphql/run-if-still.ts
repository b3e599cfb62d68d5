/**
 * Takes something back that the API keeps no revision of: only while it stands as it was left. It asks right before it
 * acts, so only what somebody does within those few milliseconds could still be overwritten.
 */
import type { TypedDocument } from '@fornax/client/typed-document'
import type { ActionOutcome } from '../ui/action.ts'
import { browserClient } from './browser-client.ts'

export type Standing<TResult, TVariables> = {
  readonly document: TypedDocument<TResult, TVariables>
  readonly variables: TVariables
  /** Why it does not stand as it was left; null when it does. */
  readonly whyNot: (result: TResult) => string | null
}

export async function runIfStill<TResult, TVariables extends object>(
  { document, variables, whyNot }: Standing<TResult, TVariables>,
  act: () => Promise<ActionOutcome>,
): Promise<ActionOutcome> {
  let reason: string | null
  try {
    reason = whyNot(await browserClient().request(document, variables))
  } catch (error) {
    reason = error instanceof Error ? error.message : String(error)
  }
  return reason === null ? await act() : { kind: 'failed', message: reason }
}

/** What somebody else did since then stays. */
export function changedMeanwhile(name: string): string {
  return `${name} was changed meanwhile, and stays as it is now.`
}
