/** A kind of object that can be listed, described and watched, whatever it is. */
import { nowMs, type CommandContext } from '../command-context.ts'
import { formatDetails } from '../output/details.ts'
import { toFilters, type FilterFlags } from './filters.ts'
import { findAll } from './find-objects.ts'
import type { KindDefinition, ObjectsRequest } from './kind-definition.ts'
import { listObjects } from './list-objects.ts'
import { watchObjects } from './watch-objects.ts'

export type Kind = {
  readonly name: string
  readonly plural: string
  readonly aliases: readonly string[]
  get(context: CommandContext, request: ObjectsRequest): Promise<void>
  watch(context: CommandContext, request: ObjectsRequest): Promise<void>
  describe(context: CommandContext, names: readonly string[], flags: FilterFlags): Promise<void>
}

export function makeKind<T extends { readonly id: string }, TDetails extends T, TPhase extends string>(
  definition: KindDefinition<T, TDetails, TPhase>,
): Kind {
  const { name, plural, aliases } = definition
  return {
    name,
    plural,
    aliases,
    get: (context, request) => listObjects(definition, context, request),
    watch: (context, request) => watchObjects(definition, context, request),
    describe: async (context, names, flags) => {
      const items =
        names.length > 0 ? await findAll(definition, context, names) : await detailsOfAll(definition, context, flags)
      context.terminal.out(items.map((item) => formatDetails(definition.describe(item, nowMs(context)))).join('\n'))
    },
  }
}

async function detailsOfAll<T extends { readonly id: string }, TDetails extends T, TPhase extends string>(
  definition: KindDefinition<T, TDetails, TPhase>,
  context: CommandContext,
  flags: FilterFlags,
): Promise<readonly TDetails[]> {
  const page = await definition.page(context, toFilters(flags, definition), { first: DESCRIBE_AT_MOST, after: null })
  const names = page.edges.map(({ node }) => definition.nameOf(node))
  const found = await Promise.all(names.map((one) => definition.one(context, one)))
  return found.filter((item) => item !== null)
}

const DESCRIBE_AT_MOST = 50
