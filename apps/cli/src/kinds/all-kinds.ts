/** Every kind, and the words by which people name them. */
import { didYouMean } from '@fornax/settings/did-you-mean'
import { CliError } from '../cli-error.ts'
import { applicationKind } from './application-kind.ts'
import type { Kind } from './kind.ts'
import { eventKind } from './event-kind.ts'
import { nodeKind } from './node-kind.ts'
import { podKind } from './pod-kind.ts'
import { sessionKind } from './session-kind.ts'

export const ALL_KINDS: readonly Kind[] = [sessionKind, podKind, nodeKind, applicationKind, eventKind]

/** The kind of a word like `sessions`, `po` or `Application`. */
export function kindOf(word: string): Kind {
  const wanted = word.toLowerCase()
  const found = ALL_KINDS.find((kind) => namesOf(kind).includes(wanted))
  if (found !== undefined) return found
  const meant = didYouMean(
    wanted,
    ALL_KINDS.flatMap(namesOf).filter((name) => name.length > 2),
  )
  const plurals = ALL_KINDS.map((kind) => kind.plural).join(', ')
  throw new CliError(
    `there is no kind "${word}"`,
    meant === null ? `The kinds are ${plurals}.` : `Did you mean ${meant}?`,
  )
}

export type Target = { readonly kind: Kind; readonly names: readonly string[] }

/** What `KIND`, `KIND NAME…` and `KIND/NAME…` mean. */
export function parseTarget(words: readonly string[]): Target {
  const [first = '', ...others] = words
  if (!first.includes('/')) return { kind: kindOf(first), names: others.map((name) => bareName(name, kindOf(first))) }
  const kind = kindOf(first.slice(0, first.indexOf('/')))
  return { kind, names: words.map((word) => bareName(word, kind)) }
}

/** The name in `NAME` or `KIND/NAME`. */
export function bareName(word: string, kind: Kind): string {
  const at = word.indexOf('/')
  if (at < 0) return word
  if (kindOf(word.slice(0, at)) !== kind)
    throw new CliError(`"${word}" is not one of the ${kind.plural}`, 'Name one kind at a time.')
  return word.slice(at + 1)
}

function namesOf(kind: Kind): readonly string[] {
  return [kind.name, kind.plural, ...kind.aliases]
}
