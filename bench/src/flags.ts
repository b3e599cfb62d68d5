/** The flags of a command line: declared with a default and a sentence, so that help and checks never differ. */

export type FlagDefinition = {
  readonly default: number | string
  /** What it may be; without it, any number from `least`. */
  readonly choices?: readonly string[]
  /** Default: 1, because without applications, nodes or calls there is nothing to measure. */
  readonly least?: number
  /** Completes the line of the help. */
  readonly help: string
}

export type FlagDefinitions = Readonly<Record<string, FlagDefinition>>

/** A mistake in a command line, in words for whoever made it. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** Checked values of the flags of one scenario. */
export class Flags {
  readonly #values: ReadonlyMap<string, number | string>

  private constructor(values: ReadonlyMap<string, number | string>) {
    this.#values = values
  }

  /** Of several sources the last that has a value wins. Throws a `UsageError`. */
  static of(definitions: FlagDefinitions, ...sources: readonly Readonly<Record<string, string | number>>[]): Flags {
    const values = new Map<string, number | string>()
    for (const [name, definition] of Object.entries(definitions)) values.set(name, definition.default)
    for (const source of sources)
      for (const [name, text] of Object.entries(source)) {
        const definition = definitions[name]
        if (definition === undefined) throw new UsageError(`this scenario has no flag --${name}`)
        values.set(name, checked(name, definition, text))
      }
    return new Flags(values)
  }

  number(name: string): number {
    const value = this.#values.get(name)
    if (typeof value !== 'number') throw new Error(`the flag ${name} is no number`)
    return value
  }

  text(name: string): string {
    return String(this.#values.get(name))
  }
}

function checked(name: string, { choices, least = 1 }: FlagDefinition, text: string | number): number | string {
  if (choices !== undefined) {
    if (choices.includes(String(text))) return String(text)
    throw new UsageError(`--${name} is "${text}"; it must be one of ${choices.join(', ')}`)
  }
  const value = Number(text)
  if (String(text).trim() !== '' && Number.isFinite(value) && value >= least) return value
  throw new UsageError(`--${name} is "${text}"; a number from ${least} is needed`)
}
