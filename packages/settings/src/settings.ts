/**
 * Reads the settings. A part calls `readSettings` once, at its start, in the one
 * file that may read the environment, and hands the result on.
 */
import { hostname } from 'node:os'
import type { z } from 'zod'
import { didYouMean } from './did-you-mean.ts'
import { SETTINGS, type SettingDefinition } from './setting-definitions.ts'

type Table = typeof SETTINGS
type Field = keyof Table
type Optional<F extends Field> = Table[F]['default'] extends null ? null : never

/** Every setting, checked. Paths are absolute; an optional setting that was not given is null. */
export type Settings = { readonly [F in Field]: z.output<Table[F]['schema']> | Optional<F> }

/** One setting that cannot be used. The message says what to do about it. */
export type SettingProblem = { readonly name: string; readonly message: string }

export type SettingsResult =
  | { readonly kind: 'valid'; readonly settings: Settings }
  | { readonly kind: 'invalid'; readonly problems: readonly SettingProblem[] }

/** Checks the whole environment at once, so that a person sees every mistake in one go. */
export function readSettings(env: Readonly<Record<string, string | undefined>>, hostName = hostname()): SettingsResult {
  const problems = unknownNames(env)
  const values = new Map<string, unknown>()
  const textByName = new Map([['host name', toDnsLabel(hostName)]])
  for (const [field, setting] of Object.entries<SettingDefinition>(SETTINGS)) {
    const outcome = readOne(setting, env[setting.name], textByName)
    if (outcome.kind === 'refused') problems.push(outcome.problem)
    else if (outcome.kind === 'read') {
      values.set(field, outcome.value)
      textByName.set(setting.name, String(outcome.value))
    }
  }
  const settings = Object.fromEntries(values)
  return problems.length === 0 && isComplete(settings) ? { kind: 'valid', settings } : { kind: 'invalid', problems }
}

/** Each value came out of the schema of its own field, so a value in every field is the whole. */
function isComplete(values: object): values is Settings {
  return Object.keys(SETTINGS).every((field) => field in values)
}

/** The problems as lines for a terminal, under a heading. */
export function describeProblems(problems: readonly SettingProblem[]): string {
  return ['Fornax cannot start with these settings:', ...problems.map((problem) => `  - ${problem.message}`)].join('\n')
}

type Outcome =
  | { readonly kind: 'read'; readonly value: unknown }
  | { readonly kind: 'refused'; readonly problem: SettingProblem }
  /** Its default follows a setting that was itself refused: one message is enough. */
  | { readonly kind: 'unknown' }

function readOne(
  setting: SettingDefinition,
  given: string | undefined,
  textByName: ReadonlyMap<string, string>,
): Outcome {
  const isGiven = given !== undefined && given !== ''
  const raw = isGiven ? given : setting.default
  if (raw === null) return { kind: 'read', value: null }
  const filled = isGiven ? raw : fillIn(raw, textByName)
  if (filled === null) return { kind: 'unknown' }
  const parsed = setting.schema.safeParse(filled)
  if (parsed.success) return { kind: 'read', value: parsed.data }
  const shown = setting.isSecret ? '' : ` is "${filled}", but it`
  return {
    kind: 'refused',
    problem: { name: setting.name, message: `${setting.name}${shown} must be ${setting.expects}.` },
  }
}

function fillIn(template: string, textByName: ReadonlyMap<string, string>): string | null {
  const names = [...template.matchAll(/<([^>]+)>/g)].map((match) => match[1] ?? '')
  let filled = template
  for (const name of names) {
    const value = textByName.get(name)
    if (value === undefined) return null
    filled = filled.replace(`<${name}>`, () => value)
  }
  return filled
}

function unknownNames(env: Readonly<Record<string, string | undefined>>): SettingProblem[] {
  const known: readonly string[] = Object.values<SettingDefinition>(SETTINGS).map((setting) => setting.name)
  return Object.keys(env)
    .filter((name) => name.startsWith('FORNAX_') && !known.includes(name))
    .map((name) => {
      const meant = didYouMean(name, known)
      const remedy = meant === null ? 'Remove it; the README lists every setting.' : `Did you mean ${meant}?`
      return { name, message: `${name} is not a setting of Fornax. ${remedy}` }
    })
}

/** The nearest DNS label to a host name, which may hold dots, capitals and underscores. */
function toDnsLabel(hostName: string): string {
  const label = hostName
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, 63)
    .replaceAll(/^-+|-+$/g, '')
  return label === '' ? 'node' : label
}
