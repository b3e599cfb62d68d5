/** Which objects of a kind are meant, as the flags of a command say it. */
import { didYouMean } from '@fornax/settings/did-you-mean'
import { CliError } from '../cli-error.ts'
import { toWord } from '../output/tone.ts'

export type FilterName = 'application' | 'node' | 'phase' | 'selector'

export type FilterFlags = {
  readonly application?: string | undefined
  readonly node?: string | undefined
  readonly phase?: readonly string[] | undefined
  readonly selector?: readonly string[] | undefined
  readonly all?: boolean | undefined
}

export type LabelPair = { readonly name: string; readonly value: string }

export type Filters<TPhase extends string> = {
  readonly application: string | null
  readonly nodeName: string | null
  /** Empty: any. */
  readonly phases: readonly TPhase[]
  /** All of these. */
  readonly labels: readonly LabelPair[]
  /** Also those that are over. */
  readonly isAll: boolean
}

type Filterable<TPhase extends string> = {
  readonly plural: string
  readonly filters: readonly FilterName[]
  readonly phases: readonly TPhase[]
}

/** Throws a CliError for a flag that this kind does not have, and for a value it does not know. */
export function toFilters<TPhase extends string>(flags: FilterFlags, kind: Filterable<TPhase>): Filters<TPhase> {
  const given = (['application', 'node', 'phase', 'selector'] as const).filter((name) => flags[name] !== undefined)
  const stray = given.find((name) => !kind.filters.includes(name))
  if (stray !== undefined)
    throw new CliError(
      `--${stray} does not apply to ${kind.plural}`,
      kind.filters.length === 0
        ? null
        : `They can be filtered by ${kind.filters.map((name) => `--${name}`).join(', ')}.`,
    )
  return {
    application: flags.application ?? null,
    nodeName: flags.node ?? null,
    phases: (flags.phase ?? []).flatMap((list) => list.split(',')).map((text) => toPhase(text, kind)),
    labels: (flags.selector ?? []).flatMap((list) => list.split(',')).map((text) => parsePair(text, '--selector')),
    isAll: flags.all ?? false,
  }
}

/** `NAME=VALUE`; the value may hold more equals signs. */
export function parsePair(text: string, flag: string): LabelPair {
  const at = text.indexOf('=')
  if (at <= 0) throw new CliError(`${flag} "${text}" is not of the form NAME=VALUE`)
  return { name: text.slice(0, at), value: text.slice(at + 1) }
}

function toPhase<TPhase extends string>(text: string, kind: Filterable<TPhase>): TPhase {
  const wanted = flat(text)
  const found = kind.phases.find((phase) => flat(phase) === wanted)
  if (found !== undefined) return found
  const words = kind.phases.map(toWord)
  const meant = didYouMean(text, words)
  throw new CliError(
    `"${text}" is not a phase of ${kind.plural}`,
    meant === null ? `The phases are ${words.join(', ')}.` : `Did you mean ${meant}?`,
  )
}

/** `in-use`, `inUse`, `InUse` and `IN_USE` are all the same word. */
function flat(text: string): string {
  return text.replaceAll(/[-_\s]/g, '').toUpperCase()
}
