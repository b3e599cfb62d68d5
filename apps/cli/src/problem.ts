/** The problems that a payload of the API carries, as errors of a command. */
import type { CommandContext } from './command-context.ts'
import { CliError } from './cli-error.ts'
import { applicationDefinition } from './kinds/application-kind.ts'
import { notFound } from './kinds/find-objects.ts'

export type ApiProblem = { readonly code?: string; readonly message: string; readonly field?: string }

const REMEDIES: Readonly<Record<string, string>> = {
  RevisionConflict: 'Read it again, make your change there, and apply that.',
  NotAllowed: 'Use a token with another role: --token or FORNAX_TOKEN.',
  QueueFull: 'Try again later, or raise maxPods: fornax apply -f FILE',
  SessionNotFound: 'The ones there are: fornax get sessions',
  ComputeNodeNotFound: 'The ones there are: fornax get nodes',
  TenantNotFound: 'The ones there are: fornax tenant list',
  ApiTokenNotFound: 'The ones there are: fornax token list',
  IdempotencyConflict: 'Use a key of its own for each session.',
  ApplicationNameTaken: 'Change the one there is: fornax apply -f FILE',
}

/** What to throw for a problem. */
export function errorOf(problem: ApiProblem): CliError {
  const field = problem.field === undefined || problem.field === '' ? '' : ` (${problem.field})`
  return new CliError(problem.message + field, REMEDIES[problem.code ?? ''] ?? null)
}

/** The same for a command about one application: an unknown name gets a suggestion. */
export async function errorOfApplication(
  context: CommandContext,
  problem: ApiProblem,
  name: string,
): Promise<CliError> {
  if (problem.code !== 'ApplicationNotFound') return errorOf(problem)
  return notFound(applicationDefinition, context, [name])
}

/** Ends a command whose input came from its own payload: there is neither an object nor a problem. */
export function present<T>(value: T | null | undefined, what: string): T {
  if (value === null || value === undefined) throw new CliError(`the server answered without ${what}`)
  return value
}
