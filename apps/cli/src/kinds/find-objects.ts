/** Finds objects by name, and helps who mistyped one. */
import { didYouMean } from '@fornax/settings/did-you-mean'
import { CliError } from '../cli-error.ts'
import type { CommandContext } from '../command-context.ts'
import { toFilters } from './filters.ts'
import type { KindDefinition } from './kind-definition.ts'

/** The objects of these names. Throws a CliError that names each one that is not there. */
export async function findAll<T extends { readonly id: string }, TDetails extends T, TPhase extends string>(
  definition: KindDefinition<T, TDetails, TPhase>,
  context: CommandContext,
  names: readonly string[],
): Promise<readonly TDetails[]> {
  const found = await Promise.all(names.map((name) => definition.one(context, name)))
  const missing = names.filter((_, at) => found[at] === null)
  if (missing.length > 0) throw await notFound(definition, context, missing)
  return found.filter((item) => item !== null)
}

const SUGGEST_FROM = 500

/** Says which names are unknown, and which ones were perhaps meant. */
export async function notFound<T extends { readonly id: string }, TDetails extends T, TPhase extends string>(
  definition: KindDefinition<T, TDetails, TPhase>,
  context: CommandContext,
  names: readonly string[],
): Promise<CliError> {
  const page = await definition.page(context, toFilters({}, definition), { first: SUGGEST_FROM, after: null })
  const known = page.edges.map(({ node }) => definition.nameOf(node))
  const message = names.map((name) => `${definition.name} "${name}" not found`).join('; ')
  const meant = names.length === 1 ? didYouMean(names[0] ?? '', known) : null
  const list = `The ones there are: fornax get ${definition.plural}`
  return new CliError(message, meant === null ? list : `Did you mean ${meant}? ${list}`)
}
