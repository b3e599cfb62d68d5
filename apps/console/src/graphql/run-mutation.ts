/** Runs a mutation for a person: whatever goes wrong becomes words. */
import type { TypedDocument } from '@fornax/client/typed-document'
import type { ActionOutcome } from '../ui/action.ts'
import { browserClient } from './browser-client.ts'

type Problem = { readonly message: string; readonly field?: string } | null

/** `problemOf` finds the problem in the payload: what the API expected could go wrong. */
export async function runMutation<TResult, TVariables extends object>(
  document: TypedDocument<TResult, TVariables>,
  variables: TVariables,
  problemOf: (result: TResult) => Problem,
): Promise<ActionOutcome & { readonly result: TResult | null }> {
  try {
    const result = await browserClient().request(document, variables)
    const problem = problemOf(result)
    return problem === null ? { kind: 'done', result } : { kind: 'failed', ...problem, result }
  } catch (error) {
    return { kind: 'failed', message: error instanceof Error ? error.message : String(error), result: null }
  }
}
