/** `get`: pages through a list, or fetches the objects that were named. */
import { note, nowMs, say, type CommandContext } from '../command-context.ts'
import { formatObject, isStructured } from '../output/structured.ts'
import { Table } from '../output/table.ts'
import { toFilters } from './filters.ts'
import { findAll } from './find-objects.ts'
import { columnsOf, type KindDefinition, type ObjectsRequest } from './kind-definition.ts'
import { readPages, type Listing } from './pages.ts'

/** Lists that hold what is over can be endless. */
const LIMIT_OF_ALL = 500

export async function listObjects<T extends { readonly id: string }, TDetails extends T, TPhase extends string>(
  definition: KindDefinition<T, TDetails, TPhase>,
  context: CommandContext,
  request: ObjectsRequest,
): Promise<void> {
  const filters = toFilters(request.flags, definition)
  const limit = request.limit ?? (filters.isAll ? LIMIT_OF_ALL : (definition.limit ?? null))
  const listing =
    request.names.length > 0
      ? { items: await findAll(definition, context, request.names), resourceVersion: null, hasMore: false }
      : await readPages((at) => definition.page(context, filters, at), limit)
  await print(definition, context, request, listing)
  if (listing.hasMore)
    note(context, `There are more; ask for them with --limit, as in --limit ${listing.items.length * 10}.`)
}

async function print<T extends { readonly id: string }, TDetails extends T, TPhase extends string>(
  definition: KindDefinition<T, TDetails, TPhase>,
  context: CommandContext,
  request: ObjectsRequest,
  { items, resourceVersion }: Listing<T>,
): Promise<void> {
  const { format } = request
  const { terminal } = context
  if (isStructured(format)) {
    const objects = items.map((item) => ({ kind: definition.typeName, ...item }))
    const isOne = request.names.length === 1
    const list = { kind: `${definition.typeName}List`, resourceVersion, items: objects }
    return terminal.out(await formatObject(isOne ? objects[0] : list, format))
  }
  if (format === 'name') return items.forEach((item) => say(context, `${definition.name}/${definition.nameOf(item)}`))
  if (items.length === 0) return note(context, nothingFound(definition, request))
  const table = new Table(columnsOf(definition.columns, format), terminal.hasColour)
  const rows = table.rows(items, nowMs(context))
  if (request.hasHeader) say(context, table.header())
  for (const row of rows) say(context, row)
}

function nothingFound(
  { plural, name }: { readonly plural: string; readonly name: string },
  { flags }: ObjectsRequest,
): string {
  const isFiltered = Object.values(flags).some((value) => value !== undefined)
  if (isFiltered) return `No ${plural} found with these filters.`
  return name === 'session' ? 'No open sessions. (--all shows closed ones too.)' : `No ${plural} found.`
}
