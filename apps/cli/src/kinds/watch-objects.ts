/** `watch`: what there is, then a line for each change that a row shows, until somebody has seen enough. */
import { ClientError } from '@fornax/client/client-error'
import type { WatchStatus, WatchUpdate } from '@fornax/client/watch'
import { note, nowMs, say, type CommandContext } from '../command-context.ts'
import { formatStreamed, isStructured, type StructuredFormat } from '../output/structured.ts'
import { Table, type Cell, type Column } from '../output/table.ts'
import { toFilters } from './filters.ts'
import { findAll } from './find-objects.ts'
import { columnsOf, type KindDefinition, type ObjectsRequest } from './kind-definition.ts'

export async function watchObjects<T extends { readonly id: string }, TDetails extends T, TPhase extends string>(
  definition: KindDefinition<T, TDetails, TPhase>,
  context: CommandContext,
  request: ObjectsRequest,
): Promise<void> {
  const filters = toFilters(request.flags, definition)
  const named = request.names.length > 0 ? await findAll(definition, context, request.names) : null
  const ids = named === null ? null : new Set(named.map((item) => item.id))
  const isShown = (item: T): boolean => ids === null || ids.has(item.id)
  const isOver = (item: T): boolean =>
    ids === null && !filters.isAll && filters.phases.length === 0 && definition.isOver(item)
  const printer = isStructured(request.format)
    ? objectPrinter<T>(context, definition.typeName, request.format)
    : rowPrinter(definition, context, request)
  const status = new StatusTeller(context)
  let isFirst = true
  for await (const update of definition.watch(context, filters)) {
    status.tell(update.status)
    if (update.resourceVersion === null) continue
    // What was over before we came is history; what ends while we look is news.
    const upserted = update.upserted.filter((item) => isShown(item) && !(isFirst && isOver(item)))
    await printer({ ...update, upserted }, isFirst)
    isFirst = false
  }
}

type Printer<T> = (update: WatchUpdate<T>, isFirst: boolean) => Promise<void>

function objectPrinter<T>(context: CommandContext, typeName: string, format: StructuredFormat): Printer<T> {
  return async (update) => {
    for (const item of update.upserted) context.terminal.out(await formatStreamed({ kind: typeName, ...item }, format))
    for (const id of update.removedIds)
      context.terminal.out(await formatStreamed({ kind: typeName, id, isGone: true }, format))
  }
}

/** Prints a row only when it looks another way than the last one of its object. */
function rowPrinter<T extends { readonly id: string }, TDetails extends T, TPhase extends string>(
  definition: KindDefinition<T, TDetails, TPhase>,
  context: CommandContext,
  request: ObjectsRequest,
): Printer<T> {
  const columns = columnsOf(definition.columns, request.format)
  const table = new Table(columns, context.terminal.hasColour, true)
  const shown = new Map<string, Shown>()
  return (update, isFirst) => {
    const now = nowMs(context)
    const news = update.upserted.filter((item) => {
      const look = lookOf(columns, item, now)
      if (shown.get(item.id)?.look === look) return false
      shown.set(item.id, { look, name: definition.nameOf(item), isOver: definition.isOver(item) })
      return true
    })
    const isByName = request.format === 'name'
    const rows = isByName ? news.map((item) => `${definition.name}/${definition.nameOf(item)}`) : table.rows(news, now)
    if (isFirst && request.hasHeader && !isByName) say(context, table.header())
    for (const row of rows) say(context, row)
    for (const id of update.removedIds) {
      const last = shown.get(id)
      shown.delete(id)
      // That something is forgotten some time after it was over is no news.
      if (last?.isOver === false)
        say(context, isByName ? `${definition.name}/${last.name} gone` : `${last.name}   Gone`)
    }
    return Promise.resolve()
  }
}

type Shown = { readonly look: string; readonly name: string; readonly isOver: boolean }

function lookOf<T>(columns: readonly Column<T>[], item: T, now: number): string {
  return columns
    .filter((column) => column.isRestless !== true)
    .map((column) => textOf(column.cell(item, now)))
    .join('\t')
}

function textOf(cell: Cell): string {
  return typeof cell === 'string' ? cell : cell.text
}

/** Says when the connection is lost and when it is back, once each. A first connection that fails is an error. */
class StatusTeller {
  readonly #context: CommandContext
  #phase: WatchStatus['phase'] = 'connecting'
  #wasLive = false

  constructor(context: CommandContext) {
    this.#context = context
  }

  tell(status: WatchStatus): void {
    if (status.phase === 'reconnecting' && !this.#wasLive) throw new ClientError(status.failure)
    if (status.phase === this.#phase) return
    if (status.phase === 'reconnecting') note(this.#context, 'The connection is lost; trying again…')
    else if (this.#phase === 'reconnecting') note(this.#context, 'Connected again; nothing was missed.')
    this.#wasLive ||= status.phase === 'live'
    this.#phase = status.phase
  }
}
