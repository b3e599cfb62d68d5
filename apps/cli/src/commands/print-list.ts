/** Lists of things that have no watch: tokens, tenants, secrets. */
import { nowMs, say, type CommandContext } from '../command-context.ts'
import { formatObject, isStructured, type Format } from '../output/structured.ts'
import { formatTable, type Column } from '../output/table.ts'

export type List<T> = {
  readonly items: readonly T[]
  readonly columns: readonly Column<T>[]
  readonly kind: string
  readonly nameOf: (item: T) => string
}

export async function printList<T>(context: CommandContext, list: List<T>, format: Format): Promise<void> {
  const { items, columns, kind, nameOf } = list
  if (isStructured(format)) {
    const objects = items.map((item) => ({ kind, ...item }))
    return context.terminal.out(await formatObject({ kind: `${kind}List`, items: objects }, format))
  }
  if (format === 'name') return items.forEach((item) => say(context, nameOf(item)))
  context.terminal.out(formatTable(columns, items, { nowMs: nowMs(context), hasColour: context.terminal.hasColour }))
}
