/**
 * Changes something that the API keeps no revision of: only while it stands as it was seen. It asks right before it
 * acts, so only what somebody does within those few milliseconds could still be overwritten.
 */
import type { TypedDocument } from '@fornax/client/typed-document'
import type { ActionOutcome } from '../ui/action.ts'
import { browserClient } from './browser-client.ts'

export type Standing<TResult, TVariables> = {
  readonly document: TypedDocument<TResult, TVariables>
  readonly variables: TVariables
  /** Why it does not stand as it was seen; null when it does. */
  readonly whyNot: (result: TResult) => string | null
}

export async function runIfStill<TResult, TVariables extends object>(
  standing: Standing<TResult, TVariables>,
  act: () => Promise<ActionOutcome>,
): Promise<ActionOutcome> {
  const reason = await reasonAgainst(standing)
  return reason === null ? await act() : { kind: 'failed', message: reason }
}

/** `isOurs`: it was this that changed something, and so may take it back. */
export type OwnedOutcome = ActionOutcome & { readonly isOurs: boolean }

/** Does it in any case, and says whether somebody else had done the same just before: theirs is not ours to take back. */
export async function runAsFirst<TResult, TVariables extends object>(
  standing: Standing<TResult, TVariables>,
  act: () => Promise<ActionOutcome>,
): Promise<OwnedOutcome> {
  const isFirst = (await reasonAgainst(standing)) === null
  const outcome = await act()
  return { ...outcome, isOurs: isFirst && outcome.kind === 'done' }
}

async function reasonAgainst<TResult, TVariables extends object>({
  document,
  variables,
  whyNot,
}: Standing<TResult, TVariables>): Promise<string | null> {
  try {
    return whyNot(await browserClient().request(document, variables))
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/** What somebody else did since then stays. */
export function changedMeanwhile(name: string): string {
  return `${name} was changed meanwhile, and stays as it is now.`
}
