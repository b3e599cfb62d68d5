/** What is particular to a kind of object that can be listed, described and watched. */
import type { WatchUpdate } from '@fornax/client/watch'
import type { CommandContext } from '../command-context.ts'
import type { Detail } from '../output/details.ts'
import type { Format } from '../output/structured.ts'
import type { Column } from '../output/table.ts'
import type { FilterFlags, FilterName, Filters } from './filters.ts'

export type Page<T> = {
  readonly resourceVersion: string
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null }
  readonly edges: readonly { readonly node: T }[]
}

export type PageRequest = { readonly first: number; readonly after: string | null }

export type KindDefinition<T extends { readonly id: string }, TDetails extends T, TPhase extends string> = {
  readonly name: string
  readonly plural: string
  readonly aliases: readonly string[]
  /** As the API calls the type. */
  readonly typeName: string
  readonly filters: readonly FilterName[]
  readonly phases: readonly TPhase[]
  /** How many are listed when nobody says; without it, all. */
  readonly limit?: number
  readonly columns: readonly Column<T>[]
  readonly nameOf: (item: T) => string
  /** Whether it is over, and so left out unless it was asked for. */
  readonly isOver: (item: T) => boolean
  readonly page: (context: CommandContext, filters: Filters<TPhase>, at: PageRequest) => Promise<Page<T>>
  readonly one: (context: CommandContext, name: string) => Promise<TDetails | null>
  readonly watch: (context: CommandContext, filters: Filters<TPhase>) => AsyncIterable<WatchUpdate<T>>
  readonly describe: (item: TDetails, nowMs: number) => readonly Detail[]
}

export type ObjectsRequest = {
  /** Empty: all that the filters leave. */
  readonly names: readonly string[]
  readonly flags: FilterFlags
  readonly format: Format
  readonly hasHeader: boolean
  /** Null: no limit. */
  readonly limit: number | null
}

/** The columns that a format shows. */
export function columnsOf<T>(columns: readonly Column<T>[], format: Format): readonly Column<T>[] {
  return columns.filter((column) => format === 'wide' || column.isWide !== true)
}
